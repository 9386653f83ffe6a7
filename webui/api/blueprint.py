"""The one blueprint of the HTTP API: its address, and what each call may answer."""

from __future__ import annotations

from flask_openapi3.types import ResponseDict

from webui.api.late_description import LateDescription
from webui.api.models.problems import problem_responses

PREFIX = "/api/v1"

api = LateDescription(
    "api",
    __name__,
    url_prefix=PREFIX,
    abp_security=[{"token": []}, {"session": []}],
    abp_responses=problem_responses(400, 401, 403, 404, 413, 415, 422, 429),
)


def conflicts(*codes: str) -> ResponseDict:
    """The description of the answer 409 where a call may come too late."""
    return problem_responses(409, note=", ".join(f"`{code}`" for code in codes))
