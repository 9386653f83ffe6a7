"""Who signed in, who tried to: for the administrator's journal, and for each person about themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Select, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from engine.db.types import Moment
from engine.model.api_token import ApiToken
from engine.model.sign_in import SignIn, SignInKind, SignInWay
from engine.policy.permissions import Ability, Actor
from engine.queries.directories import directory
from engine.queries.pages import ListOrder, Page
from engine.queries.scopes import ensure_sees

_ORDER = ListOrder("sign_ins", (datetime, int))


@dataclass(frozen=True, slots=True)
class SignInFilter:
    """``since`` is included, ``until`` is not; both aware UTC."""

    person_id: int | None = None
    kind: SignInKind | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignInRow:
    """``login`` is what was tried; ``person`` whose it is, "" for nobody's. ``by`` ended the sessions.

    ``tries``: for how many it stands, at least.
    """

    id: int
    at: datetime
    kind: SignInKind
    way: SignInWay | None
    person_id: int | None
    person: str
    login: str
    reason: str
    address: str
    browser: str
    token: str
    by_id: int | None
    by: str
    tries: int


def sign_ins(
    session: Session, actor: Actor, wanted: SignInFilter, *, limit: int, cursor: str | None = None
) -> Page[SignInRow]:
    """Latest first. Raises NotFound for who may not read it, CursorNotUnderstood."""
    ensure_sees(actor, Ability.SEE_JOURNAL)
    statement = _latest(_conditions(wanted))
    before = _ORDER.after(cursor)
    if before is not None:
        last = tuple_(literal(before[0], Moment), literal(before[1], BigInteger))
        statement = statement.where(tuple_(SignIn.at, SignIn.id) < last)
    rows = _rows(session, session.scalars(statement.limit(limit + 1)).all())
    return _ORDER.page(rows, limit=limit, cursor=cursor, key=lambda row: (row.at, row.id))


def own_sign_ins(session: Session, actor: Actor, *, limit: int, failed: int) -> tuple[SignInRow, ...]:
    """Of who asks, latest first: at most ``limit``, and ``failed`` tries beside them, which push none of those out."""
    own = SignIn.person_id == actor.person_id
    parts = (
        select(SignIn.id).where(own, one).order_by(SignIn.at.desc(), SignIn.id.desc()).limit(most).subquery()
        for one, most in ((SignIn.kind != SignInKind.FAILED, limit), (SignIn.kind == SignInKind.FAILED, failed))
    )
    found = session.scalars(_latest([or_(*(SignIn.id.in_(select(part.c.id)) for part in parts))])).all()
    return tuple(_rows(session, found))


def _latest(conditions: list[ColumnElement[bool]]) -> Select[SignIn]:
    return select(SignIn).where(*conditions).order_by(SignIn.at.desc(), SignIn.id.desc())


def _conditions(wanted: SignInFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.person_id is not None:
        found.append(SignIn.person_id == literal(wanted.person_id, BigInteger))  # from an address: may be any
    if wanted.kind is not None:
        found.append(SignIn.kind == wanted.kind)
    if wanted.since is not None:
        found.append(SignIn.at >= wanted.since)
    if wanted.until is not None:
        found.append(SignIn.at < wanted.until)
    return found


def _rows(session: Session, found: Iterable[SignIn]) -> list[SignInRow]:
    found, known = list(found), directory(session)
    hashes = {one.device for one in found if one.way is SignInWay.TOKEN}
    named = select(ApiToken.token_hash, ApiToken.name).where(ApiToken.token_hash.in_(hashes))
    tokens = dict(session.execute(named).all()) if hashes else {}

    def name_of(person_id: int | None) -> str:
        person = known.known_person(person_id)
        return person.full_name if person is not None else ""

    return [
        SignInRow(
            id=one.id,
            at=one.at,
            kind=one.kind,
            way=one.way,
            person_id=one.person_id,
            person=name_of(one.person_id),
            login=one.login,
            reason=one.reason,
            address=one.address,
            browser=one.browser,
            token=tokens.get(one.device, ""),
            by_id=one.by_id,
            by=name_of(one.by_id),
            tries=one.tries,
        )
        for one in found
    ]
