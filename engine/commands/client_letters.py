"""Letters to the client, written in the deal: queued in the outbox, sent, refused, tried again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.deal_files import put_files
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.locks import lock_deal
from engine.commands.notifications import notify
from engine.commands.search_texts import find_letter
from engine.commands.stored_files import BroughtFile
from engine.db.job import Job, JobState
from engine.db.outbox import MAX_ATTEMPTS, enqueue
from engine.db.session import UNSYNCHRONISED
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput, NotAllowed, NotFound
from engine.events import (
    ClientLetterHeldBack,
    ClientLetterReturned,
    ClientLetterSent,
    ClientLetterSentAgain,
    ClientLetterWritten,
)
from engine.model.client import Client
from engine.model.client_letter import ClientLetter, ClientLetterState
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.model.notice import NoticeKind
from engine.policy.file_limits import MEGABYTE, NO_FILES, FileLimits
from engine.policy.letter_addresses import sendable_address
from engine.policy.letter_places import open_place
from engine.policy.permissions import Actor, may_edit_deal
from engine.policy.visible_names import is_invisible
from engine.queries.client_letters import NOT_SENT
from engine.queries.deal_files import files_by_id, reference
from engine.queries.letter_receivers import names_at_client
from engine.queries.stored_files import is_whole

CLIENT_LETTER = "client_letter"
"""The kind of an outbox job: payload ``letter_id``."""
FILE_ERASED = "file_erased"
"""Why a file is not with a letter, and the outcome that a notice of it tells."""
LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
LONGEST_PROBLEM = 2000
MOST_RECEIVERS = 10
MOST_FILES = 20
MOST_ATTACHED = 15 * MEGABYTE
"""Bytes of all files of one letter: they travel a third larger, and most servers take no more than 20 to 25 MB."""


class LetterNotYours(NotAllowed):
    code: ClassVar[str] = "letter_not_yours"
    template: ClassVar[str] = N_("The client is written to by the deal’s owner, whoever acts for them, or a head.")


class TooManyReceivers(DomainError):
    code: ClassVar[str] = "too_many_receivers"
    template: ClassVar[str] = N_("A letter goes to at most %(most)s addresses.")


class AttachedTooMuch(DomainError):
    code: ClassVar[str] = "attached_too_much"
    template: ClassVar[str] = N_("The files of one letter may have %(limit)s MB together, and be %(most)s at most.")


class LetterTooLong(DomainError):
    code: ClassVar[str] = "letter_too_long"
    template: ClassVar[str] = N_("At most %(most)s characters; there are %(length)s.")


class PlaceNotFilled(DomainError):
    code: ClassVar[str] = "letter_place_not_filled"
    template: ClassVar[str] = N_("Write what is meant in place of “%(place)s”.")


@dataclass(frozen=True, slots=True)
class LetterDraft:
    """``to`` are addresses, ``file_ids`` versions of the deal's files, ``answers_id`` the letter that is answered.

    ``quoted`` is what stands of that one below the text, as it leaves.
    """

    to: tuple[str, ...]
    subject: str
    text: str
    file_ids: tuple[int, ...] = ()
    answers_id: int | None = None
    quoted: str = ""


def write_to_client(
    session: Session,
    deal_id: int,
    draft: LetterDraft,
    *,
    actor: Actor,
    clock: Clock,
    files: Sequence[BroughtFile] = (),
    limits: FileLimits = NO_FILES,
    command_id: str | None = None,
) -> int:
    """Queue a letter to the client; its id. ``files`` were brought with it and become files of the deal.

    Raises NotFound, LetterNotYours, InvalidInput, FileRefused, KeyReused.
    """
    at = clock.now()
    told = {
        "deal": deal_id,
        "letter": [list(draft.to), draft.subject, draft.text, list(draft.file_ids), draft.answers_id],
        "quotes": bool(draft.quoted),  # how it is quoted depends on the language and the zone of the moment
        "files": [[one.name, one.sha256] for one in files],
    }
    done = already_performed(session, command_id, "write_to_client", told, actor=actor, at=at)
    if done is not None:
        return int(done["id"])
    deal = lock_deal(session, deal_id, actor)[0]
    ensure_may_write(actor, deal.owner_id)
    addresses, chosen = _sound(session, deal, draft, files)
    attached = [*chosen, *put_files(session, deal, files, work_item=None, actor=actor, at=at, limits=limits)]
    letter = ClientLetter(
        deal_id=deal.id,
        key=secrets.token_hex(16),
        state=ClientLetterState.WAITING,
        person_id=actor.recorded_id,
        receivers=_named(session, deal.client, addresses),
        subject=" ".join(draft.subject.split()),
        text=_lines(draft.text),
        quoted=_lines(draft.quoted)[:LONGEST_TEXT],
        file_ids=list(dict.fromkeys(one.id for one in attached)),
        answers_id=draft.answers_id,
        written_at=at,
    )
    session.add(letter)
    session.flush()
    find_letter(session, letter)
    if draft.answers_id is not None:
        _are_read(session, deal.id, draft.answers_id)
    letter.job_id = enqueue(session, CLIENT_LETTER, {"letter_id": letter.id}, at=at)
    event = ClientLetterWritten(
        letter_id=letter.id, to=addresses, subject=letter.subject, files=[reference(one) for one in attached]
    )
    record(session, event, actor=actor, at=at, deal=deal)
    remember(session, command_id, {"id": letter.id}, actor=actor)
    return letter.id


def ensure_may_write(actor: Actor, owner_id: int) -> None:
    """May the actor write to the client of a visible deal. Raises LetterNotYours."""
    if not may_edit_deal(actor, owner_id=owner_id):
        raise LetterNotYours


def send_client_letter_again(session: Session, deal_id: int, letter_id: int, *, actor: Actor, clock: Clock) -> None:
    """Try a letter once more that has not left or has come back. One that is on its way stays so.

    One that was held back because a file is gone leaves without it, and says so from then on.
    Raises NotFound, LetterNotYours.
    """
    deal = lock_deal(session, deal_id, actor)[0]
    letter = session.get(ClientLetter, letter_id, populate_existing=True)
    if letter is None or letter.deal_id != deal.id:
        raise NotFound
    ensure_may_write(actor, deal.owner_id)
    if letter.state not in NOT_SENT or letter.key is None:
        return
    at = clock.now()
    session.execute(delete(Job).where(Job.id == letter.job_id, Job.state == JobState.FAILED))
    if letter.state is ClientLetterState.INCOMPLETE:
        _go_without(session, letter)
    letter.state, letter.last_error = ClientLetterState.WAITING, ""
    letter.job_id = enqueue(session, CLIENT_LETTER, {"letter_id": letter.id}, at=at)
    event = ClientLetterSentAgain(letter_id=letter.id, to=addresses_of(letter), subject=letter.subject)
    record(session, event, actor=actor, at=at, deal=deal)


def note_client_letter(session: Session, deal_id: int, letter_id: int, *, actor: Actor) -> None:
    """Say that a letter of the client is read, and those that came before it. Raises NotFound, LetterNotYours."""
    deal = lock_deal(session, deal_id, actor)[0]
    if not _is_of_deal(session, letter_id, deal.id):
        raise NotFound
    ensure_may_write(actor, deal.owner_id)
    _are_read(session, deal.id, letter_id)


def client_letter_left(
    session: Session, letter_id: int, *, refused: Mapping[str, str] = MappingProxyType({}), clock: Clock
) -> None:
    """A server has taken the letter; ``refused`` says by each address for which it has not, and its writer is told."""
    letter = _waiting(session, letter_id)
    if letter is None:
        return
    at, system = clock.now(), Actor.system()
    letter.state, letter.sent_at, letter.last_error = ClientLetterState.SENT, at, ""
    taken = tuple(one for one in addresses_of(letter) if one not in refused)
    event = ClientLetterSent(letter_id=letter.id, to=taken, subject=letter.subject)
    record(session, event, actor=system, at=at, deal=lock_deal(session, letter.deal_id, system)[0])
    if refused:
        problem = "\n".join(f"{address}: {answer}" for address, answer in refused.items())
        _tell_it_came_back(session, letter, problem, to=tuple(refused), clock=clock)


def hold_client_letter_back(session: Session, letter_id: int, missing: int, *, clock: Clock) -> None:
    """``missing`` files that were to go with it are gone: it stays until its writer, who is told, says what to do."""
    letter = _waiting(session, letter_id)
    if letter is None:
        return
    at, system = clock.now(), Actor.system()
    deal = lock_deal(session, letter.deal_id, system)[0]
    letter.state, letter.last_error = ClientLetterState.INCOMPLETE, ""
    to = addresses_of(letter)
    event = ClientLetterHeldBack(letter_id=letter.id, to=to, subject=letter.subject, missing=missing)
    record(session, event, actor=system, at=at, deal=deal)
    told = letter.person_id if letter.person_id is not None else deal.owner_id
    said = f"{', '.join(to)}: {letter.subject}"
    notify(session, NoticeKind.CLIENT_LETTER_RETURNED, to=[told], at=at, deal=deal, text=said, outcome=FILE_ERASED)


def client_letter_unsent(session: Session, letter_id: int) -> None:
    """There is no server that could take it: somebody tries again when there is one."""
    letter = _waiting(session, letter_id)
    if letter is not None:
        letter.state = ClientLetterState.UNSENT


def client_letter_failed(
    session: Session, letter_id: int, error: str, *, attempts: int = 0, for_good: bool = False, clock: Clock
) -> None:
    """The letter did not leave. Tried often enough, or refused for good, its writer is told."""
    letter = _waiting(session, letter_id)
    if letter is None:
        return
    letter.last_error = error[:LONGEST_PROBLEM]
    if for_good or attempts >= MAX_ATTEMPTS:
        state = ClientLetterState.REFUSED if for_good else ClientLetterState.GIVEN_UP
        give_letter_up(session, letter, state, error, clock=clock)


def give_letter_up(
    session: Session, letter: ClientLetter, state: ClientLetterState, problem: str, *, clock: Clock
) -> None:
    """It did not arrive, as ``problem`` says: whoever wrote it is told, and the deal's history."""
    _tell_it_came_back(session, letter, problem, to=addresses_of(letter), clock=clock)
    letter.state = state


