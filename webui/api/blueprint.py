"""The one blueprint of the HTTP API: its address, how often it may be called, and what each call may answer."""

from __future__ import annotations

import hashlib

from flask import Response, request
from flask_limiter.util import get_remote_address
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.types import ResponseDict

from webui.api.models.problems import problem_responses
from webui.limits import limiter
from webui.request_context import signed_in

PREFIX = "/api/v1"
_UNAUTHORIZED = 401

api = APIBlueprint(
    "api",
    __name__,
    url_prefix=PREFIX,
    abp_security=[{"token": []}, {"session": []}],
    abp_responses=problem_responses(400, 401, 403, 404, 413, 415, 422, 429),
)


def caller_key() -> str:
    """Under what the calls of one caller are counted: the token, never in clear, or the signed-in person."""
    authorization = request.headers.get("Authorization")
    if authorization:
        return "token:" + hashlib.sha256(authorization.encode(errors="replace")).hexdigest()[:32]
    person = signed_in()
    return f"person:{person.actor.person_id}" if person else f"address:{get_remote_address()}"


def refused(response: Response) -> bool:
    """Only wrong tokens count: who guesses them is slowed down by address."""
    return response.status_code == _UNAUTHORIZED


limiter.limit("6000 per minute", key_func=caller_key)(api)
limiter.limit("120 per minute", deduct_when=refused)(api)


def conflicts(*codes: str) -> ResponseDict:
    """The description of the answer 409 where a call may come too late."""
    return problem_responses(409, note=", ".join(f"`{code}`" for code in codes))
