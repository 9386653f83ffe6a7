"""A write must come from our own page: its token, and the origin that the browser reports, must both be ours."""

from __future__ import annotations

from flask import Flask, request
from flask_wtf.csrf import CSRFProtect

from engine.errors import N_, DomainError
from webui.bearer_tokens import bearer_token
from webui.sent_addresses import address_parts
from webui.this_request import this_request

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ForeignOrigin(DomainError):
    """Another site made the browser send this."""

    code = "foreign_origin"
    template = N_("This request came from another site and was not carried out.")


def configure_csrf(app: Flask) -> None:
    """Check every write. A request with a bearer token is no browser's, and the token alone says who it is from.

    Where no address takes the request nothing is written, and its own answer (404, 405) says what is wrong.
    """
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    protection = CSRFProtect(app)

    def check() -> None:
        asked = this_request()
        if asked.routing_exception is not None or asked.method in _SAFE_METHODS:
            return
        if bearer_token(asked):
            return
        _ensure_same_origin()
        protection.protect()

    app.before_request(check)


def _ensure_same_origin() -> None:
    """Raises ForeignOrigin. Old browsers report neither header; the token still stands in their way."""
    origin = request.headers.get("Origin")
    if request.headers.get("Sec-Fetch-Site") == "cross-site" or (
        origin and origin != "null" and address_parts(origin).netloc != request.host
    ):
        raise ForeignOrigin
