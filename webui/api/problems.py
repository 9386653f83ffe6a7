"""Errors as problem+json: whatever happens in a call, its answer is of this one shape, in the reader's language."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask import Flask, Response, make_response, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from engine.bpmn.findings import Finding
from engine.commands.definitions import MapRejected
from engine.db.away import is_away
from engine.errors import N_, AlreadyCompleted, DomainError, InvalidInput, MapHasErrors, NotFound
from engine.policy.simultaneous_edits import EditedMeanwhile
from webui.api.blueprint import PREFIX, api
from webui.api.call_limits import TooManyCalls
from webui.api.caller import NotIdentified, in_readers_language
from webui.api.findings import told_findings
from webui.api.models.problems import PROBLEM_TYPE, FieldProblem, Problem
from webui.api.request_checks import missed_in_body
from webui.api.request_faults import fault_of
from webui.error_pages import RETRY_AFTER_S, status_of
from webui.i18n import _
from webui.messages import error_text
from webui.request_context import signed_in
from webui.sessions import ask_for_nobody
from webui.this_request import this_request

_logger = logging.getLogger(__name__)

_TITLES = {
    400: N_("This request cannot be understood"),
    401: N_("It is not known who is asking"),
    403: N_("This is not open to you"),
    404: N_("There is no such record"),
    405: N_("This address does not take this method"),
    409: N_("Somebody was faster"),
    413: N_("The request is too large"),
    415: N_("The request is of another type than expected"),
    422: N_("This could not be done"),
    429: N_("Too many calls"),
    500: N_("Something failed on our side"),
    503: N_("The data cannot be reached at the moment"),
}

# What a plain HTTP error is called; everything else has the code of its DomainError.
_CODES = {
    400: "malformed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "wrong_type",
    429: "too_many_calls",
    500: "failed",
    503: "unavailable",
}
_DETAILS = {
    400: N_("The body must be JSON, and the headers must be those of HTTP."),
    404: N_("There is no such page or record, or it is not open to you."),
    405: N_("Look at the documentation for what this address takes."),
    413: N_("A body may have up to 1 MB, files as much as the documentation says."),
    415: N_("Send JSON as application/json, files as multipart/form-data."),
    429: N_("Wait as long as Retry-After says and try again."),
    500: N_("Nothing was half-written. Try again; if it fails again, tell the administrator the time."),
    503: N_(
        "The database does not answer. Try again as Retry-After says, a POST under its own Idempotency-Key: what was "
        "done by then is not done twice."
    ),
}
_CLIENT_ERROR, _SERVER_ERROR, _UNAVAILABLE = 400, 500, 503


class NotFromOurPages(DomainError):
    """A session alone does not prove that its owner wants this: the page's own token does."""

    code: ClassVar[str] = "csrf_failed"
    template: ClassVar[str] = N_("Send the page's token in the header X-CSRFToken, or use a bearer token.")


def configure_problems(app: Flask) -> None:
    """Answer in problem+json below the API's address also where no call stands."""
    app.before_request(_answer_unknown_address)


def refuse_unreadable(error: ValidationError) -> Response:
    """The answer to a request that does not fit its model: what flask-openapi3 calls."""
    return _of_validation_error(error)


def _of_domain_error(error: DomainError) -> Response:
    if isinstance(error, NotIdentified):
        response = _problem(401, error)
        response.headers["WWW-Authenticate"] = 'Bearer realm="reglament"'
        return response
    if isinstance(error, NotFromOurPages):
        return _problem(403, error)
    if isinstance(error, TooManyCalls):
        response = _problem(429, error)
        response.headers["Retry-After"] = str(error.params["wait_s"])
        return response
    return _problem(status_of(error), error)


def _of_validation_error(error: ValidationError) -> Response:
    if error.title.endswith("Path"):  # an id that no record can have
        return _problem(404, NotFound())
    return _problem(422, InvalidInput(missed_in_body() | dict(map(fault_of, error.errors()))))


def _of_csrf_error(_error: CSRFError) -> Response:
    return _of_domain_error(NotIdentified() if signed_in() is None else NotFromOurPages())


def _of_rate_limit(error: RateLimitExceeded) -> Response:
    response = _problem(429)
    response.headers["Retry-After"] = str(error.limit.limit.get_expiry())
    return response


def _of_http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < _CLIENT_ERROR:
        return make_response(error.get_response(request.environ))
    response = _problem(error.code if error.code in _TITLES else _CLIENT_ERROR)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _of_failure(error: Exception) -> Response:
    """Whatever nobody foresaw: logged with its traceback for the administrator, told without it."""
    _logger.error("%s %s failed", request.method, request.path, exc_info=error)
    if not is_away(error):
        return _problem(_SERVER_ERROR)
    ask_for_nobody()
    response = _problem(_UNAVAILABLE)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _answer_unknown_address() -> Response | None:
    """No call stands at this address, or none with this method: the error page would be of no use to a program."""
    asked = this_request()
    error = asked.routing_exception
    if error is None or (error.code or 0) < _CLIENT_ERROR:
        return None
    if asked.path != PREFIX and not asked.path.startswith(f"{PREFIX}/"):
        return None
    return _of_http_error(error)


def _problem(status: int, error: DomainError | None = None) -> Response:
    code = error.code if error is not None else _CODES[status]
    findings: Sequence[Finding] = error.findings if isinstance(error, MapHasErrors | MapRejected) else ()
    told: Mapping[str, Any] = error.params if isinstance(error, AlreadyCompleted) else {}
    with in_readers_language():
        problem = Problem(
            type=f"urn:reglament:problem:{code}",
            title=_(_TITLES[status]),
            status=status,
            detail=error_text(error) if error is not None else _(_DETAILS[status]),
            instance=request.path,
            code=code,
            errors=_field_problems(error),
            findings=told_findings(findings),
            by=told.get("by"),
            at=told.get("at"),
        )
    return Response(problem.model_dump_json(exclude_defaults=True), status=status, content_type=PROBLEM_TYPE)


def _field_problems(error: DomainError | None) -> dict[str, FieldProblem]:
    if error is None:
        return {}
    faults: Mapping[str, DomainError] = {error.field: error} if error.field else {}
    if isinstance(error, InvalidInput | EditedMeanwhile):
        faults = error.errors
    return {name: FieldProblem(code=fault.code, message=error_text(fault)) for name, fault in faults.items()}


for _kind, _handler in (
    (DomainError, _of_domain_error),
    (ValidationError, _of_validation_error),
    (CSRFError, _of_csrf_error),
    (RateLimitExceeded, _of_rate_limit),
    (HTTPException, _of_http_error),
    (Exception, _of_failure),
):
    api.register_error_handler(_kind, _handler)
