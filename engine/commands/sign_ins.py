"""Recording who signed in, who tried to, and whose sessions were ended. Bounded: nobody fills the disk by trying.

Of an account that is known no more is asked and written than of a stranger's, so that no clock tells them apart.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import Delete, delete, func, select, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.notifications import notify
from engine.db.session import UNSYNCHRONISED
from engine.errors import NotFound
from engine.model.notice import NoticeKind
from engine.model.person import Person
from engine.model.sign_in import SignIn, SignInKind, SignInWay
from engine.policy.permissions import Actor

KEPT = timedelta(days=180)
"""How long a sign-in is kept."""
MOST_FAILURES_KEPT = 50_000
MOST_OTHERS_KEPT = 200_000
SPELL = timedelta(minutes=10)
MOST_FAILURES_IN_A_SPELL = 300
"""Failures, whoever's, that are written down within SPELL; after them one row says that there were more."""
MOST_OF_ONE_IN_A_SPELL = 30
"""Sign-ins of one person within SPELL, and as many sign-outs."""

UNKNOWN_LOGIN, WRONG_PASSWORD, NO_PASSWORD, NO_ACCESS = "unknown_login", "wrong_password", "no_password", "no_access"
MORE, STOPPED = "more_failures", "too_many_tries"
FAILURES = (UNKNOWN_LOGIN, WRONG_PASSWORD, NO_PASSWORD, NO_ACCESS, MORE, STOPPED)
PASSWORD_WAS_SET, ACCESS_WAS_TAKEN, ACCOUNT_WAS_REMOVED, BY_THEMSELVES = (
    "password_was_set",
    "access_was_taken",
    "account_was_removed",
    "by_themselves",
)
ENDS = (PASSWORD_WAS_SET, ACCESS_WAS_TAKEN, ACCOUNT_WAS_REMOVED, BY_THEMSELVES)
_BY_PEOPLE = frozenset({SignInWay.PASSWORD, SignInWay.PROVIDER, SignInWay.LINK})
_LONGEST_LOGIN, _LONGEST_REASON, _LONGEST_ADDRESS, _LONGEST_BROWSER = 64, 64, 45, 100


@dataclass(frozen=True, slots=True)
class Visitor:
    """From where somebody comes: network address, name of the browser, and the hash by which it is known again."""

    address: str = ""
    browser: str = ""
    device: str = ""


NOBODY_IN_PARTICULAR = Visitor()


def record_sign_in(session: Session, person_id: int, way: SignInWay, visitor: Visitor, *, clock: Clock) -> None:
    """Somebody is in. From a browser that they never used before, where others are known, they are told of it."""
    at = clock.now()
    if way is SignInWay.TOKEN and _came_today(session, visitor.device, at):
        return
    if not _has_room_of(session, person_id, SignInKind.SIGNED_IN, at):
        return
    if way in _BY_PEOPLE and _is_new(session, person_id, visitor.device):
        text = " · ".join(word for word in (visitor.browser, visitor.address) if word)
        notify(session, NoticeKind.NEW_BROWSER, to=(person_id,), at=at, text=text)
    _add(session, SignInKind.SIGNED_IN, at, visitor, way=way, person_id=person_id)


def record_failed_password(session: Session, login: str, visitor: Visitor, *, clock: Clock) -> None:
    """``login`` and a password did not fit."""
    said = login.strip().lower()
    found = session.execute(
        select(Person.id, Person.is_active, Person.password_hash.is_not(None).label("has_password")).where(
            Person.login == said
        )
    ).one_or_none()
    if found is None:
        person_id, reason = None, UNKNOWN_LOGIN
    else:
        person_id = found.id
        reason = WRONG_PASSWORD if found.has_password else NO_PASSWORD
        reason = reason if found.is_active else NO_ACCESS
    record_failure(session, SignInWay.PASSWORD, reason, visitor, login=login, person_id=person_id, clock=clock)


def record_failure(
    session: Session,
    way: SignInWay,
    reason: str,
    visitor: Visitor,
    *,
    login: str = "",
    person_id: int | None = None,
    tries: int = 1,
    clock: Clock,
) -> None:
    """Somebody did not get in: ``reason`` is a word of FAILURES or the code of an error."""
    at = clock.now()
    lately = SignIn.kind == SignInKind.FAILED, SignIn.at > at - SPELL
    count = session.scalar(select(func.count()).select_from(SignIn).where(*lately)) or 0
    if count < MOST_FAILURES_IN_A_SPELL:
        _add(
            session,
            SignInKind.FAILED,
            at,
            visitor,
            way=way,
            person_id=person_id,
            login=login,
            reason=reason,
            tries=tries,
        )
    elif not session.scalar(select(SignIn.id).where(*lately, SignIn.reason == MORE).limit(1)):
        _add(session, SignInKind.FAILED, at, NOBODY_IN_PARTICULAR, way=way, reason=MORE)


