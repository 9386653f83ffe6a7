"""How often one may try: by account and by address, counted in Redis or, without it, in memory."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from engine.settings import Settings
from webui.request_context import services

_FAILED = 422

limiter = Limiter(get_remote_address, headers_enabled=False)


def configure_limits(app: Flask, settings: Settings) -> None:
    app.config.update(
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        RATELIMIT_STRATEGY="fixed-window",
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=settings.redis_url is not None,
    )
    limiter.init_app(app)
    # Limits stand at single views, which look at them by themselves; before every request there is nothing to look at.
    hooks = app.before_request_funcs.get(None, [])
    hooks[:] = [one for one in hooks if one != limiter._check_request_limit]  # noqa: SLF001  # there is no setting


def tries(number: int) -> Callable[[], str]:
    """``number`` in ten minutes, whichever process is asked: counted in memory, each process grants its share."""

    def limit() -> str:
        settings = services().settings
        sharing = settings.web_processes if settings.redis_url is None else 1
        return f"{max(1, number // sharing)} per 10 minutes"

    return limit


def account_tried() -> str:
    """The account that somebody tries to sign in to, in the one spelling under which tries are counted."""
    return "account:" + request.form.get("login", "").strip().casefold()[:64]


def failed(response: Response) -> bool:
    """Only failures count: who knows the password never waits."""
    return response.status_code == _FAILED
