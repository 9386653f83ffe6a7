"""The Content-Security-Policy: nothing runs, loads or is framed but our own files."""

from __future__ import annotations

import secrets
from typing import cast

from flask import Response, g

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
    return cast("str", g.csp_nonce)


def policy() -> str:
    """The policy of the answer that is being made. Without a nonce asked for, it allows no inline code at all."""
    directives = dict(_DIRECTIVES)
    if "csp_nonce" in g:
        for name in ("script-src", "style-src"):
            directives[name] += f" 'nonce-{g.csp_nonce}'"
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def add_policy(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", policy())  # what people uploaded has a stricter one
    return response
