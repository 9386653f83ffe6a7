"""Version moves: how one stands, deal by deal, and which may be taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from engine.bpmn.inspection import fingerprint
from engine.bpmn.state_codec import UnreadableState
from engine.errors import NotFound
from engine.events import (
    CallCompleted,
    DealMoved,
    MessageReceived,
    SignalReceived,
    StepCompleted,
    TimerFired,
    kind_of,
)
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.version_move import (
    DeadlinePolicy,
    HolderPolicy,
    MovedDeal,
    MovedDealState,
    VersionMove,
    VersionMoveState,
)
from engine.policy.permissions import Ability, Actor
from engine.queries.pages import ListOrder, Page, page_size
from engine.queries.scopes import ensure_sees

_MOVES = ListOrder("version_moves", (int,))
_MOVED_DEALS = ListOrder("moved_deals", (int,))
_STANDS = (MovedDealState.MOVED, MovedDealState.KEPT)  # the deal follows the version that it was moved to
# Part of an approval is given without a step of the instance, and a later step may come back to the same place.
_GOES_ON = tuple(map(kind_of, (StepCompleted, TimerFired, MessageReceived, SignalReceived, DealMoved, CallCompleted)))


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A move as it stands; ``counts`` says how many of its deals are in which state."""

    id: int
    definition_id: int
    key: str
    name: str
    version: int
    state: VersionMoveState
    deadlines: DeadlinePolicy
    holders: HolderPolicy
    total: int
    counts: Mapping[MovedDealState, int]
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None

    @property
    def settled(self) -> int:
        """How many have had their turn."""
        waiting = MovedDealState.MOVED if self.state is VersionMoveState.UNDOING else MovedDealState.WAITING
        return self.total - self.counts.get(waiting, 0)

    @property
    def is_at_work(self) -> bool:
        return self.state in (VersionMoveState.RUNNING, VersionMoveState.UNDOING)

    @property
    def may_be_undone(self) -> bool:
        return not self.is_at_work and self.counts.get(MovedDealState.MOVED, 0) > 0


@dataclass(frozen=True, slots=True)
class MovedDealRow:
    id: int
    deal_id: int
    number: str
    title: str
    from_version: int
    state: MovedDealState
    reason: Mapping[str, Any] | None
    settled_at: datetime | None


def movable_instances(
    definition: ProcessDefinition,
    *,
    deal_ids: Sequence[int] | None = None,
    from_definition_ids: Sequence[int] | None = None,
    state: InstanceState = InstanceState.RUNNING,
) -> Select[int, int, int]:
    """Id, deal and version of the instances of the same map on other versions that are in ``state``."""
    wanted = (
        select(ProcessInstance.id, ProcessInstance.deal_id, ProcessInstance.definition_id)
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
        .where(
            ProcessDefinition.key == definition.key,
            ProcessInstance.definition_id != definition.id,
            ProcessInstance.state == state,
        )
        .order_by(ProcessInstance.id)
    )
    if deal_ids is not None:
        wanted = wanted.where(ProcessInstance.deal_id.in_(deal_ids))
    if from_definition_ids is not None:
        wanted = wanted.where(ProcessInstance.definition_id.in_(from_definition_ids))
    return wanted


