"""Whom an account of the company's provider belongs to here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from engine.errors import N_, DomainError
from engine.model.linked_account import LinkedAccount
from engine.model.person import Person
from engine.model.sign_in_rule import SignInRule
from engine.policy.company_sign_in import MailNotConfirmed, ProvenAccount
from engine.policy.permissions import Ability, Actor
from engine.queries.scopes import ensure_sees


class NobodyOfMail(DomainError):
    code: ClassVar[str] = "account_unknown"
    template: ClassVar[str] = N_(
        "Nobody with access has the e-mail %(mail)s here. Ask your administrator to write it down on your card, or "
        "choose another account."
    )


class SeveralOfMail(DomainError):
    code: ClassVar[str] = "account_ambiguous"
    template: ClassVar[str] = N_(
        "Several people have the e-mail %(mail)s here, so it is not clear who you are. Ask your administrator to leave "
        "it on one card."
    )


class AccessTaken(DomainError):
    code: ClassVar[str] = "account_without_access"
    template: ClassVar[str] = N_("You have no access any more. Ask your administrator if this is a mistake.")


class OtherAccountLinked(DomainError):
    """An address may have come to somebody else: the account that was connected counts, not its address."""

    code: ClassVar[str] = "account_other_linked"
    template: ClassVar[str] = N_(
        "Another account of %(provider)s is connected with %(name)s. Choose that one, or ask your administrator to "
        "remove the connection."
    )


class OnlyThroughProvider(DomainError):
    code: ClassVar[str] = "only_through_provider"
    template: ClassVar[str] = N_("You sign in through %(provider)s alone: your password opens nothing here.")


@dataclass(frozen=True, slots=True)
class LinkedAccountRow:
    """``mail`` is what the account was called when it was connected, empty where nobody vouched for it."""

    issuer: str
    mail: str
    linked_at: datetime


def person_of_account(session: Session, account: ProvenAccount) -> Person | None:
    """Whom the account was linked with, None for a new one. Raises AccessTaken."""
    person = session.scalar(
        select(Person)
        .join(LinkedAccount, LinkedAccount.person_id == Person.id)
        .where(LinkedAccount.issuer == account.issuer, LinkedAccount.subject == account.subject)
    )
    if person is not None and not person.is_active:
        raise AccessTaken
    return person


def person_of_mail(session: Session, account: ProvenAccount, provider: str) -> Person:
    """Whom a new account can be linked with: the one person with access who has its address.

    Raises MailNotConfirmed, NobodyOfMail, SeveralOfMail, OtherAccountLinked.
    """
    if not account.mail:
        raise MailNotConfirmed(provider=provider)
    found = session.scalars(
        select(Person).where(func.lower(func.trim(Person.email)) == account.mail, Person.is_active).limit(2)
    ).all()
    if not found:
        raise NobodyOfMail(mail=account.mail)
    if len(found) > 1:
        raise SeveralOfMail(mail=account.mail)
    if account_of_person(session, found[0].id, account.issuer) is not None:
        raise OtherAccountLinked(provider=provider, name=found[0].full_name)
    return found[0]


def account_of_person(session: Session, person_id: int, issuer: str) -> LinkedAccountRow | None:
    row = session.execute(
        select(LinkedAccount.issuer, LinkedAccount.mail, LinkedAccount.linked_at).where(
            LinkedAccount.person_id == person_id, LinkedAccount.issuer == issuer
        )
    ).one_or_none()
    return LinkedAccountRow(*row) if row is not None else None


def ensure_password_signs_in(session: Session, person_id: int, issuer: str, provider: str) -> None:
    """Raises OnlyThroughProvider for who is linked at ``issuer`` where that alone counts."""
    linked = account_of_person(session, person_id, issuer)
    if linked is not None and session.get(SignInRule, issuer) is not None:
        raise OnlyThroughProvider(provider=provider)


def passwords_are_closed(session: Session, issuer: str) -> bool:
    """Whether those who are linked at ``issuer`` sign in by it alone."""
    return session.get(SignInRule, issuer) is not None


@dataclass(frozen=True, slots=True)
class Unlinked:
    id: int
    full_name: str
    mail: str


@dataclass(frozen=True, slots=True)
class Connections:
    """How many people with access are linked at a provider, of how many, and the first of the others by name.

    ``closed_since``: since when the linked ones sign in by the provider alone.
    """

    linked: int
    people: int
    others: tuple[Unlinked, ...]
    closed_since: datetime | None


def connections(session: Session, actor: Actor, issuer: str, *, limit: int = 50) -> Connections:
    """Raises NotFound for those who do not manage people."""
    ensure_sees(actor, Ability.MANAGE_PEOPLE)
    is_linked = exists().where(LinkedAccount.person_id == Person.id, LinkedAccount.issuer == issuer)
    linked, everybody = session.execute(
        select(func.count().filter(is_linked), func.count()).select_from(Person).where(Person.is_active)
    ).one()
    others = session.execute(
        select(Person.id, Person.full_name, Person.email)
        .where(Person.is_active, ~is_linked)
        .order_by(Person.sort_key, Person.id)
        .limit(limit)
    )
    rule = session.get(SignInRule, issuer)
    return Connections(
        linked, everybody, tuple(Unlinked(*row) for row in others), rule.since if rule is not None else None
    )
