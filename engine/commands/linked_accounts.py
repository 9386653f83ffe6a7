"""Linking people with accounts of the company's provider, by which they sign in from then on."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.sign_ins import ACCOUNT_WAS_REMOVED, record_end
from engine.errors import N_, Conflict, DomainError, NotFound
from engine.events import AccountLinked, AccountUnlinked, PasswordsClosed, PasswordsOpened
from engine.model.linked_account import LinkedAccount
from engine.model.person import Person
from engine.model.sign_in_rule import SignInRule
from engine.policy.company_sign_in import ProvenAccount
from engine.policy.permissions import Ability, Actor, ensure_may, may
from engine.queries.actors import actor_of
from engine.queries.linked_accounts import account_of_person


class PasswordFirst(DomainError):
    """An address on a card must never be enough to become an administrator."""

    code: ClassVar[str] = "administrator_without_password"
    template: ClassVar[str] = N_(
        "An administrator’s account is connected with a password, and %(name)s has none. Whoever runs the server makes "
        "a link for choosing one: reglament user link %(login)s"
    )


class LinkedMeanwhile(Conflict):
    code: ClassVar[str] = "account_linked_meanwhile"
    template: ClassVar[str] = N_("This changed meanwhile. Begin again.")


class ConnectYourselfFirst(DomainError):
    """A provider that has never let anybody in must not become the only door."""

    code: ClassVar[str] = "connect_yourself_first"
    template: ClassVar[str] = N_("Connect your own account first: so you see that the sign-in works.")


def ensure_linkable(person: Person) -> None:
    """An administrator proves by a password who they are; everybody else does so where they have one.

    So who changes the address on a card, however lately, gives nobody's account away. Raises PasswordFirst.
    """
    manages_people = may(_as_actor(person), Ability.MANAGE_PEOPLE)
    if manages_people and person.password_hash is None:
        raise PasswordFirst(name=person.full_name, login=person.login)


def mark_of(person: Person) -> str:
    """Changes with the person's password and access, and tells nothing of their sessions to who reads it."""
    return hashlib.sha256(person.session_stamp.encode()).hexdigest()


def link_account(session: Session, person_id: int, account: ProvenAccount, *, mark: str, clock: Clock) -> Person:
    """Let an account open what is the person's from now on. Where it does already, nothing happens: pressed twice.

    The caller has seen the person's password, where there is one, when ``mark`` was the person's ``mark_of``.
    Raises NotFound, PasswordFirst, LinkedMeanwhile.
    """
    person = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None or not person.is_active:
        raise NotFound
    ensure_linkable(person)
    taken = select(LinkedAccount.person_id, LinkedAccount.subject).where(
        LinkedAccount.issuer == account.issuer,
        (LinkedAccount.subject == account.subject) | (LinkedAccount.person_id == person_id),
    )
    known = {(row.person_id, row.subject) for row in session.execute(taken)}
    if not hmac.compare_digest(mark_of(person), mark) or not known <= {(person_id, account.subject)}:
        raise LinkedMeanwhile
    if known:
        return person
    at = clock.now()
    session.add(
        LinkedAccount(
            issuer=account.issuer, subject=account.subject, person_id=person_id, mail=account.mail, linked_at=at
        )
    )
    told = AccountLinked(person_id, provider=account.issuer, changes={"account": ["", account.mail]})
    record(session, told, actor=actor_of(session, person_id, at), at=at)
    return person


def unlink_account(session: Session, person_id: int, issuer: str, *, actor: Actor, clock: Clock) -> Person:
    """Let the person's account at ``issuer`` open nothing any more; all sessions of the person end.

    One's own, or anybody's for who manages people. Raises NotFound, NotAllowed.
    """
    if actor.person_id != person_id:
        ensure_may(actor, Ability.MANAGE_PEOPLE)
    person = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    linked = session.scalar(
        select(LinkedAccount).where(LinkedAccount.person_id == person_id, LinkedAccount.issuer == issuer)
    )
    if person is None or linked is None:
        raise NotFound
    session.delete(linked)
    person.session_stamp = secrets.token_hex(8)
    if actor.person_id != person_id:
        record_end(session, person_id, ACCOUNT_WAS_REMOVED, actor=actor, at=clock.now())
    told = AccountUnlinked(person_id, provider=issuer, changes={"account": [linked.mail, ""]})
    record(session, told, actor=actor, at=clock.now())
    return person


def close_passwords(session: Session, issuer: str, *, actor: Actor, clock: Clock) -> None:
    """Let whoever has an account linked at ``issuer`` sign in by it alone. Raises NotAllowed, ConnectYourselfFirst."""
    ensure_may(actor, Ability.MANAGE_PEOPLE)
    if session.get(SignInRule, issuer, with_for_update=True) is not None:
        return
    if account_of_person(session, actor.person_id, issuer) is None:
        raise ConnectYourselfFirst
    session.add(SignInRule(issuer=issuer, since=clock.now()))
    record(session, PasswordsClosed(provider=issuer), actor=actor, at=clock.now())


def open_passwords(session: Session, issuer: str, *, actor: Actor, clock: Clock) -> None:
    """Let passwords sign everybody in again. Raises NotAllowed."""
    ensure_may(actor, Ability.MANAGE_PEOPLE)
    rule = session.get(SignInRule, issuer, with_for_update=True)
    if rule is None:
        return
    session.delete(rule)
    record(session, PasswordsOpened(provider=issuer), actor=actor, at=clock.now())


def _as_actor(person: Person) -> Actor:
    return Actor(person.id, person.login, person.full_name, person.role)
