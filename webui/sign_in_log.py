"""Who comes in, from where, written down in a transaction of its own.

That it cannot be written (a full disk, a lock that lasts) is told in the server's log and keeps nobody out.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Response, after_this_request, request
from flask_limiter.util import get_remote_address
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from engine.commands.sign_ins import (
    Visitor,
    record_failed_password,
    record_failure,
    record_sign_in,
    record_sign_out,
    record_stopped,
)
from engine.errors import DomainError, SignInFailed
from engine.model.api_token import token_hash
from engine.model.sign_in import SignInWay
from engine.policy.browser_names import browser_name
from webui.request_context import services, writing

_KNOWN_FOR = timedelta(days=400)
"""How long a browser is known again: browsers keep no cookie longer."""
_LENGTH = 16
_LONGEST = 64

_logger = logging.getLogger(__name__)


class ProgramsSeen:
    """Which tokens this process has seen today, by their hashes: only the first call of a day is written down."""

    def __init__(self) -> None:
        self._seen: tuple[date, set[int]] = (date.min, set())

    def is_new(self, token: int, day: date) -> bool:
        if self._seen[0] != day:
            self._seen = (day, set())
        seen = self._seen[1]
        if token in seen:
            return False
        seen.add(token)
        return True


def came_in(person_id: int, way: SignInWay) -> None:
    """Somebody has signed in. The browser gets a cookie of its own, by which it is known again."""
    visitor = _visitor(known_again=True)
    _write(lambda session: record_sign_in(session, person_id, way, visitor, clock=services().clock))


def did_not_come_in(error: DomainError, login: str = "", *, way: SignInWay, person_id: int | None = None) -> None:
    """Somebody tried and was refused. For a name and a password that do not fit, it is looked up whose name it is."""
    visitor, clock = _visitor(), services().clock

    def record(session: Session) -> None:
        if isinstance(error, SignInFailed):
            record_failed_password(session, login, visitor, clock=clock)
        else:
            record_failure(session, way, error.code, visitor, login=login, person_id=person_id, clock=clock)

    _write(record)


def was_stopped(tries: int, *, way: SignInWay, login: str = "", person_id: int | None = None) -> None:
    """``tries`` more of an account, or of this address, were stopped by the limit: they are counted in one entry."""
    visitor, clock = _visitor(), services().clock
    _write(lambda session: record_stopped(session, way, tries, visitor, login=login, person_id=person_id, clock=clock))


def went_out(person_id: int) -> None:
    visitor = _visitor()
    _write(lambda session: record_sign_out(session, person_id, visitor, clock=services().clock))


def program_came(person_id: int, token: str) -> None:
    """A program called with a token, for the first time in this process today."""
    visitor = Visitor(_address(), browser_name(request.headers.get("User-Agent", "")), token_hash(token))
    _write(lambda session: record_sign_in(session, person_id, SignInWay.TOKEN, visitor, clock=services().clock))


def _write(record: Callable[[Session], Any]) -> None:
    try:
        with writing() as session:
            record(session)
    except SQLAlchemyError:
        _logger.exception("a sign-in could not be written down")


def _visitor(*, known_again: bool = False) -> Visitor:
    name = "__Host-reglament-browser" if services().settings.base_url.startswith("https://") else "reglament-browser"
    own = request.cookies.get(name, "")[:_LONGEST]
    if known_again:
        own = own or secrets.token_urlsafe(_LENGTH)

        @after_this_request
        def keep(response: Response) -> Response:
            response.set_cookie(
                name, own, max_age=_KNOWN_FOR, secure=name.startswith("__Host-"), httponly=True, samesite="Lax"
            )
            return response

    device = hashlib.sha256(own.encode(errors="replace")).hexdigest() if own else ""
    return Visitor(_address(), browser_name(request.headers.get("User-Agent", "")[:1000]), device)


def _address() -> str:
    return get_remote_address() or ""
