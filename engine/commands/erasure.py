"""Erasing what is known of a person: they have a right to it, and the proof of everything else must not suffer.

History keeps its entries, their hashes and signatures; of a text only its commitment is left (policy/personal_texts).
Where the person is named elsewhere, in deals, steps and questions, the text is replaced. The people of the company who
decided are never erased from what they decided: a decision without its giver would be none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from engine.bpmn.inspection import with_values
from engine.clock import Clock
from engine.commands.deals import deal_search_text
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.locks import lock_client, lock_deal
from engine.commands.own_values import texts_to_find
from engine.db.base import Base
from engine.errors import N_, Conflict, DomainError, FieldRequired, InvalidInput, NotFound
from engine.events import PersonErased, SheetIssued, SignatureAttached, TextsErased, kind_of
from engine.model.client import Client, Contact
from engine.model.consultation import Consultation
from engine.model.deal import Deal
from engine.model.draft import CommentDraft, Draft
from engine.model.history_event import HistoryEvent
from engine.model.incident import Incident
from engine.model.intervention import Intervention
from engine.model.letter import MailLink, ProposedDecision
from engine.model.notice import Notice
from engine.model.own_field import FieldSubject
from engine.model.process_instance import ProcessInstance
from engine.model.proof_file import ProofFile
from engine.model.service_call import ServiceCall
from engine.model.version_move import MovedDeal
from engine.model.work_item import WorkItem
from engine.policy.attached_signatures import holds_what_it_signs
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.personal_texts import ERASED, erased, erased_commitments, salts_of, text_at
from engine.policy.personal_traces import Traces, texts_as_written
from engine.policy.search_keys import search_text
from engine.queries.approval_sheets import proof_content
from engine.queries.personal_traces import FoundTrace, person_found
from engine.queries.scopes import visible_clients

_ISSUED, _ATTACHED = kind_of(SheetIssued), kind_of(SignatureAttached)
_CONTENT, _CONTENT_HASH = "/content/", "/content_hash"
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


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """``basis`` is what it rests on, such as the number of a letter; ``words`` are other words for the person."""

    basis: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erased:
    """``entries`` lost texts, ``kept`` are from before them; ``papers`` are sealed sheets that are kept no more."""

    entries: int
    kept: int
    papers: int


@dataclass(slots=True)
class _Erasing:
    """One erasure. ``of`` is what TextsErased says of it."""

    session: Session
    of: str
    basis: str
    actor: Actor
    at: datetime
    client_id: int | None = None
    contact_id: int | None = None
    papers: int = field(default=0)

    def erase_from_history(self, deal: Deal | None, entries: Mapping[int, Collection[str]]) -> None:
        """Erase the texts at the places of each event, and record it in the same history.

        ``entries`` are of the locked ``deal``, or all of no deal.
        """
        rows = self.session.execute(
            select(HistoryEvent.id, HistoryEvent.number, HistoryEvent.kind, HistoryEvent.data, HistoryEvent.salt)
            .where(HistoryEvent.id.in_(list(entries)))
            .order_by(HistoryEvent.id)
        ).all()
        commitments: list[str] = []
        for row in rows:
            salts = salts_of(row.kind, row.data, row.salt)
            places = set(entries[row.id])
            if _CONTENT_HASH in salts and any(place.startswith(_CONTENT) for place in places):
                places.add(_CONTENT_HASH)
            before = erased_commitments(salts)
            data, salt = erased(row.kind, row.data, row.salt, places)
            commitments += [one for one in erased_commitments(salts_of(row.kind, data, salt)) if one not in before]
            self.session.execute(
                update(HistoryEvent).where(HistoryEvent.id == row.id).values(data=data, salt=salt),
                execution_options={"synchronize_session": False},
            )
        numbers = tuple(row.id if deal is None else row.number for row in rows)
        if deal is not None:
            self._forget_papers(deal, min(numbers))
        event = TextsErased(self.of, self.basis, numbers, tuple(commitments), self.client_id, self.contact_id)
        record(self.session, event, actor=self.actor, at=self.at, deal=deal)

    def _forget_papers(self, deal: Deal, number: int) -> None:
        """Sealed sheets show the texts of their entries, and so does a signature that holds the sheet which it signs.

        Whoever was given one can prove it still: its hash is kept.
        """
        proofs = self.session.execute(
            select(HistoryEvent.kind, HistoryEvent.number, HistoryEvent.data).where(
                HistoryEvent.deal_id == deal.id, HistoryEvent.kind.in_((_ISSUED, _ATTACHED))
            )
        ).all()
        hashes = [str(one.data["sha256"]) for one in proofs if one.kind == _ISSUED and one.data["number"] >= number]
        attached = [str(one.data["sha256"]) for one in proofs if one.kind == _ATTACHED and one.number > number]
        hashes += [one for one in attached if holds_what_it_signs(proof_content(self.session, one) or b"")]
        gone = self.session.execute(delete(ProofFile).where(ProofFile.sha256.in_(hashes)).returning(ProofFile.sha256))
        self.papers += len(gone.all())


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
    _ensure_basis(basis)
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
    _erase_from_deal(session, deal, written_there, only_step=entry.work_item_id)
    erasing = _Erasing(session, "entry", basis.strip(), actor, at)
    erasing.erase_from_history(deal, {entry.id: places})
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
    arguments = {"client": client_id, "contact": contact_id, "basis": request.basis, "words": request.words}
    if (done := already_performed(session, command_id, "erase_person", arguments, actor=actor, at=at)) is not None:
        return Erased(**done)
    seen = select(Client.id).where(Client.id == client_id, visible_clients(actor, only=client_id))
    if session.scalar(seen) is None:
        raise NotFound
    ensure_may(actor, Ability.ERASE_PERSON)
    _ensure_basis(request.basis)
    deal_ids = session.scalars(select(Deal.id).where(Deal.client_id == client_id).order_by(Deal.id)).all()
    deals = {deal_id: lock_deal(session, deal_id, actor)[0] for deal_id in deal_ids}
    client = lock_client(session, client_id, actor)
    if session.scalar(select(Deal.id).where(Deal.client_id == client_id, Deal.id.not_in(deal_ids)).limit(1)):
        raise Conflict  # opened before the client was locked, and not locked itself
    person = person_found(session, actor, client_id, contact_id, request.words)
    of = "client" if contact_id is None else "contact"
    erasing = _Erasing(session, of, request.basis.strip(), actor, at, client_id, contact_id)
    for deal_id, found in _by_deal(person.can_be_erased).items():
        deal = deals[deal_id] if deal_id is not None else None
        erasing.erase_from_history(deal, {one.event_id: one.places for one in found})
    for deal in deals.values():
        _erase_from_deal(session, deal, person.traces)
    _erase_card(session, client, contact_id, person.traces)
    for deal in deals.values():
        _find_by_what_is_left(session, deal, client)
    event = PersonErased(of, client_id, contact_id, request.basis.strip(), len(person.kept))
    record(session, event, actor=actor, at=at)
    result = Erased(len(person.can_be_erased), len(person.kept), erasing.papers)
    remember(session, command_id, _told(result), actor=actor)
    return result


def _ensure_basis(basis: str) -> None:
    if not basis.strip():
        raise InvalidInput({"basis": FieldRequired(label=N_("Basis"))})


def _told(result: Erased) -> dict[str, int]:
    return {"entries": result.entries, "kept": result.kept, "papers": result.papers}


def _by_deal(found: Iterable[FoundTrace]) -> dict[int | None, list[FoundTrace]]:
    by_deal: dict[int | None, list[FoundTrace]] = {}
    for one in found:
        by_deal.setdefault(one.deal_id, []).append(one)
    return by_deal


def _erase_card(session: Session, client: Client, contact_id: int | None, named: Traces) -> None:
    chosen = Contact.client_id == client.id if contact_id is None else Contact.id == contact_id
    for contact in session.scalars(select(Contact).where(chosen)):
        contact.full_name, contact.position, contact.phone, contact.email = ERASED, "", "", ""
        contact.fields, contact.search_text = {}, ""
    if contact_id is None:
        client.name, client.edrpou, client.phone, client.email, client.fields = ERASED, "", "", "", {}
    else:
        client.phone, client.email = _emptied(client.phone, named), _emptied(client.email, named)
        client.fields = named.without(client.fields)
    own = texts_to_find(session, FieldSubject.CLIENT, client.fields)
    client.search_text = search_text(client.name, client.edrpou, client.phone, client.email, client.segment, *own)


def _find_by_what_is_left(session: Session, deal: Deal, client: Client) -> None:
    deal.search_text = deal_search_text(deal)
    for item in session.scalars(select(WorkItem).where(WorkItem.deal_id == deal.id)):
        item.search_text = search_text(item.name, deal.number, deal.title, client.name)


def _emptied(text: str, named: Traces) -> str:
    return "" if named.are_in(text) else text


def _erase_from_deal(session: Session, deal: Deal, named: Traces, *, only_step: int | None = None) -> None:
    """Wherever else the deal names the person. Its files stay: what was approved is kept, see docs/operations.md.

    A text as somebody wrote it (``named.whole``) is no value of the deal's; ``only_step`` is where it was written.
    """
    for instance in session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)):
        instance.approved = None  # hashes of contents: without a salt they would give the texts away
        if not named.whole:
            _erase_in_state(instance, named, "execution_state")
    steps = select(WorkItem.id).where(WorkItem.deal_id == deal.id)
    if only_step is not None:
        steps = steps.where(WorkItem.id == only_step)
    _erase_in(deal, named, *_told_of(named, ("loss_reason",), ("title", "fields")))
    places: tuple[tuple[type[Base], ColumnElement[bool], tuple[str, ...], tuple[str, ...]], ...] = (
        (WorkItem, WorkItem.id.in_(steps), ("comment",), ("values", "item")),
        (Consultation, Consultation.deal_id == deal.id, ("question", "answer"), ()),
        (Intervention, Intervention.deal_id == deal.id, ("reason",), ("former",)),
        (Notice, Notice.deal_id == deal.id, ("details",), ()),
        (Incident, Incident.deal_id == deal.id, ("stimulus", "closing_reason"), ("params", "variables")),
        (ServiceCall, ServiceCall.deal_id == deal.id, (), ("target", "last_error")),
        (MovedDeal, MovedDeal.deal_id == deal.id, (), ("before",)),
        (Draft, Draft.work_item_id.in_(steps), ("comment",), ("typed",)),
        (CommentDraft, CommentDraft.work_item_id.in_(steps), ("text",), ()),
        (ProposedDecision, ProposedDecision.work_item_id.in_(steps), ("comment",), ()),
        (MailLink, MailLink.work_item_id.in_(steps), ("comment",), ()),
    )
    for model, is_of_deal, written, values in places:
        for row in session.scalars(select(model).where(is_of_deal)):
            _erase_in(row, named, *_told_of(named, written, values))
            if isinstance(row, Intervention | MovedDeal) and not named.whole:
                _erase_in_state(row, named, "state_before")


def _told_of(named: Traces, written: tuple[str, ...], values: tuple[str, ...]) -> tuple[str, ...]:
    return written if named.whole else (*written, *values)


def _erase_in_state(row: ProcessInstance | Intervention | MovedDeal, named: Traces, name: str) -> None:
    before = getattr(row, name)
    if before:
        after = with_values(before, named.without)
        if after != before:
            setattr(row, name, after)


def _erase_in(row: Base, named: Traces, *names: str) -> None:
    for name in names:
        before = getattr(row, name)
        after = named.without(before)
        if after != before:
            setattr(row, name, after)
