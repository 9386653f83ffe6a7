"""The token by which a program says who it calls for."""

from __future__ import annotations

from flask import Request

_AUTHORIZATION = "HTTP_AUTHORIZATION"
"""The header in the environment of a request: ``request.headers`` spells its name anew with each look."""
_SCHEME = "bearer"


def bearer_token(asked: Request) -> str | None:
    """The same however its header is spelled; empty where that holds none, and no token is. None without a header."""
    authorization: str | None = asked.environ.get(_AUTHORIZATION)
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == _SCHEME else ""