def version_moves(
    session: Session, actor: Actor, *, key: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page[MoveRow]:
    """Newest first. Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    wanted = _moves().order_by(VersionMove.id.desc()).limit(page_size(limit) + 1)
    if key is not None:
        wanted = wanted.where(ProcessDefinition.key == key)
    start = _MOVES.after(cursor)
    if start is not None:
        wanted = wanted.where(VersionMove.id < start[0])
    rows = _read(session, wanted)
    return _MOVES.page(rows, limit=page_size(limit), cursor=cursor, key=lambda row: [row.id])


def version_move(session: Session, actor: Actor, move_id: int) -> MoveRow:
    """Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    rows = _read(session, _moves().where(VersionMove.id == move_id))
    if not rows:
        raise NotFound
    return rows[0]


def moved_deals(
    session: Session,
    actor: Actor,
    move_id: int,
    *,
    state: MovedDealState | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[MovedDealRow]:
    """The deals of a move in the order of their turns. Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    wanted = (
        select(
            MovedDeal.id,
            MovedDeal.deal_id,
            Deal.number,
            Deal.title,
            ProcessDefinition.version,
            MovedDeal.state,
            MovedDeal.reason,
            MovedDeal.settled_at,
        )
        .join(Deal, Deal.id == MovedDeal.deal_id)
        .join(ProcessDefinition, ProcessDefinition.id == MovedDeal.from_definition_id)
        .where(MovedDeal.move_id == move_id)
        .order_by(MovedDeal.id)
        .limit(page_size(limit) + 1)
    )
    if state is not None:
        wanted = wanted.where(MovedDeal.state == state)
    start = _MOVED_DEALS.after(cursor)
    if start is not None:
        wanted = wanted.where(MovedDeal.id > start[0])
    rows = [MovedDealRow(*row) for row in session.execute(wanted)]
    return _MOVED_DEALS.page(rows, limit=page_size(limit), cursor=cursor, key=lambda row: [row.id])


def may_come_back(session: Session, rows: Sequence[MovedDealRow]) -> frozenset[int]:
    """Ids of those among ``rows`` that were kept when their move was undone, and can be taken back by now."""
    kept = [one.id for one in rows if one.state is MovedDealState.KEPT]
    if not kept:
        return frozenset()
    found = session.execute(
        select(MovedDeal, ProcessInstance)
        .join(ProcessInstance, ProcessInstance.id == MovedDeal.instance_id)
        .where(MovedDeal.id.in_(kept), ProcessInstance.state == InstanceState.RUNNING)
    )
    return frozenset(row.id for row, instance in found if stands_as_moved(session, row, instance))


@dataclass(frozen=True, slots=True)
class NewerVersion:
    """The version that a deal follows, and the published one where that is another."""

    version: int
    published_id: int | None
    published_version: int | None


def version_of_deal(session: Session, deal_id: int) -> NewerVersion | None:
    """What the deal's page says about its version; None for a deal that never started."""
    followed = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.key, ProcessDefinition.version, ProcessInstance.state)
        .join(ProcessInstance, ProcessInstance.definition_id == ProcessDefinition.id)
        .where(ProcessInstance.deal_id == deal_id)
        .order_by(ProcessInstance.id.desc())
        .limit(1)
    ).one_or_none()
    if followed is None:
        return None
    published = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.version).where(
            ProcessDefinition.key == followed.key,
            ProcessDefinition.state == DefinitionState.PUBLISHED,
            ProcessDefinition.id != followed.id,
        )
    ).first()
    if published is None or followed.state is not InstanceState.RUNNING:
        return NewerVersion(followed.version, None, None)
    return NewerVersion(followed.version, published.id, published.version)


def last_move_of_deal(session: Session, deal_id: int) -> int | None:
    """The id of the deal's last move, where it may still be taken back."""
    row = session.scalar(
        select(MovedDeal)
        .where(MovedDeal.deal_id == deal_id, MovedDeal.state.in_(_STANDS))
        .order_by(MovedDeal.history_number.desc())
        .limit(1)
    )
    if row is None:
        return None
    instance = session.get_one(ProcessInstance, row.instance_id)
    return row.move_id if instance.state is InstanceState.RUNNING and stands_as_moved(session, row, instance) else None


def stands_as_moved(session: Session, row: MovedDeal, instance: ProcessInstance) -> bool:
    """Whether a deal still stands as ``row``'s move left it: no step was made since, and no later move stands.

    What failed, rested or was taken back since has moved nothing on.
    """
    definition_id = session.scalar(select(VersionMove.definition_id).where(VersionMove.id == row.move_id))
    if row.before is None or instance.definition_id != definition_id:
        return False
    left = row.before.get("fingerprint")
    if instance.version != row.instance_version and (left is None or left != _fingerprint(instance)):
        return False
    gone_on = select(HistoryEvent.id).where(
        HistoryEvent.deal_id == row.deal_id,
        HistoryEvent.number > (row.history_number or 0),
        HistoryEvent.kind.in_(_GOES_ON),
    )
    later = select(MovedDeal.id).where(
        MovedDeal.deal_id == row.deal_id,
        MovedDeal.state.in_(_STANDS),
        MovedDeal.history_number > (row.history_number or 0),
    )
    return session.scalar(gone_on.limit(1)) is None and session.scalar(later.limit(1)) is None


def _fingerprint(instance: ProcessInstance) -> str | None:
    try:
        return fingerprint(instance.execution_state)
    except UnreadableState:
        return None


def _moves() -> Select[*tuple[Any, ...]]:
    return (
        select(
            VersionMove.id,
            VersionMove.definition_id,
            ProcessDefinition.key,
            ProcessDefinition.name,
            ProcessDefinition.version,
            VersionMove.state,
            VersionMove.deadlines,
            VersionMove.holders,
            VersionMove.total,
            Person.full_name.label("requested_by"),
            VersionMove.requested_at,
            VersionMove.finished_at,
        )
        .join(ProcessDefinition, ProcessDefinition.id == VersionMove.definition_id)
        .outerjoin(Person, Person.id == VersionMove.requested_by_id)
    )


def _read(session: Session, wanted: Select[*tuple[Any, ...]]) -> list[MoveRow]:
    rows = session.execute(wanted).all()
    counts: dict[int, dict[MovedDealState, int]] = defaultdict(dict)
    counted = session.execute(
        select(MovedDeal.move_id, MovedDeal.state, func.count())
        .where(MovedDeal.move_id.in_([row.id for row in rows]))
        .group_by(MovedDeal.move_id, MovedDeal.state)
    )
    for move_id, state, count in counted:
        counts[move_id][state] = count
    return [
        MoveRow(**row._asdict() | {"requested_by": row.requested_by or "", "counts": counts[row.id]}) for row in rows
    ]
