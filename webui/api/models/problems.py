"""Errors as problem+json (RFC 9457)."""

from __future__ import annotations

from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, ConfigDict, Field

from webui.api.models.findings import FindingItem
from webui.api.models.values import Instant

PROBLEM_TYPE = "application/problem+json"

_MEANINGS = {
    400: "The request cannot be understood: it is no JSON, for example.",
    401: "There is no token, or it is not valid (any more).",
    403: "The caller may see the record but not do this to it.",
    404: "There is no such record, or it is not open to the caller.",
    409: "Somebody or something was faster.",
    413: "The request is too large.",
    415: "The request is not of the type that the call takes.",
    422: "What was sent cannot be accepted; `errors` says why, field by field.",
    429: "Too many calls; `Retry-After` says when to try again.",
}


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Stable, for programs.")
    message: str = Field(description="In the reader's language, for people.")


class Problem(BaseModel):
    """Why a call could not be done. Members beside those of RFC 9457 stand only where they mean something."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:reglament:problem:invalid_input",
                    "title": "This could not be done",
                    "status": 422,
                    "detail": "Some fields need attention.",
                    "instance": "/api/v1/deals",
                    "code": "invalid_input",
                    "errors": {"title": {"code": "field_required", "message": "Fill in “Title”."}},
                }
            ]
        },
    )

    type: str = Field(description="A URN that ends with `code`.")
    title: str = Field(description="What kind of problem it is, in the reader's language.")
    status: int
    detail: str = Field(description="What happened, in the reader's language.")
    instance: str = Field(description="The path that was called.")
    code: str = Field(description="Stable, for programs.")
    errors: dict[str, FieldProblem] = Field(
        default={}, description="Per field; parts of a nested name are joined by dots, as in `client.name`."
    )
    findings: tuple[FindingItem, ...] = Field(default=(), description="What stands against a sales map.")
    by: str | None = Field(default=None, description="Who was faster.")
    at: Instant | None = Field(default=None, description="When they were.")


def problem_responses(*statuses: int, note: str = "") -> ResponseDict:
    """The description of error answers for OpenAPI."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {
            "description": f"{_MEANINGS[status]} {note}".strip(),
            "content": {PROBLEM_TYPE: {"schema": schema}},
        }
        for status in statuses
    }