def _tell_it_came_back(
    session: Session, letter: ClientLetter, problem: str, *, to: tuple[str, ...], clock: Clock
) -> None:
    at, system = clock.now(), Actor.system()
    deal = lock_deal(session, letter.deal_id, system)[0]
    letter.last_error = problem[:LONGEST_PROBLEM]
    event = ClientLetterReturned(letter_id=letter.id, to=to, subject=letter.subject, error=letter.last_error)
    record(session, event, actor=system, at=at, deal=deal)
    told = letter.person_id if letter.person_id is not None else deal.owner_id
    said = f"{', '.join(to)}: {letter.subject}\n{letter.last_error}"
    notify(session, NoticeKind.CLIENT_LETTER_RETURNED, to=[told], at=at, deal=deal, text=said)


def _waiting(session: Session, letter_id: int) -> ClientLetter | None:
    """A letter that is still to be sent, its deal locked: nobody erases it, or has it sent again, meanwhile."""
    deal_id = session.scalar(select(ClientLetter.deal_id).where(ClientLetter.id == letter_id))
    if deal_id is None:
        return None
    lock_deal(session, deal_id, Actor.system())
    letter = session.get(ClientLetter, letter_id, populate_existing=True)
    return letter if letter is not None and letter.state is ClientLetterState.WAITING else None


