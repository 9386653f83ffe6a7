"""Decisions behind running deals that have read their client's card, which somebody changes now.

A card belongs to all of a client's deals, and nobody's mistake in it may wait for one of them: it is changed, and where
a deal would have come by an approval with it, its history, its owner and their head are told. A worker looks, since the
deals are many and whoever holds one of them may wait for the client.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.commands.approved_changes import ApprovalSpared, read_by, spared_steps
from engine.commands.history import record
from engine.commands.locks import lock_instance
from engine.commands.notifications import notify
from engine.db.outbox import enqueue
from engine.errors import NotFound
from engine.events import ApprovalsSpared, kind_of
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.notice import NoticeKind
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of
from engine.queries.calendars import default_calendar
from engine.queries.directories import directory
from engine.queries.facts import DealFacts
from engine.queries.former_clients import former_client
from engine.queries.processes import process_of

CLIENT_DECISIONS = "client_decisions"
"""The kind of an outbox job.

Payload ``client_id``, ``since`` (when the card was changed), ``by``, ``but_of`` (a deal whose own step did it) and
``after``, the last instance that was looked at.
"""

_GOING_ON = (InstanceState.RUNNING, InstanceState.SUSPENDED)
_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class CardChange:
    """What a job is about: the card of ``client_id`` was changed at ``since`` by ``by``, None for the machinery."""

    client_id: int
    since: datetime
    by: int | None
    but_of: int | None

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> CardChange:
        since = datetime.fromisoformat(payload["since"])
        return cls(int(payload["client_id"]), since, payload["by"], payload["but_of"])


def look_at_decisions(
    session: Session, client_id: int, *, but_of: int | None = None, actor: Actor, at: datetime
) -> None:
    """Have a worker look at the deals of a client whose card is changed. Most clients have none that would notice."""
    if deals_that_read(session, client_id, after=0, limit=1):
        go_on_looking(session, CardChange(client_id, at, actor.recorded_id, but_of), after=0, at=at)


def go_on_looking(session: Session, change: CardChange, after: int, *, at: datetime) -> None:
    payload = {
        "client_id": change.client_id,
        "since": change.since.isoformat(),
        "by": change.by,
        "but_of": change.but_of,
        "after": after,
    }
    enqueue(session, CLIENT_DECISIONS, payload, at=at)


def deals_that_read(session: Session, client_id: int, after: int, *, limit: int) -> Sequence[int]:
    """Ids of the next ``limit`` instances behind ``after``: of a client's deals, those whose maps read a card."""
    theirs = (Deal.client_id == client_id, ProcessInstance.state.in_(_GOING_ON))
    joined = select(ProcessInstance.definition_id).join(Deal, Deal.id == ProcessInstance.deal_id)
    reading = [one for one in session.scalars(joined.where(*theirs).distinct()) if _reads_cards(session, one)]
    if not reading:
        return ()
    wanted = (
        select(ProcessInstance.id)
        .join(Deal, Deal.id == ProcessInstance.deal_id)
        .where(*theirs, ProcessInstance.definition_id.in_(reading), ProcessInstance.id > after)
    )
    return session.scalars(wanted.order_by(ProcessInstance.id).limit(limit)).all()


def _reads_cards(session: Session, definition_id: int) -> bool:
    return "client" in process_of(session, definition_id).variables


def tell_of_change(session: Session, instance_id: int, change: CardChange, *, at: datetime) -> None:
    """Lock a deal and tell it, once, of approvals that it has passed by because of the card. Raises NotFound."""
    instance = lock_instance(session, instance_id)
    if instance.deal_id == change.but_of or _was_told(session, instance.deal_id, change.since):
        return
    tell_spared(session, instance, since=change.since, actor=_who(session, change.by, at), at=at)


def tell_spared(session: Session, instance: ProcessInstance, *, since: datetime, actor: Actor, at: datetime) -> None:
    """Tell a locked deal, its owner and their head which approvals it would have needed with its client's card of now.

    ``since`` is when the card began to change.
    """
    former, steps = _spared_since(session, instance, since, at)
    if not steps:
        return
    deal = instance.deal
    told = ApprovalsSpared(steps=steps, fields=tuple(former), client_id=deal.client_id, changed_at=since)
    record(session, told, actor=actor, at=at, deal=deal)
    heads = directory(session).heads_of_person(deal.owner_id)[:1]
    kind, text = NoticeKind.APPROVAL_SPARED, ", ".join(steps)
    notify(session, kind, to=(deal.owner_id, *heads), at=at, by=actor, deal=deal, text=text)


def ensure_none_spared_since(session: Session, instance: ProcessInstance, *, since: datetime, at: datetime) -> None:
    """Raises ApprovalSpared where a locked deal would have come by an approval with what its client became since."""
    _, steps = _spared_since(session, instance, since, at)
    if steps:
        raise ApprovalSpared(steps=", ".join(steps))


@dataclass(frozen=True, slots=True)
class ReadCards:
    """What decisions behind locked deals could read, with their instances, before something happens to the clients."""

    read: Sequence[tuple[ProcessInstance, CompiledProcess, Mapping[str, Any]]]
    at: datetime

    def spared_in(self, session: Session) -> list[int]:
        """The deals that have passed by approvals which they would have needed with the clients that they have now."""
        calendar, found = default_calendar(session), []
        with session.no_autoflush:
            for instance, process, before in self.read:
                facts = DealFacts(instance.deal, process, calendar=calendar, at=self.at)
                now = {**before, **facts.of(("client",))}
                if now["client"] != before["client"] and spared_steps(session, instance, process, before, now):
                    found.append(instance.deal_id)
        return found


def read_cards(session: Session, deals: Collection[int], *, at: datetime) -> ReadCards:
    """Of locked deals with their clients loaded, by id."""
    ids, read, calendar = list(deals), [], default_calendar(session)
    for first in range(0, len(ids), _READ_AT_ONCE):
        wanted = select(ProcessInstance).where(
            ProcessInstance.deal_id.in_(ids[first : first + _READ_AT_ONCE]), ProcessInstance.state.in_(_GOING_ON)
        )
        for instance in session.scalars(wanted.order_by(ProcessInstance.id)):
            process = process_of(session, instance.definition_id)
            if "client" in process.variables:
                facts = DealFacts(instance.deal, process, calendar=calendar, at=at)
                read.append((instance, process, read_by(process, instance.execution_state, facts)))
    return ReadCards(read, at)


def _spared_since(
    session: Session, instance: ProcessInstance, since: datetime, at: datetime
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """What the client's card said before, as far as it is another now, and the names of the approvals spared."""
    process = process_of(session, instance.definition_id)
    if "client" not in process.variables:
        return {}, ()
    former = former_client(session, instance.deal, since)
    if not former:
        return {}, ()
    facts = DealFacts(instance.deal, process, calendar=default_calendar(session), at=at)
    now = read_by(process, instance.execution_state, facts)
    steps = spared_steps(session, instance, process, {**now, "client": facts.client_as(former)}, now)
    return former, tuple(steps)


def _was_told(session: Session, deal_id: int, since: datetime) -> bool:
    told = select(HistoryEvent.data).where(
        HistoryEvent.deal_id == deal_id, HistoryEvent.kind == kind_of(ApprovalsSpared), HistoryEvent.at >= since
    )
    return any(data["changed_at"] == since.isoformat() for data in session.scalars(told))


def _who(session: Session, person_id: int | None, at: datetime) -> Actor:
    """Who changed the card; the machinery for who is no longer here."""
    try:
        return actor_of(session, person_id, at) if person_id is not None else Actor.system()
    except NotFound:
        return Actor.system()
