"""The rule that every page is closed unless it says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webui.answer_headers import SafeAnswers
from webui.request_context import signed_in
from webui.sent_addresses import address_parts
from webui.sessions import is_polled
from webui.this_request import this_application, this_request

View = TypeVar("View", bound=Callable[..., Any])

_OPEN_MARK = "is_open_to_all"


def open_to_all(view: View) -> View:
    """Mark a view that needs no sign-in. Every view without this mark asks for one."""
    setattr(view, _OPEN_MARK, True)
    return view


def configure_security(app: Flask) -> None:
    app.config.update(MAX_CONTENT_LENGTH=25 * 1024 * 1024, MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024, MAX_FORM_PARTS=2_000)
    app.before_request(ensure_signed_in)
    app.wsgi_app = SafeAnswers(app.wsgi_app)  # type: ignore[method-assign]  # Flask's way


def ensure_signed_in() -> ResponseReturnValue | None:
    """Send whoever is not signed in to the sign-in page, and from there back to where they were."""
    endpoint = this_request().endpoint
    view = this_application().view_functions.get(endpoint or "")
    if view is None or endpoint == "static" or getattr(view, _OPEN_MARK, False) or signed_in():
        return None
    return sign_in_first()


def sign_in_first() -> ResponseReturnValue:
    """Ask for sign-in: by a redirect, or by HX-Redirect where a part of a page was asked for.

    The form that was being filled stays in the browser and in the draft; the page that is returned to restores it.
    """
    if is_polled():  # nobody pressed anything: the page stays, with what is being typed in it
        return Response(status=401)
    if is_partial():
        current = address_parts(request.headers.get("HX-Current-URL"))
        target = url_for("sign_in.show", next=local_path(f"{current.path}?{current.query}"), expired=1)
        return Response(status=401, headers={"HX-Redirect": target})
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("sign_in.show", next=local_path(request.full_path)))
    referrer = address_parts(request.referrer)
    return redirect(url_for("sign_in.show", next=local_path(f"{referrer.path}?{referrer.query}"), expired=1), code=303)


def is_partial() -> bool:
    """Did htmx ask, for a part of the page that is open? A whole page restored from history is asked for as such."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") != "full"


def local_path(address: str | None) -> str | None:
    """``address`` if it leads to a page of ours, else None: nobody is sent to another site from here."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or "\\" in address:
        return None
    if not address.isprintable() or address.startswith("/sign-in"):
        return None
    return address.removesuffix("?")
