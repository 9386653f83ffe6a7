"""What every erasure does: texts leave the history for their commitments, and the deal that they were written into."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from engine.bpmn.inspection import fingerprint, with_values
from engine.commands.execution import correlation_text
from engine.commands.history import record
from engine.db.base import Base
from engine.db.session import UNSYNCHRONISED
from engine.errors import N_, FieldRequired, InvalidInput
from engine.events import SheetIssued, SignatureAttached, TextsErased, kind_of
from engine.model.consultation import Consultation
from engine.model.deal import Deal
from engine.model.draft import CommentDraft, Draft
from engine.model.history_event import HistoryEvent
from engine.model.incident import Incident
from engine.model.intervention import Intervention
from engine.model.letter import MailLink, ProposedDecision
from engine.model.message_subscription import MessageSubscription
from engine.model.notice import Notice
from engine.model.process_instance import ProcessInstance
from engine.model.proof_file import ProofFile
from engine.model.service_call import ServiceCall
from engine.model.version_move import MovedDeal
from engine.model.work_item import WorkItem
from engine.policy.attached_signatures import holds_what_it_signs
from engine.policy.file_traces import FileTraces
from engine.policy.permissions import Actor
from engine.policy.personal_texts import ERASED, erased, erased_commitments, salts_of
from engine.policy.personal_traces import Traces
from engine.queries.approval_sheets import proof_content
from engine.queries.outdated_approvals import differing_approvals

_ISSUED, _ATTACHED = kind_of(SheetIssued), kind_of(SignatureAttached)
_CONTENT, _CONTENT_HASH = "/content/", "/content_hash"


@dataclass(slots=True)
class Erasing:
    """One erasure. ``of`` is what TextsErased says of it. ``papers`` counts sealed sheets that are kept no more."""

    session: Session
    of: str
    basis: str
    actor: Actor
    at: datetime
    client_id: int | None = None
    contact_id: int | None = None
    papers: int = field(default=0)

    def erase_from_history(self, deal: Deal | None, entries: Mapping[int, Collection[str]]) -> bool:
        """Erase the texts at the places of each event, and record it in the same history; False if there were none.

        ``entries`` are of the locked ``deal``, or all of no deal. To be called while the deal itself still holds the
        texts: approvals that were given for others are known by that.
        """
        outdated = differing_approvals(self.session, deal) if deal is not None and self.of != "entry" else ()
        rows = self.session.execute(
            select(HistoryEvent.id, HistoryEvent.number, HistoryEvent.kind, HistoryEvent.data, HistoryEvent.salt)
            .where(HistoryEvent.id.in_(list(entries)))
            .order_by(HistoryEvent.id)
        ).all()
        commitments: list[str] = []
        numbers: list[int] = []
        for row in rows:
            salts = salts_of(row.kind, row.data, row.salt)
            places = set(entries[row.id])
            if _CONTENT_HASH in salts and any(place.startswith(_CONTENT) for place in places):
                places.add(_CONTENT_HASH)
            before = erased_commitments(salts)
            data, salt = erased(row.kind, row.data, row.salt, places)
            if salt == row.salt:  # all of it has gone with a file
                continue
            numbers.append(row.id if deal is None else row.number)
            commitments += [one for one in erased_commitments(salts_of(row.kind, data, salt)) if one not in before]
            self.session.execute(
                update(HistoryEvent).where(HistoryEvent.id == row.id).values(data=data, salt=salt),
                execution_options={"synchronize_session": False},
            )
        if not numbers:
            return False
        if deal is not None:
            self._forget_papers(deal, min(numbers))
        event = TextsErased(
            self.of, self.basis, tuple(numbers), tuple(commitments), self.client_id, self.contact_id, outdated=outdated
        )
        record(self.session, event, actor=self.actor, at=self.at, deal=deal)
        return True

    def note_erased_values(self, deal: Deal) -> None:
        """Tell in the history of a locked deal that texts left its fields which no entry held.

        Whoever had read the deal before is told by that entry.
        """
        event = TextsErased(self.of, self.basis, (), (), self.client_id, self.contact_id)
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


def ensure_basis(basis: str) -> None:
    """Raises InvalidInput."""
    if not basis.strip():
        raise InvalidInput({"basis": FieldRequired(label=N_("Basis"))})


def erase_from_deal(session: Session, deal: Deal, named: Traces | FileTraces, *, only_step: int | None = None) -> None:
    """Wherever else the deal holds what is named.

    A text as somebody wrote it (``named.whole``) is no value of the deal's; ``only_step`` is where it was written.
    """
    states: dict[str, str] = {}  # the fingerprint of each state that was changed, and of what it is now
    for instance in session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)):
        instance.approved = None  # hashes of contents: without a salt they would give the texts away
        if not named.whole:
            states |= _erase_in_state(instance, named, "execution_state")
    if not named.whole:
        _erase_awaited(session, deal, named)
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
        (Draft, Draft.work_item_id.in_(steps), ("comment",), ("typed",)),
        (CommentDraft, CommentDraft.work_item_id.in_(steps), ("text",), ()),
        (ProposedDecision, ProposedDecision.work_item_id.in_(steps), ("comment",), ()),
        (MailLink, MailLink.work_item_id.in_(steps), ("comment",), ()),
    )
    for model, is_of_deal, written, values in places:
        for row in session.scalars(select(model).where(is_of_deal)):
            _erase_in(row, named, *_told_of(named, written, values))
            if isinstance(row, Intervention) and not named.whole:
                _erase_in_state(row, named, "state_before")
    if not named.whole:
        _erase_in_moves(session, deal, named, states)


def _erase_in_moves(session: Session, deal: Deal, named: Traces | FileTraces, states: Mapping[str, str]) -> None:
    """In what taking a version move back would restore; where the deal stands is the same, and may still return."""
    moves = session.scalars(select(MovedDeal).where(MovedDeal.deal_id == deal.id)).all()
    states = dict(states)
    for row in moves:
        states |= _erase_in_state(row, named, "state_before")
    for row in moves:
        _erase_in(row, named, "reason")
        if row.before is None:
            continue
        awaited = [
            one | {"correlation_key": _without(one["correlation_key"], named)} for one in row.before["subscriptions"]
        ]
        left = named.without(row.before | {"subscriptions": []}) | {"subscriptions": awaited}
        if "fingerprint" in row.before:  # a move made by an earlier version of the program has none
            left["fingerprint"] = states.get(row.before["fingerprint"], row.before["fingerprint"])
        if left != row.before:
            row.before = left


def _without(correlation_key: str, named: Traces | FileTraces) -> str:
    awaited = json.loads(correlation_key)
    left = {key: ERASED if named.without(value) != value else value for key, value in awaited.items()}
    return correlation_key if left == awaited else correlation_text(left)


def _erase_awaited(session: Session, deal: Deal, named: Traces | FileTraces) -> None:
    """Values by which awaited messages find the deal. From then on only who names the deal itself wakes it."""
    rows = session.execute(
        select(MessageSubscription.id, MessageSubscription.correlation_key)
        .join(ProcessInstance, ProcessInstance.id == MessageSubscription.instance_id)
        .where(ProcessInstance.deal_id == deal.id)
    ).all()
    for row in rows:
        left = _without(row.correlation_key, named)
        if left != row.correlation_key:
            changed = update(MessageSubscription).where(MessageSubscription.id == row.id)
            session.execute(changed.values(correlation_key=left), execution_options=UNSYNCHRONISED)


def _told_of(named: Traces | FileTraces, written: tuple[str, ...], values: tuple[str, ...]) -> tuple[str, ...]:
    return written if named.whole else (*written, *values)


def _erase_in_state(
    row: ProcessInstance | Intervention | MovedDeal, named: Traces | FileTraces, name: str
) -> Mapping[str, str]:
    """Where the state was changed, its fingerprint before, and now."""
    before = getattr(row, name)
    after = with_values(before, named.without) if before else before
    if after == before:
        return {}
    setattr(row, name, after)
    return {fingerprint(before): fingerprint(after)}


def _erase_in(row: Base, named: Traces | FileTraces, *names: str) -> None:
    for name in names:
        before = getattr(row, name)
        after = named.without(before)
        if after != before:
            setattr(row, name, after)
