"""Links by which people choose their password themselves: an administrator makes them, or whoever forgot asks."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.people import OwnPassword, set_password
from engine.db.outbox import enqueue
from engine.errors import N_, DomainError, NotFound
from engine.events import PasswordLinkMade
from engine.model.password_link import PasswordLink
from engine.model.person import Person
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.actors import actor_of
from engine.queries.mail_links import hash_of_token
from engine.queries.password_links import person_of_link

PASSWORD_LETTER = "password_letter"  # noqa: S105  # a word for a job
"""The kind of an outbox job: payload ``person_id`` (0: nobody is to be written to), ``hours`` that the link lasts,
and ``forgotten``: whether somebody asked for it who was not signed in."""
INVITATION_LASTS = timedelta(days=3)
FORGOTTEN_LASTS = timedelta(hours=1)
MOST_FORGOTTEN = 5
"""Letters that one person gets within FORGOTTEN_LASTS because somebody, from wherever, said to have forgotten."""
_RANDOM_BYTES = 32
_HOUR = timedelta(hours=1)


class NoMailAddress(DomainError):
    code: ClassVar[str] = "no_mail_address"
    template: ClassVar[str] = N_("%(name)s has no e-mail. Write it down first, or make a link and pass it on.")


def make_password_link(session: Session, person_id: int, *, actor: Actor, clock: Clock) -> str:
    """The token of a link that an administrator passes on. It is nowhere but in the answer.

    Raises NotFound for who has no access, NotAllowed, OwnPassword.
    """
    ensure_may(actor, Ability.MANAGE_PEOPLE)
    if actor.person_id == person_id:
        raise OwnPassword
    person, at = _active(session, person_id), clock.now()
    record(session, PasswordLinkMade(person_id=person.id, by_mail=False), actor=actor, at=at)
    return _new_link(session, person, at, INVITATION_LASTS)


def send_password_link(session: Session, person_id: int, *, actor: Actor, clock: Clock) -> None:
    """Have a letter with a link sent to a person. Raises NotFound for who has no access, NotAllowed, NoMailAddress."""
    ensure_may(actor, Ability.MANAGE_PEOPLE)
    person = _active(session, person_id)
    if not person.email:
        raise NoMailAddress(name=person.full_name)
    at = clock.now()
    record(session, PasswordLinkMade(person_id=person.id, by_mail=True), actor=actor, at=at)
    _enqueue(session, person.id, INVITATION_LASTS, at=at, is_forgotten=False)


def ask_for_password_link(session: Session, login_or_mail: str, *, clock: Clock) -> None:
    """Have a letter sent to whoever forgot their password, if it is somebody with access and an e-mail.

    Whether it is, nobody is told, and no clock tells either: for a stranger the same is written, a letter to nobody. An
    address that several people share names none of them: they give their login.
    """
    said = login_or_mail.strip().lower()
    fits = Person.email if "@" in said else Person.login
    found = session.scalars(select(Person.id).where(func.lower(fits) == said, Person.is_active, Person.email != ""))
    ids = found.all()
    _enqueue(session, ids[0] if said and len(ids) == 1 else 0, FORGOTTEN_LASTS, at=clock.now(), is_forgotten=True)


def link_for_letter(
    session: Session, person_id: int, *, lasts: timedelta, is_forgotten: bool, clock: Clock
) -> tuple[Person, str] | None:
    """Whom a letter goes to, and the token in it, made only when it leaves; None when nobody is to be written to.

    Nobody's mailbox is filled by asking again and again.
    """
    person, at = session.get(Person, person_id), clock.now()
    if person is None or not person.is_active or not person.email:
        return None
    if is_forgotten:
        living = PasswordLink.person_id == person.id, PasswordLink.expires_at.between(at, at + FORGOTTEN_LASTS)
        if (session.scalar(select(func.count()).select_from(PasswordLink).where(*living)) or 0) >= MOST_FORGOTTEN:
            return None
        record(session, PasswordLinkMade(person_id=person.id, by_mail=True), actor=Actor.system(), at=at)
    return person, _new_link(session, person, at, lasts)


def set_password_by_link(session: Session, token: str, password: str, *, clock: Clock) -> Person:
    """Let the person of a link choose the password; the link and all others of the person are over then.

    Raises PasswordLinkOver, InvalidInput.
    """
    at = clock.now()
    person = person_of_link(session, token, at)
    session.refresh(person, with_for_update=True)
    person = person_of_link(session, token, at)  # two at once: the first has renewed the stamp
    set_password(session, person.id, password, actor=actor_of(session, person.id, at), clock=clock)
    return person


def _active(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None or not person.is_active:
        raise NotFound
    return person


def _enqueue(session: Session, person_id: int, lasts: timedelta, *, at: datetime, is_forgotten: bool) -> None:
    payload = {"person_id": person_id, "hours": lasts // _HOUR, "forgotten": is_forgotten}
    enqueue(session, PASSWORD_LETTER, payload, at=at)


def _new_link(session: Session, person: Person, at: datetime, lasts: timedelta) -> str:
    token = secrets.token_urlsafe(_RANDOM_BYTES)
    session.add(
        PasswordLink(
            token_hash=hash_of_token(token),
            person_id=person.id,
            session_stamp=person.session_stamp,
            created_at=at,
            expires_at=at + lasts,
        )
    )
    return token