def _are_read(session: Session, deal_id: int, letter_id: int) -> None:
    unread = ClientLetter.deal_id == deal_id, ClientLetter.id <= letter_id, ClientLetter.unread_since.is_not(None)
    session.execute(update(ClientLetter).where(*unread).values(unread_since=None), execution_options=UNSYNCHRONISED)


def _go_without(session: Session, letter: ClientLetter) -> None:
    """Let the letter be without those of its files that were erased, or whose content is gone."""
    wanted = select(DealFile).where(DealFile.id.in_(letter.file_ids), DealFile.erased_at.is_(None))
    there = {one.id for one in session.scalars(wanted) if is_whole(session, one.sha256, one.size)}
    gone = [one for one in letter.file_ids if one not in there]
    letter.file_ids = [one for one in letter.file_ids if one in there]
    letter.left_out = [*letter.left_out, *({"name": "", "problem": FILE_ERASED} for _ in gone)]


def addresses_of(letter: ClientLetter) -> tuple[str, ...]:
    return tuple(str(one["address"]) for one in letter.receivers)


def _sound(
    session: Session, deal: Deal, draft: LetterDraft, brought: Sequence[BroughtFile]
) -> tuple[tuple[str, ...], list[DealFile]]:
    """The addresses as servers take them, and the chosen files; all that is wrong is told at once.

    Raises InvalidInput.
    """
    errors: dict[str, DomainError] = {}
    addresses = _addresses(draft, errors)
    for name, label, value, most in (
        ("subject", N_("Subject"), draft.subject, LONGEST_SUBJECT),
        ("text", N_("Text of the letter"), draft.text, LONGEST_TEXT),
    ):
        if is_invisible(value):
            errors[name] = FieldRequired(label=label)
        elif len(value.strip()) > most:
            errors[name] = LetterTooLong(most=most, length=len(value.strip()))
        elif (place := open_place(value)) is not None:
            errors[name] = PlaceNotFilled(place=f"{{{place}}}")
    found = files_by_id(session, deal.id, draft.file_ids)
    _ensure_files_fit(draft, found, brought, errors)
    if draft.answers_id is not None and not _is_of_deal(session, draft.answers_id, deal.id):
        errors["answers_id"] = FieldNotUnderstood(value=str(draft.answers_id), expected=N_("a letter of this deal"))
    if errors:
        raise InvalidInput(errors)
    return addresses, [found[one] for one in dict.fromkeys(draft.file_ids)]


