"""Erasing what the company no longer needs of somebody who has left: how they were reached, how they signed in.

Their name stays where they decided, and on their card, by which decisions are found: an approval without its giver is
none, and the law has documents name who signed them. So stay login, role, departments and who stood in for whom.
"""

from __future__ import annotations

import secrets
from typing import ClassVar

from sqlalchemy import Delete, Update, delete, or_, select, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.access_letters import ACCESS_LETTER
from engine.commands.erasing import Erasing, ensure_basis
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.mailing import LETTER
from engine.commands.password_links import PASSWORD_LETTER
from engine.db.job import Job
from engine.db.overwriting import overwritten
from engine.db.session import UNSYNCHRONISED
from engine.errors import N_, Conflict, NotFound
from engine.events import AccountLinked, AccountUnlinked, EmployeeErased, PersonChanged, kind_of
from engine.model.api_token import ApiToken
from engine.model.authenticator import Authenticator
from engine.model.deadline_feed import DeadlineFeed
from engine.model.draft import CommentDraft, Draft
from engine.model.history_event import HistoryEvent
from engine.model.letter import Letter, MailLink, ProposedDecision
from engine.model.linked_account import LinkedAccount
from engine.model.list_choice import ListChoice
from engine.model.mail_choice import MailChoice
from engine.model.notice import Notice, NoticeState
from engine.model.person import Person
from engine.model.provider_proof import ProviderProof
from engine.model.saved_report import SavedReport
from engine.model.sign_in import SignIn
from engine.model.telegram import TelegramChat, TelegramCode
from engine.model.watch import Watch
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.personal_texts import ERASED, salts_of, text_at
from engine.policy.search_keys import search_text

_OWN = ("position", "email", "phone", "account")
_TELL = tuple(kind_of(event) for event in (PersonChanged, AccountLinked, AccountUnlinked))
_GOES = (
    ApiToken,
    Authenticator,
    LinkedAccount,
    Draft,
    CommentDraft,
    DeadlineFeed,
    MailChoice,
    ListChoice,
    SavedReport,
    ProposedDecision,
    MailLink,
    ProviderProof,
    SignIn,
    TelegramChat,
    TelegramCode,
    Watch,
)
"""What is nobody's but the person's: how they sign in, what they began and never sent, what they wanted to be told."""


class PersonHasAccess(Conflict):
    code: ClassVar[str] = "person_has_access"
    template: ClassVar[str] = N_("Take the access away first: only who has left is erased.")


def erase_employee(
    session: Session, person_id: int, basis: str, *, actor: Actor, clock: Clock, command_id: str | None = None
) -> None:
    """Erase phone, address and position of somebody without access, from the card and from the log, and what is theirs.

    Done again, it erases what has come since. Raises NotFound, NotAllowed, InvalidInput, PersonHasAccess.
    """
    at = clock.now()
    arguments = {"person": person_id, "basis": basis}
    if already_performed(session, command_id, "erase_employee", arguments, actor=actor, at=at) is not None:
        return
    ensure_may(actor, Ability.ERASE_PERSON)
    person = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise NotFound
    ensure_basis(basis)
    if person.is_active:
        raise PersonHasAccess
    with overwritten(session, at=at):
        Erasing(session, "person", basis.strip(), actor, at).erase_from_history(None, _told_of(session, person_id))
        _erase_own(session, person)
    record(session, EmployeeErased(person_id, basis.strip()), actor=actor, at=at)
    remember(session, command_id, {"person_id": person_id}, actor=actor)


def _told_of(session: Session, person_id: int) -> dict[int, list[str]]:
    """The places in the log where the card's contact data stood, before and after each change."""
    rows = session.execute(
        select(HistoryEvent.id, HistoryEvent.kind, HistoryEvent.data, HistoryEvent.salt).where(
            HistoryEvent.kind.in_(_TELL),
            HistoryEvent.data["person_id"].as_integer() == person_id,
        )
    )
    starts = tuple(f"/changes/{name}/" for name in _OWN)
    found = {}
    for row in rows:
        salted = salts_of(row.kind, row.data, row.salt)
        places = [place for place in salted if place.startswith(starts) and text_at(row.data, place) != ERASED]
        if places:
            found[row.id] = places
    return found


def _erase_own(session: Session, person: Person) -> None:
    person.position, person.email, person.phone = "", "", ""
    person.password_hash, person.session_stamp = None, secrets.token_hex(8)
    person.search_text = search_text(person.full_name, person.login)
    for statement in _gone(person.id):
        session.execute(statement)
    about_access = Job.kind == ACCESS_LETTER, Job.payload["person_id"].as_integer() == person.id
    for job in session.scalars(select(Job).where(*about_access)):
        job.payload = {**job.payload, "to": ""}  # who has no access is written to no more
    waiting = Notice.person_id == person.id, Notice.state.in_((NoticeState.NEW, NoticeState.PLANNED))
    session.execute(update(Notice).where(*waiting).values(state=NoticeState.DROPPED), execution_options=UNSYNCHRONISED)
    for answer in _answers_of_mail_servers(person.id):
        session.execute(answer, execution_options=UNSYNCHRONISED)


def _answers_of_mail_servers(person_id: int) -> tuple[Update, Update]:
    """They repeat the address that could not be written to."""
    letters = select(Letter.id).where(Letter.person_id == person_id)
    is_to_them = or_(
        (Job.kind == LETTER) & Job.payload["letter_id"].as_integer().in_(letters),
        Job.kind.in_((PASSWORD_LETTER, ACCESS_LETTER)) & (Job.payload["person_id"].as_integer() == person_id),
    )
    return (
        update(Letter).where(Letter.person_id == person_id, Letter.last_error != "").values(last_error=""),
        update(Job).where(Job.last_error != "", is_to_them).values(last_error=""),
    )


def _gone(person_id: int) -> list[Delete]:
    return [delete(model).where(model.person_id == person_id) for model in _GOES]
