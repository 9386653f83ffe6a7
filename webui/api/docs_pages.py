"""The description of the API: OpenAPI 3.1 as JSON, and pages to read and try it, from files of our own."""

from __future__ import annotations

from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Response, current_app, render_template, send_from_directory
from flask.typing import ResponseReturnValue
from flask_openapi3.openapi import OpenAPI

from engine.errors import NotFound
from webui.api.blueprint import PREFIX, api
from webui.api.models.problems import problem_responses
from webui.api.performing import IDEMPOTENCY_KEY, LONGEST_KEY

docs = Blueprint("api_docs", __name__, template_folder="templates")

_SWAGGER = Path(str(files("flask_openapi3_swagger"))) / "templates" / "swagger"
_FILES = {
    "swagger-ui.css": "css",
    "swagger-ui-bundle.js": "js",
    "swagger.svg": "images",
}
_KEY_PARAMETER = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "required": False,
    "description": "The caller's own name for this command: sent again with it, the command is not done again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[ -~]+$"},
}


@docs.get(f"{PREFIX}/openapi.json")
def description() -> ResponseReturnValue:
    """The API in OpenAPI 3.1."""
    return described(cast("OpenAPI", current_app))


@docs.get("/api/docs")
def show() -> str:
    return render_template("api/docs.html")


@docs.get("/api/docs/<name>")
def file(name: str) -> Response:
    """A file of the pages."""
    if name not in _FILES:
        raise NotFound
    response = send_from_directory(_SWAGGER / _FILES[name], name)
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def described(app: OpenAPI) -> dict[str, Any]:
    """What flask-openapi3 collected, and what is true of every call: keys of POSTs, 409 for keys used twice."""
    told = deepcopy(api.describe(app))
    for path_item in told["paths"].values():
        call = path_item.get("post")
        if call is not None:
            call.setdefault("parameters", []).append(_KEY_PARAMETER)
            call["responses"].setdefault("409", problem_responses(409, note="`idempotency_key_reused`")[409])
    return told
