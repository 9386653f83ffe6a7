"""Who is behind a token or a session, read anew only when the company has changed meanwhile.

Every request asks. The answer of an earlier request is current exactly as long as the company's revision stands, so
one glance at that number replaces the reading of person, token, departments and substitutions: who is deactivated,
or whose token is revoked, is refused from the commit of that change on, by every process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from engine.db.glance import glance
from engine.db.session import Database
from engine.model.api_token import ApiToken, token_hash
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of

_REVISION = "SELECT number FROM company_revision WHERE id = 1"
_QUARTER_S = 15 * 60
_MOST_KEPT = 10_000

Version = tuple[Any, int]
Condition = Callable[[], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Account:
    """``session_stamp`` changes with the password; ``theme`` is how the person wants pages to look."""

    actor: Actor
    session_stamp: str
    theme: str


@dataclass(frozen=True, slots=True)
class _Kept:
    version: Version | None = None
    accounts: dict[str | int, Account] = field(default_factory=dict)


class Accounts:
    """The accounts of active people in one database. Threads may ask at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept = _Kept()

    def of_token(self, token: str, at: datetime) -> Account | None:
        """Whose token it is, at the aware instant ``at``; None for a token that is not valid (any more)."""
        hashed = token_hash(token)
        return self._account(hashed, at, lambda: Person.id == _owner_of_token(hashed))

    def last_of_token(self, token: str, at: datetime) -> tuple[Account, int] | None:
        """Whose token it was when somebody looked last, and the company's revision then; None when it is not kept.

        For whoever sees the revision in their own transaction and begins anew where it is another one.
        """
        kept = self._kept  # another thread may put a newer one in its place
        version, account = kept.version, kept.accounts.get(token_hash(token))
        if account is None or version is None or version[1] != _quarter(at):
            return None
        return account, int(version[0])

    def of_person(self, person_id: int, at: datetime) -> Account | None:
        """The account of an active person, at the aware instant ``at``."""
        return self._account(person_id, at, lambda: Person.id == person_id)

    def _account(self, key: str | int, at: datetime, condition: Condition) -> Account | None:
        version = (glance(self._database, _REVISION), _quarter(at))
        kept = self._kept
        if kept.version != version or len(kept.accounts) >= _MOST_KEPT:
            kept = self._kept = _Kept(version)
        account = kept.accounts.get(key)
        if account is None:
            # What is read now may be newer than the number says, never older: then the next look reads it again.
            with self._database.read() as session:
                account = _read(session, at, condition())
            if account is not None:
                kept.accounts[key] = account
        return account


def _quarter(at: datetime) -> int:
    """A substitution begins and ends at a midnight somewhere, and all zones keep to quarters of an hour."""
    return int(at.timestamp()) // _QUARTER_S


def _owner_of_token(hashed: str) -> Any:
    return (
        select(ApiToken.person_id).where(ApiToken.token_hash == hashed, ApiToken.revoked_at.is_(None)).scalar_subquery()
    )


def _read(session: Session, at: datetime, condition: ColumnElement[bool]) -> Account | None:
    found = session.execute(
        select(Person.id, Person.session_stamp, Person.theme).where(condition, Person.is_active)
    ).one_or_none()
    if found is None:
        return None
    return Account(actor_of(session, found.id, at), found.session_stamp, found.theme)
