"""Erasing what is known of a person: they have a right to it, and the proof of everything else must not suffer.

History keeps its entries, their hashes and signatures; of a text only its commitment is left (policy/personal_texts).
Where the person is named elsewhere, in deals, steps and questions, the text is replaced. The people of the company who
decided are never erased from what they decided: a decision without its giver would be none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.erasing import Erasing, ensure_basis, erase_from_deal
from engine.commands.file_erasure import erase_files
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.import_erasure import erase_refused_rows, hold_imports
from engine.commands.letter_erasure import erase_letters
from engine.commands.locks import lock_client, lock_deal
from engine.commands.own_values import texts_to_find
from engine.commands.search_texts import find_anew
from engine.db.overwriting import overwritten
from engine.db.session import UNSYNCHRONISED
from engine.errors import N_, Conflict, DomainError, NotFound
from engine.events import PersonErased
from engine.model.client import Client, Contact
from engine.model.client_import import ClientImportRow
from engine.model.client_merge import ClientMerge
from engine.model.client_note import ClientNote
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.own_field import FieldSubject
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.personal_texts import ERASED, salts_of, text_at
from engine.policy.personal_traces import Traces, texts_as_written
from engine.policy.search_keys import search_text
from engine.queries.client_merges import one_client
from engine.queries.personal_traces import (
    FoundTrace,
    PersonFound,
    deals_naming,
    person_found,
)
from engine.queries.scopes import visible_clients

_WRITTEN = frozenset({"/answer", "/comment", "/question", "/reason", "/text"})
"""Where an entry holds what somebody wrote."""


class NothingToErase(DomainError):
    code: ClassVar[str] = "nothing_to_erase"
    template: ClassVar[str] = N_("This entry holds no text that somebody wrote, or it was erased already.")


class NotErasable(DomainError):
    """An entry from before texts were salted: its hash covers the text itself."""

    code: ClassVar[str] = "not_erasable"
    template: ClassVar[str] = N_(
        "This entry was recorded before texts could be erased: its proof covers the text itself, which therefore stays."
    )


class FilesToErase(StrEnum):
    """Which files of the client's deals go with a person."""

    ALL = "all"
    NAMED = "named"  # those whose names hold the person


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """``basis`` is what it rests on, such as the number of a letter; ``words`` are other words for the person.

    ``files`` are by default all for a client who is a person, and for a contact those that are called after them.
    """

    basis: str
    words: tuple[str, ...] = ()
    files: FilesToErase | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """``entries`` lost texts, ``kept`` are from before them; ``papers`` are sealed sheets that are kept no more.

    ``files`` were erased with all their versions.
    """

    entries: int
    kept: int
    papers: int
    files: int = 0