def _addresses(draft: LetterDraft, errors: dict[str, DomainError]) -> tuple[str, ...]:
    """Each once. What is wrong goes to ``errors``."""
    read = {one: sendable_address(one) for one in draft.to if one.strip()}
    wrong = next((typed for typed, address in read.items() if address is None), None)
    addresses = tuple(dict.fromkeys(one for one in read.values() if one is not None))
    if wrong is not None:
        errors["to"] = FieldNotUnderstood(value=wrong, expected=N_("an e-mail address"))
    elif not addresses:
        errors["to"] = FieldRequired(label=N_("To whom"))
    elif len(addresses) > MOST_RECEIVERS:
        errors["to"] = TooManyReceivers(most=MOST_RECEIVERS)
    return addresses


def _ensure_files_fit(
    draft: LetterDraft,
    found: Mapping[int, DealFile],
    brought: Sequence[BroughtFile],
    errors: dict[str, DomainError],
) -> None:
    sizes = [*(one.size for one in found.values()), *(one.size for one in brought)]
    missing = next((one for one in draft.file_ids if one not in found), None)
    if missing is not None:
        errors["files"] = FieldNotUnderstood(value=str(missing), expected=N_("a file of this deal"))
    elif sum(sizes) > MOST_ATTACHED or len(sizes) > MOST_FILES:
        errors["files"] = AttachedTooMuch(limit=MOST_ATTACHED // MEGABYTE, most=MOST_FILES)


def _is_of_deal(session: Session, letter_id: int, deal_id: int) -> bool:
    wanted = select(ClientLetter.id).where(ClientLetter.id == letter_id, ClientLetter.deal_id == deal_id)
    return session.scalar(wanted) is not None


def _named(session: Session, client: Client, addresses: Sequence[str]) -> list[dict[str, Any]]:
    """The receivers with the names by which the client's card knows them."""
    names = {client.email.casefold(): client.name} | names_at_client(session, client.id, addresses)
    return [{"address": one, "name": names.get(one.casefold(), "")} for one in addresses]


def _lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()
