"""What a person sees when something cannot be done: what happened, and what to do next. Never a traceback."""

from __future__ import annotations

import json
import logging

from flask import Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadHost, HTTPException

from engine.db.away import is_away
from engine.errors import N_, Conflict, DomainError, NotAllowed, NotFound
from engine.policy.permissions import AbilityMissing
from webui.api.call_limits import TooManyCalls
from webui.closed_pages import explanation
from webui.csrf import ForeignOrigin
from webui.i18n import _
from webui.messages import error_text
from webui.request_context import services, signed_in
from webui.security import is_partial, sign_in_first
from webui.sessions import ask_for_nobody

_logger = logging.getLogger(__name__)

_CLOSED = frozenset({403, 404})

_PAGES = {
    400: (N_("This request cannot be understood"), N_("Go back, look at what was typed and send it again.")),
    403: (N_("This is not open to you"), N_("Ask your head or the administrator if you need it for your work.")),
    404: (
        N_("There is no such page"),
        N_("It may have been moved, or it is not open to you. Search finds deals, clients and steps by any part."),
    ),
    405: (N_("This address only takes what its own page sends"), N_("Open the page again and press its button there.")),
    409: (N_("Somebody was faster"), N_("Look at the record again: it has changed meanwhile.")),
    413: (N_("The file is too large"), N_("A file may have up to %(megabytes)s MB. Nothing was stored.")),
    422: (N_("This could not be done"), N_("Go back: what you typed is kept.")),
    429: (N_("Too many tries"), N_("Wait a few minutes and try again.")),
    500: (
        N_("Something failed on our side"),
        N_("Nothing was half-written. Try again; if it fails again, tell the administrator the time shown below."),
    ),
    503: (
        N_("The data cannot be reached at the moment"),
        N_("What was saved is safe. Go back and try again in a minute: what you typed is kept."),
    ),
}
RETRY_AFTER_S = 10
"""A database that is started again has answered by then, mostly."""


def status_of(error: DomainError) -> int:
    """The HTTP status that says the kind of the error."""
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, NotAllowed | ForeignOrigin):
        return 403
    if isinstance(error, Conflict):
        return 409
    if isinstance(error, TooManyCalls):
        return 429
    return 422


def configure_error_pages(app: Flask) -> None:
    app.register_error_handler(DomainError, _show_domain_error)
    app.register_error_handler(CSRFError, _show_csrf_error)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(BadHost, _tell_bad_host)
    app.register_error_handler(Exception, _show_failure)


def error_page(status: int, detail: str = "", *, is_plain: bool = False) -> ResponseReturnValue:
    """The page for ``status``, or a passing message where htmx asked for a part of a page.

    ``is_plain``: ``detail`` says only that it is not open; where the page can explain more, it is left out.
    """
    title, remedy = _PAGES.get(status, _PAGES[400 if status < 500 else 500])  # noqa: PLR2004  # the HTTP class
    remedy = _(remedy, megabytes=services().settings.file_max_mb)
    if is_partial():
        return toast(detail or f"{_(title)}. {remedy}", kind="danger", status=status)
    known = explanation(status) if status in _CLOSED else None
    if known is not None and is_plain:
        detail = ""
    sentences = known.sentences if known else (remedy,)
    page = render_template(
        "errors/error.html",
        status=status,
        title=known.title if known else _(title),
        sentences=() if known and detail else sentences,  # what happened is told: no need to guess what may be
        detail=detail,
        way=known,
    )
    return page, status


def toast(text: str, *, kind: str = "success", status: int = 200) -> Response:
    """An answer that changes nothing on the page but shows ``text`` for a while, read out by screen readers."""
    response = make_response("", status)
    response.headers["HX-Reswap"] = "none"
    return with_toast(response, text, kind=kind)


def with_toast(response: Response, text: str, *, kind: str = "success", undo: str = "") -> Response:
    """Let the page that gets ``response`` show ``text`` for a while; ``undo`` is the address that takes it back."""
    detail = {"text": text, "kind": kind}
    if undo:
        detail |= {"undo": undo, "label": _("Undo")}
    return with_event(response, "toast", detail)


def with_event(response: Response, name: str, detail: object = None) -> Response:
    """Let the page that gets ``response`` hear of ``name``; several events add up."""
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    events[name] = detail
    response.headers["HX-Trigger"] = json.dumps(events)  # ASCII only, as headers must be
    return response


def _show_domain_error(error: DomainError) -> ResponseReturnValue:
    return error_page(status_of(error), error_text(error), is_plain=type(error) in {NotFound, AbilityMissing})


def _show_csrf_error(_error: CSRFError) -> ResponseReturnValue:
    """An expired session asks for sign-in; a page from before the last sign-in is loaded again, its form kept."""
    if signed_in() is None and request.endpoint not in {"sign_in.submit", "sign_in.as_demo_person"}:
        return sign_in_first()
    if is_partial():
        return Response(status=400, headers={"HX-Refresh": "true"})
    return error_page(400, _("The page was open for too long. Load it again and repeat; what you typed is kept."))


def _tell_bad_host(error: BadHost) -> ResponseReturnValue:
    """In words alone: under a name that no address can hold, a page cannot say where its parts are."""
    title, _remedy = _PAGES[error.code]
    return Response(f"{_(title)}.", error.code, mimetype="text/plain")


def _show_http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:  # noqa: PLR2004  # a redirect is no error
        return error.get_response()
    answer = make_response(error_page(error.code))
    # Which methods the address takes, when to try again: the page is ours, what HTTP says beside it stays.
    answer.headers.update({name: value for name, value in error.get_headers() if name != "Content-Type"})
    return answer


def _show_failure(error: Exception) -> ResponseReturnValue:
    """Whatever nobody foresaw: logged with its traceback for the administrator, told without it."""
    _logger.error("%s %s failed", request.method, request.path, exc_info=error)
    if not is_away(error):
        return error_page(500)
    ask_for_nobody()
    answer = make_response(error_page(503))
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer
