"""Headers that every answer carries, whoever made it: a page, the API, or what fails before either is reached."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from webui.csp import HEADER, policy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]

_ALWAYS: Headers = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
]
_OVER_HTTPS: Headers = [("Strict-Transport-Security", "max-age=31536000")]
_POLICY_NAME = HEADER.lower()
_POLICY: Headers = [(HEADER, policy())]
_NOT_KEPT: Headers = [("Cache-Control", "no-store"), ("Vary", "HX-Request, Cookie")]


class SafeAnswers:
    """Around the application. It adds what never changes at once: set one by one by a hook, it costs ten times as much.

    An answer that says nothing of how long it is kept is kept nowhere. What people uploaded has a stricter policy.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: Headers, failure: Any = None) -> Any:
            over_https = environ["wsgi.url_scheme"] == "https"
            return start_response(status, _with_safety(headers, over_https=over_https), failure)

        return self._application(environ, start)


def never_changing() -> frozenset[tuple[str, str]]:
    """The headers that are added here: always the same texts, of which nobody has to see whether they can be sent."""
    return frozenset(_ALWAYS + _OVER_HTTPS + _POLICY + _NOT_KEPT)


def _with_safety(headers: Headers, *, over_https: bool) -> Headers:
    told = {name.lower() for name, _ in headers}
    safe = headers + _ALWAYS
    if over_https:
        safe += _OVER_HTTPS
    if _POLICY_NAME not in told:
        safe += _POLICY
    if "cache-control" in told:
        return safe
    if "vary" in told:
        safe = [pair for pair in safe if pair[0].lower() != "vary"]
    return safe + _NOT_KEPT
