"""The Content-Security-Policy: nothing runs, loads or is framed but our own files."""

from __future__ import annotations

import secrets
from typing import cast

from flask import Response, after_this_request, g

HEADER = "Content-Security-Policy"
_DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}


def nonce() -> str:
    """A word that lets one inline script or style of this very answer run. Asking for it puts it into the policy."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
        after_this_request(_allow_nonce)
    return cast("str", g.csp_nonce)


def policy(nonce: str = "") -> str:
    """The policy of an answer. Without a nonce it allows no inline code at all."""
    directives = dict(_DIRECTIVES)
    if nonce:
        for name in ("script-src", "style-src"):
            directives[name] += f" 'nonce-{nonce}'"
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def _allow_nonce(response: Response) -> Response:
    response.headers.setdefault(HEADER, policy(g.csp_nonce))
    return response
