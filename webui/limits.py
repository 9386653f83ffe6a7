"""How often one may try: by account and by address, counted in Redis or, without it, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any

from flask import Flask, Response, make_response, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse
from werkzeug.exceptions import TooManyRequests

from engine.settings import Settings
from webui.request_context import services

View = Callable[..., ResponseReturnValue]
Stopped = Callable[[int], object]
"""Is told now and then of tries that a limit has stopped, and how many more they are since it was last told."""

_FAILED = 422

limiter = Limiter(get_remote_address, headers_enabled=False)


def configure_limits(app: Flask, settings: Settings) -> None:
    app.config.update(
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        RATELIMIT_STRATEGY="fixed-window",
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=settings.redis_url is not None,
    )
    # Limits stand at single views, which look at them by themselves; around every request there is nothing to look at.
    # An application that knows the limiter gets no hooks from it.
    app.extensions.setdefault("limiter", set()).add(limiter)
    limiter.init_app(app)


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


@contextmanager
def counted_first(number: int, key: str, stopped: Stopped | None = None) -> Iterator[Callable[[], object]]:
    """Count a try before it is looked at: of many at the same instant no more get through than one after another.

    Gives the function that takes the count back, for a try that was none or was right. Raises TooManyRequests.
    """
    allowed = parse(tries(number)())
    if not limiter.limiter.hit(allowed, key):
        if stopped is not None:
            _tell(stopped, limiter.limiter.storage.get(allowed.key_for(key)) - allowed.amount)
        raise TooManyRequests(retry_after=allowed.get_expiry())
    yield partial(limiter.limiter.hit, allowed, key, cost=-1)


def _tell(stopped: Stopped, count: int) -> None:
    """``count`` were stopped so far. Told when their number has doubled: to stop a try must cost next to nothing."""
    if count > 0 and count & (count - 1) == 0:
        stopped(count - count // 2)


def limit_failures(
    number: int, key_of: Callable[[], str] = get_remote_address, *, stopped: Stopped | None = None
) -> Callable[[View], View]:
    """A view that may fail ``number`` times in ten minutes: only failures count, who knows the password never waits."""
    return _limited(number, key_of, lambda response: response.status_code == _FAILED, stopped)


def limit_tries(number: int, key_of: Callable[[], str] = get_remote_address) -> Callable[[View], View]:
    """A view that may be asked ``number`` times in ten minutes, whatever it answers."""
    return _limited(number, key_of, lambda _response: True)


def _limited(
    number: int, key_of: Callable[[], str], counts: Callable[[Response], bool], stopped: Stopped | None = None
) -> Callable[[View], View]:
    def limited(view: View) -> View:
        @wraps(view)
        def counted(**places: Any) -> ResponseReturnValue:
            if not limiter.enabled:
                return view(**places)
            key = f"{view.__module__}.{view.__name__}:{key_of()}"
            with counted_first(number, key, stopped) as take_back:
                response = make_response(view(**places))
                if not counts(response):
                    take_back()
                return response

        return counted

    return limited