def record_stopped(
    session: Session,
    way: SignInWay,
    tries: int,
    visitor: Visitor,
    *,
    login: str = "",
    person_id: int | None = None,
    clock: Clock,
) -> None:
    """``tries`` more were stopped without a look at what was typed, for too many had failed: one row within SPELL.

    Of an account, ``login`` or ``person_id``, whatever address they came from; without one, of the visitor's address.
    """
    at, said = clock.now(), printable(login)[:_LONGEST_LOGIN].lower()
    if person_id is None and said:
        person_id = session.scalar(select(Person.id).where(Person.login == said))
    if said or person_id is not None:
        same = SignIn.login == said, SignIn.person_id == person_id
    else:
        same = SignIn.login == "", SignIn.address == visitor.address[:_LONGEST_ADDRESS]
    lately = SignIn.kind == SignInKind.FAILED, SignIn.at > at - SPELL, SignIn.reason == STOPPED
    known = session.scalar(select(SignIn.id).where(*lately, SignIn.way == way, *same).limit(1))
    if known is None:
        record_failure(session, way, STOPPED, visitor, login=said, person_id=person_id, tries=tries, clock=clock)
        return
    counted = update(SignIn).where(SignIn.id == known).values(tries=SignIn.tries + tries)
    session.execute(counted, execution_options=UNSYNCHRONISED)


def record_sign_out(session: Session, person_id: int, visitor: Visitor, *, clock: Clock) -> None:
    at = clock.now()
    if _has_room_of(session, person_id, SignInKind.SIGNED_OUT, at):
        _add(session, SignInKind.SIGNED_OUT, at, visitor, person_id=person_id)


def record_end(session: Session, person_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """All sessions of a person were ended by ``actor``, for a ``reason`` of ENDS."""
    _add(
        session,
        SignInKind.ENDED,
        at,
        NOBODY_IN_PARTICULAR,
        person_id=person_id,
        reason=reason,
        by_id=actor.recorded_id,
    )


def end_own_sessions(session: Session, *, actor: Actor, clock: Clock) -> Person:
    """All sessions of who acts end; the one from which they do it begins anew. Raises NotFound."""
    person = session.get(Person, actor.person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise NotFound
    person.session_stamp = secrets.token_hex(8)
    record_end(session, person.id, BY_THEMSELVES, actor=actor, at=clock.now())
    return person


def too_old(session: Session, at: datetime) -> tuple[Delete, ...]:
    """What removes the sign-ins that are too old, or too many."""
    return (
        delete(SignIn).where(SignIn.at < at - KEPT),
        *_beyond(session, MOST_FAILURES_KEPT, is_failure=True),
        *_beyond(session, MOST_OTHERS_KEPT, is_failure=False),
    )


def _beyond(session: Session, most: int, *, is_failure: bool) -> tuple[Delete, ...]:
    same = SignIn.kind == SignInKind.FAILED if is_failure else SignIn.kind != SignInKind.FAILED
    last = session.scalar(select(SignIn.id).where(same).order_by(SignIn.id.desc()).offset(most).limit(1))
    return (delete(SignIn).where(same, SignIn.id <= last),) if last is not None else ()


def _came_today(session: Session, device: str, at: datetime) -> bool:
    day = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
    came = SignIn.at >= day, SignIn.way == SignInWay.TOKEN, SignIn.device == device
    return session.scalar(select(SignIn.id).where(*came).limit(1)) is not None


def _has_room_of(session: Session, person_id: int, kind: SignInKind, at: datetime) -> bool:
    """Whoever holds a cookie could sign out with it again and again, which must not hide who signs in."""
    lately = SignIn.person_id == person_id, SignIn.at > at - SPELL, SignIn.kind == kind
    return (session.scalar(select(func.count()).select_from(SignIn).where(*lately)) or 0) < MOST_OF_ONE_IN_A_SPELL


def _is_new(session: Session, person_id: int, device: str) -> bool:
    """Whether others are known of the person, and this one is not."""
    theirs = SignIn.person_id == person_id, SignIn.kind == SignInKind.SIGNED_IN, SignIn.way != SignInWay.TOKEN
    known = session.scalar(select(SignIn.id).where(*theirs).limit(1))
    return known is not None and not session.scalar(select(SignIn.id).where(*theirs, SignIn.device == device).limit(1))


def _add(
    session: Session,
    kind: SignInKind,
    at: datetime,
    visitor: Visitor,
    *,
    way: SignInWay | None = None,
    person_id: int | None = None,
    login: str = "",
    reason: str = "",
    by_id: int | None = None,
    tries: int = 1,
) -> None:
    session.add(
        SignIn(
            at=at,
            kind=kind,
            way=way,
            person_id=person_id,
            login=printable(login)[:_LONGEST_LOGIN],
            reason=reason[:_LONGEST_REASON],
            address=visitor.address[:_LONGEST_ADDRESS],
            browser=visitor.browser[:_LONGEST_BROWSER],
            device=visitor.device,
            by_id=by_id,
            tries=tries,
        )
    )


def printable(text: str) -> str:
    """What strangers typed, as one line that a page and a database can hold: PostgreSQL takes no NUL."""
    return "".join(sign if sign.isprintable() else "�" for sign in text.strip()[: _LONGEST_LOGIN * 2])