def erase_contact(
    session: Session,
    contact_id: int,
    request: ErasureRequest,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> Erased:
    """Erase a person at a client, wherever the client's deals and history name them.

    Raises NotFound, NotAllowed, InvalidInput.
    """
    client_id = session.scalar(select(Contact.client_id).where(Contact.id == contact_id))
    if client_id is None:
        raise NotFound
    return _erase_person(session, client_id, contact_id, request, actor=actor, clock=clock, command_id=command_id)


def erase_client(
    session: Session,
    client_id: int,
    request: ErasureRequest,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> Erased:
    """Erase a client who is a person, with all contacts. Raises NotFound, NotAllowed, InvalidInput."""
    return _erase_person(session, client_id, None, request, actor=actor, clock=clock, command_id=command_id)


def erase_written(
    session: Session,
    deal_id: int,
    number: int,
    basis: str,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> Erased:
    """Erase what somebody wrote in entry ``number`` of a deal: a comment, a reason, a question, an answer.

    Raises NotFound, NotAllowed, InvalidInput, NothingToErase, NotErasable.
    """
    at = clock.now()
    arguments = {"deal": deal_id, "number": number, "basis": basis}
    if (done := already_performed(session, command_id, "erase_written", arguments, actor=actor, at=at)) is not None:
        return Erased(**done)
    deal, _instance = lock_deal(session, deal_id, actor)
    ensure_may(actor, Ability.ERASE_PERSON)
    ensure_basis(basis)
    entry = session.scalar(select(HistoryEvent).where(HistoryEvent.deal_id == deal_id, HistoryEvent.number == number))
    if entry is None:
        raise NotFound
    written = [text for place in _WRITTEN if (text := entry.data.get(place[1:])) and text != ERASED]
    if not written:
        raise NothingToErase
    places = _WRITTEN.intersection(salts_of(entry.kind, entry.data, entry.salt))
    if not places:
        raise NotErasable
    written_there = texts_as_written(text_at(entry.data, place) for place in places)
    erasing = Erasing(session, "entry", basis.strip(), actor, at)
    with overwritten(session, at=at):
        erasing.erase_from_history(deal, {entry.id: places})
        erase_from_deal(session, deal, written_there, only_step=entry.work_item_id)
    result = Erased(1, 0, erasing.papers)
    remember(session, command_id, _told(result), actor=actor)
    return result


def _erase_person(
    session: Session,
    client_id: int,
    contact_id: int | None,
    request: ErasureRequest,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None,
) -> Erased:
    at = clock.now()
    files = request.files or (FilesToErase.ALL if contact_id is None else FilesToErase.NAMED)
    arguments = {"client": client_id, "contact": contact_id, "basis": request.basis, "words": request.words}
    arguments |= {"files": files.value}
    if (done := already_performed(session, command_id, "erase_person", arguments, actor=actor, at=at)) is not None:
        return Erased(**done)
    seen = select(Client.id).where(Client.id == client_id, visible_clients(actor, only=client_id))
    if session.scalar(seen) is None:
        raise NotFound
    ensure_may(actor, Ability.ERASE_PERSON)
    ensure_basis(request.basis)
    hold_imports(session)
    deal_ids = session.scalars(deals_naming(client_id)).all()
    deals = {deal_id: lock_deal(session, deal_id, actor)[0] for deal_id in deal_ids}
    client = lock_client(session, client_id, actor)
    if session.scalar(select(Deal.id).where(Deal.client_id == client_id, Deal.id.not_in(deal_ids)).limit(1)):
        raise Conflict  # opened before the client was locked, and not locked itself
    person = person_found(session, actor, client_id, contact_id, request.words)
    of = "client" if contact_id is None else "contact"
    erasing = Erasing(session, of, request.basis.strip(), actor, at, client_id, contact_id)
    with overwritten(session, at=at):
        erased_files = _erase_files(erasing, deals, person, files)
        _erase_texts(erasing, deals, person)
        _erase_card(session, client, contact_id, person)
        _erase_brought(session, client.id, contact_id, person.traces)
        for deal in deals.values():
            _find_by_what_is_left(session, deal)
    event = PersonErased(of, client_id, contact_id, request.basis.strip(), len(person.kept))
    record(session, event, actor=actor, at=at)
    result = Erased(len(person.can_be_erased), len(person.kept), erasing.papers, erased_files)
    remember(session, command_id, _told(result), actor=actor)
    return result


def _told(result: Erased) -> dict[str, int]:
    return {"entries": result.entries, "kept": result.kept, "papers": result.papers, "files": result.files}


def _erase_files(erasing: Erasing, deals: Mapping[int, Deal], person: PersonFound, files: FilesToErase) -> int:
    chosen = [one for one in person.files if files is FilesToErase.ALL or one.is_named]
    for deal in deals.values():
        erase_files(erasing, deal, {one.name for one in chosen if one.deal_id == deal.id})
    return len(chosen)


def _erase_texts(erasing: Erasing, deals: Mapping[int, Deal], person: PersonFound) -> None:
    recorded: set[int | None] = set()
    for deal_id, found in _by_deal(person.can_be_erased).items():
        entries = {one.event_id: one.places for one in found}
        if erasing.erase_from_history(deals[deal_id] if deal_id is not None else None, entries):
            recorded.add(deal_id)
    named_elsewhere = replace(person.traces, fields_of_client=False)
    for deal in deals.values():
        is_own = deal.client_id == erasing.client_id  # else it was, until a merge was undone
        named = person.traces if is_own else named_elsewhere
        erase_letters(erasing.session, deal.id, named, of_client=is_own and erasing.contact_id is None)
        fields = deal.fields
        erase_from_deal(erasing.session, deal, named)
        if deal.fields != fields and deal.id not in recorded:
            erasing.note_erased_values(deal)


def _by_deal(found: Iterable[FoundTrace]) -> dict[int | None, list[FoundTrace]]:
    by_deal: dict[int | None, list[FoundTrace]] = {}
    for one in found:
        by_deal.setdefault(one.deal_id, []).append(one)
    return by_deal


def _erase_card(session: Session, client: Client, contact_id: int | None, person: PersonFound) -> None:
    named = person.traces
    for contact in session.scalars(select(Contact).where(Contact.id.in_(person.contact_ids))):
        contact.full_name, contact.position, contact.phone, contact.email = ERASED, "", "", ""
        contact.fields, contact.search_text = {}, ""
    for card in (client, *session.scalars(select(Client).where(Client.merged_into_id == client.id))):
        if contact_id is None:
            card.name, card.edrpou, card.phone, card.email, card.fields = ERASED, "", "", "", {}
        else:
            card.phone, card.email = _emptied(card.phone, named), _emptied(card.email, named)
            card.fields = named.without(card.fields)
    own = texts_to_find(session, FieldSubject.CLIENT, client.fields)
    client.search_text = search_text(client.name, client.edrpou, client.phone, client.email, client.segment, *own)


def _erase_brought(session: Session, client_id: int, contact_id: int | None, named: Traces) -> None:
    """Old notes on the client go; of a contact, those that name them. Lists and merges forget what they had brought."""
    ids = session.scalars(one_client(client_id)).all()
    notes = ClientNote.client_id.in_(ids)
    if contact_id is None:
        session.execute(delete(ClientNote).where(notes), execution_options=UNSYNCHRONISED)
    else:
        for note in session.scalars(select(ClientNote).where(notes)):
            if named.are_in(note.text) or named.are_in(note.author):
                session.delete(note)
    rows = update(ClientImportRow).where(ClientImportRow.client_id.in_(ids)).values(before=None, cells=[], told={})
    session.execute(rows, execution_options=UNSYNCHRONISED)
    erase_refused_rows(session, named)
    merges = update(ClientMerge).where(or_(ClientMerge.kept_id.in_(ids), ClientMerge.merged_id.in_(ids)))
    session.execute(merges.values(changes=None), execution_options=UNSYNCHRONISED)


def _find_by_what_is_left(session: Session, deal: Deal) -> None:
    find_anew(session, deal)


def _emptied(text: str, named: Traces) -> str:
    return "" if named.are_in(text) else text
