"""Authenticator applications: set up, confirmed, removed; and proving by password and code who one is."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import Reauthentication
from engine.clock import Clock
from engine.commands.access_letters import AccessChange, tell_of_access
from engine.commands.history import record
from engine.commands.people import sign_in
from engine.db.session import Database
from engine.errors import N_, DomainError, InvalidInput, NotAllowed, NotFound, SignInFailed
from engine.events import AuthenticatorAdded, AuthenticatorRemoved, RecoveryCodeUsed
from engine.model.authenticator import Authenticator
from engine.model.person import Person
from engine.policy.one_time_codes import DIGITS, matching_counter, new_secret
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.reauthentication import (
    NoAuthenticator,
    NoPassword,
    Reauthenticated,
    ReauthenticationFailed,
    WrongCode,
)

RECOVERY_CODES = 8
SET_UP_WITHIN = timedelta(minutes=15)
"""How long a secret waits for its first code: who finds the session open later is shown none, and begins by a proof."""
_RECOVERY_BYTES = 5
_GROUP = 4

Seal = Callable[[str], str]
Open = Callable[[str], str]


class AlreadySetUp(DomainError):
    code: ClassVar[str] = "authenticator_exists"
    template: ClassVar[str] = N_("Your authenticator application is set up already. Remove it first.")


class SetUpIsOver(DomainError):
    code: ClassVar[str] = "authenticator_set_up_over"
    template: ClassVar[str] = N_("It has taken too long: begin anew.")


def is_being_set_up(known: Authenticator, at: datetime) -> bool:
    """A first code is waited for."""
    return known.confirmed_at is None and at < known.made_at + SET_UP_WITHIN


def begin_authenticator(session: Session, *, seal: Seal, actor: Actor, clock: Clock) -> None:
    """Make a new secret that counts once a code of it was typed. Raises AlreadySetUp."""
    known = session.get(Authenticator, actor.person_id, with_for_update=True)
    if known is not None and known.confirmed_at is not None:
        raise AlreadySetUp
    if known is None:
        known = Authenticator(person_id=actor.person_id)
        session.add(known)
    known.sealed_secret, known.made_at = seal(new_secret()), clock.now()
    known.last_counter, known.recovery = -1, []


def confirm_authenticator(session: Session, code: str, *, open_: Open, actor: Actor, clock: Clock) -> tuple[str, ...]:
    """The first code proves that the application has the secret; the recovery codes are told this once.

    Whose it is gets a letter about it: who knows only the password must not set up theirs unseen. Raises NotFound,
    AlreadySetUp, InvalidInput.
    """
    known = session.get(Authenticator, actor.person_id, with_for_update=True)
    if known is None:
        raise NotFound
    if known.confirmed_at is not None:
        raise AlreadySetUp
    at = clock.now()
    if not is_being_set_up(known, at):
        raise InvalidInput({"present": SetUpIsOver()})
    counter = matching_counter(open_(known.sealed_secret), code, at)
    if counter is None:
        raise InvalidInput({"code": WrongCode()})
    codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
    known.confirmed_at, known.last_counter = at, counter
    known.recovery = [_hashed(one) for one in codes]
    record(session, AuthenticatorAdded(person_id=actor.person_id), actor=actor, at=at)
    person = session.get_one(Person, actor.person_id)
    tell_of_access(session, person, AccessChange.AUTHENTICATOR_ADDED, to=person.email, actor=actor, at=at)
    return codes


def remove_own_authenticator(session: Session, code: str, *, open_: Open, actor: Actor, clock: Clock) -> None:
    """With a code of it or a recovery code: who knows only the password must not put an application of theirs there.

    Raises NotFound, InvalidInput.
    """
    known = session.get(Authenticator, actor.person_id, with_for_update=True)
    if known is None:
        raise NotFound
    if known.confirmed_at is not None:
        try:
            _use_code(session, code, open_=open_, actor=actor, clock=clock)
        except WrongCode:
            raise InvalidInput({"code": WrongCode()}) from None
    _remove(session, known, actor, clock)


def remove_authenticator(session: Session, person_id: int, *, actor: Actor, clock: Clock) -> None:
    """Somebody else's, by who manages people: telephones get lost. Raises NotFound, NotAllowed."""
    ensure_may(actor, Ability.MANAGE_PEOPLE)
    if actor.person_id == person_id:
        raise NotAllowed(reason=N_("Remove your own application in your settings, with a code of it."))
    known = session.get(Authenticator, person_id, with_for_update=True)
    if known is None:
        raise NotFound
    _remove(session, known, actor, clock)


def _remove(session: Session, known: Authenticator, actor: Actor, clock: Clock) -> None:
    session.delete(known)
    if known.confirmed_at is not None:
        at, person = clock.now(), session.get_one(Person, known.person_id)
        record(session, AuthenticatorRemoved(person_id=person.id), actor=actor, at=at)
        removed = AccessChange.AUTHENTICATOR_REMOVED
        tell_of_access(session, person, removed, to=person.email, actor=actor, at=at)


def prove(
    database: Database, password: str, code: str = "", *, open_: Open, actor: Actor, clock: Clock
) -> Reauthenticated:
    """That ``actor`` is who they are, by their password and, where one is typed, a code or a recovery code.

    A code is used up here, before the decision: it never passes twice, whatever becomes of the decision. Passwords are
    looked at outside of any transaction that writes. Raises ReauthenticationFailed and its kin, each with its field.
    """
    try:
        with database.read() as session:
            if _has_no_password(session, actor.person_id):
                raise NoPassword("password")
            sign_in(session, actor.login, password)
    except SignInFailed:
        raise ReauthenticationFailed("password") from None
    if not code.strip():
        return Reauthenticated(actor.person_id, Reauthentication.PASSWORD, clock.now(), by="password")
    by = prove_code(database, code, open_=open_, actor=actor, clock=clock)
    return Reauthenticated(actor.person_id, Reauthentication.CODE, clock.now(), by=f"password, {by}")


def prove_code(database: Database, code: str, *, open_: Open, actor: Actor, clock: Clock) -> str:
    """Use a code or a recovery code up, and say which of them it was. Raises NoAuthenticator, WrongCode."""
    with database.write() as session:
        return _use_code(session, code, open_=open_, actor=actor, clock=clock)


def _has_no_password(session: Session, person_id: int) -> bool:
    return session.scalar(select(Person.id).where(Person.id == person_id, Person.password_hash.is_(None))) is not None


def _use_code(session: Session, typed: str, *, open_: Open, actor: Actor, clock: Clock) -> str:
    known = session.get(Authenticator, actor.person_id, with_for_update=True)
    if known is None or known.confirmed_at is None:
        raise NoAuthenticator("totp")
    at = clock.now()
    counter = matching_counter(open_(known.sealed_secret), typed, at, after=known.last_counter)
    if counter is not None:
        known.last_counter = counter
        return "code"
    hashed = _hashed(typed)
    left = [one for one in known.recovery if not hmac.compare_digest(one, hashed)]
    if len(left) == len(known.recovery):
        raise WrongCode("totp")
    known.recovery = left
    record(session, RecoveryCodeUsed(person_id=actor.person_id, left=len(left)), actor=actor, at=at)
    return "recovery code"


def _recovery_code() -> str:
    """40 random bits, longer than a code of the application and never only digits of its length."""
    text = secrets.token_hex(_RECOVERY_BYTES)
    return f"{text[:_GROUP]}-{text[_GROUP : _GROUP + DIGITS]}"


def _hashed(typed: str) -> str:
    return hashlib.sha256("".join(typed.split()).casefold().encode()).hexdigest()
