"""One deal of a version move: carried in one transaction, its steps with everything that they hold; or taken back."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine.bpmn.carrying_problems import CarryProblem
from engine.bpmn.compiled import CompiledProcess, StepDefinition
from engine.bpmn.deadline_rules import EscalationLadder, RelativeToField
from engine.bpmn.inspection import as_continuation, fingerprint, waits_in
from engine.clock import Clock
from engine.commands.calls import renew_calls
from engine.commands.escalations import told_by_rungs
from engine.commands.execution import correlation_key, follow_stage
from engine.commands.history import record
from engine.commands.incidents import close_incidents_beside
from engine.commands.interventions import (
    ensure_running,
    ensure_somebody_takes,
    missed_meanwhile,
    written_of_since,
)
from engine.commands.leaving import ensure_holder_may
from engine.commands.locks import lock_instance
from engine.commands.moved_holders import follow_responsible, tell_of_handing
from engine.commands.search_texts import step_search_text
from engine.commands.step_opening import StepOpener, calendar_of_step, ladder_of_step, tell_of_step
from engine.commands.step_withdrawal import cancel_step
from engine.db.away import is_away
from engine.db.session import UNSYNCHRONISED, Database
from engine.db.types import Moment, Word
from engine.errors import N_, Conflict, DealIsSuspended, DomainError, MapFailed, NotFound
from engine.events import DealVersionMoved, VersionMoveUndone, plain
from engine.model.message_subscription import MessageSubscription, SubscriptionKind
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.model.version_move import (
    DeadlinePolicy,
    HolderPolicy,
    MovedDeal,
    MovedDealState,
    VersionMove,
    VersionMoveState,
)
from engine.model.work_item import LIVE, WorkItem
from engine.policy.due_dates import due_at
from engine.policy.escalation_ladder import next_escalation_at, reached_on
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.actors import actor_of
from engine.queries.calendars import default_calendar
from engine.queries.carries import Carry, carry_of
from engine.queries.facts import DealFacts
from engine.queries.processes import element_name, process_of
from engine.queries.version_moves import stands_as_moved

_logger = logging.getLogger(__name__)

_HELD = ("state", "assignee_id", "claimed_at", "completed_at")
"""With whom a step is: one fact in several columns, so that half of it is never taken back."""
_FOLLOWS = (
    "element_id",
    "name",
    "kind",
    "stage",
    "group_id",
    "due_at",
    "escalation_reached",
    "next_escalation_at",
    "search_text",
    *_HELD,
)
"""What a move may change in a work item."""


class OnOtherVersion(Conflict):
    code: ClassVar[str] = "on_other_version"
    template: ClassVar[str] = N_("The deal follows another version by now.")


class WentOn(Conflict):
    code: ClassVar[str] = "went_on"
    template: ClassVar[str] = N_("The deal has gone on since it was moved, and cannot be taken back.")


class TurnFailed(Conflict):
    code: ClassVar[str] = "turn_failed"
    template: ClassVar[str] = N_(
        "Something went wrong in the program itself, and nothing of the deal was changed. The server's log says what."
    )


class NotMoved(Conflict):
    code: ClassVar[str] = "not_moved"
    template: ClassVar[str] = N_("The deal was not moved, or was taken back already.")


def take_turn(database: Database, moved_deal_id: int, *, clock: Clock, taken_back_by_id: int | None = None) -> None:
    """Move one deal, or take it back, whichever its move is at; what stands against it is kept with it.

    ``taken_back_by_id`` is who asked for taking the move back; where it is not known, whoever asked for the move.

    Safe to repeat, and to be killed at any moment: a deal is moved in one transaction, together with its row. What no
    one has thought of is kept likewise, so that the deals behind this one have their turn. Raises what the database
    says of itself: that it is away, or was too busy.
    """
    try:
        with database.write() as session:
            _take_turn(session, moved_deal_id, taken_back_by_id, at=clock.now())
    except Exception as failure:
        if isinstance(failure, OperationalError) or is_away(failure):
            raise
        refusal = failure if isinstance(failure, DomainError) else TurnFailed()
        if refusal is not failure:
            _logger.exception("The turn %s of a version move failed", moved_deal_id)
        with database.write() as session:
            _refuse(session, moved_deal_id, refusal, at=clock.now())


def undo_moved_deal(session: Session, moved_deal_id: int, *, actor: Actor, clock: Clock) -> MovedDeal:
    """Take one deal back to the version that it came from, exactly as it stood there.

    Raises NotFound, NotAllowed, NotMoved, DealIsSuspended, DealNotRunning, WentOn, DepartmentIsArchived.
    """
    ensure_may(actor, Ability.PUBLISH_MAP)
    row, instance = _locked(session, moved_deal_id)
    _take_back(session, row, instance, actor=actor, at=clock.now())
    return row


def undo_deal_of_move(session: Session, move_id: int, deal_id: int, *, actor: Actor, clock: Clock) -> MovedDeal:
    """Like ``undo_moved_deal``, by the move and the deal."""
    ensure_may(actor, Ability.PUBLISH_MAP)
    moved_deal_id = session.scalar(
        select(MovedDeal.id).where(MovedDeal.move_id == move_id, MovedDeal.deal_id == deal_id)
    )
    if moved_deal_id is None:
        raise NotFound
    return undo_moved_deal(session, moved_deal_id, actor=actor, clock=clock)


def _take_turn(session: Session, moved_deal_id: int, taken_back_by_id: int | None, *, at: datetime) -> None:
    row, instance = _locked(session, moved_deal_id)
    move = session.get_one(VersionMove, row.move_id, populate_existing=True)
    if (move.state, row.state) == (VersionMoveState.RUNNING, MovedDealState.WAITING):
        _move(session, move, row, instance, actor=_requester(session, move.requested_by_id, at), at=at)
    elif (move.state, row.state) == (VersionMoveState.UNDOING, MovedDealState.MOVED):
        actor = _requester(session, taken_back_by_id or move.requested_by_id, at)
        _take_back(session, row, instance, actor=actor, at=at)


def _locked(session: Session, moved_deal_id: int) -> tuple[MovedDeal, ProcessInstance]:
    """The instance is locked first, as always, and then its row in the move. Raises NotFound."""
    instance_id = session.scalar(select(MovedDeal.instance_id).where(MovedDeal.id == moved_deal_id))
    if instance_id is None:
        raise NotFound
    instance = lock_instance(session, instance_id)
    return session.get_one(MovedDeal, moved_deal_id, with_for_update=True, populate_existing=True), instance


def _requester(session: Session, person_id: int | None, at: datetime) -> Actor:
    """Who asked for it; the machinery, where that person does not work here any more."""
    try:
        return Actor.system() if person_id is None else actor_of(session, person_id, at)
    except NotFound:
        return Actor.system()


def _refuse(session: Session, moved_deal_id: int, refusal: DomainError, *, at: datetime) -> None:
    row, _ = _locked(session, moved_deal_id)
    if row.state is MovedDealState.WAITING:
        row.state, row.settled_at = MovedDealState.REFUSED, at
    elif row.state is MovedDealState.MOVED:
        row.state = MovedDealState.KEPT
    row.reason = reason_of(refusal)


def reason_of(refusal: DomainError) -> dict[str, Any]:
    """An error as it is kept: its code, its template and its places; the problem inside another error beside it."""
    problem = refusal.params.get("problem")
    told = problem if isinstance(problem, CarryProblem) else refusal
    inner = told.params.get("problem")
    params = {name: value for name, value in told.params.items() if name != "problem"}
    reason: dict[str, Any] = {"code": told.code, "template": told.template, "params": params}
    if isinstance(inner, DomainError):
        reason["problem"] = reason_of(inner)
    element_id = getattr(told, "element_id", "")
    return dict(plain(reason | ({"element_id": element_id} if element_id else {})))


# moving -----------------------------------------------------------------------------------------------------------
def _move(
    session: Session, move: VersionMove, row: MovedDeal, instance: ProcessInstance, *, actor: Actor, at: datetime
) -> None:
    ensure_running(instance)
    if instance.definition_id != row.from_definition_id:
        raise OnOtherVersion
    carry = carry_of(session, instance, move.definition_id, choices=move.choices, deadlines=move.deadlines, at=at)
    _Moving(session, move, row, instance, carry, actor, at).write()


@dataclass(frozen=True, slots=True)
class _Moving:
    """One deal being moved, its instance locked."""

    session: Session
    move: VersionMove
    row: MovedDeal
    instance: ProcessInstance
    carry: Carry
    actor: Actor
    at: datetime

    def write(self) -> None:
        session, instance, result = self.session, self.instance, self.carry.carried.result
        old = process_of(session, instance.definition_id)
        new = process_of(session, self.move.definition_id)
        previous = instance.definition
        live = list(
            session.scalars(
                select(WorkItem)
                .where(WorkItem.instance_id == instance.id, WorkItem.state.in_(LIVE))
                .order_by(WorkItem.id)
            )
        )
        before = {str(item.id): _columns(item) for item in live}
        image = {
            "stage": instance.deal.stage,
            "stage_since": _kept(instance.deal.stage_since),
            "timers": [_row(one) for one in session.scalars(select(Timer).where(Timer.instance_id == instance.id))],
            "subscriptions": [
                _row(one)
                for one in session.scalars(
                    select(MessageSubscription).where(MessageSubscription.instance_id == instance.id)
                )
            ],
        }
        self.row.state_before = instance.execution_state
        instance.execution_state = result.state
        instance.definition_id = self.move.definition_id
        instance.definition = session.get_one(ProcessDefinition, self.move.definition_id)
        self._record(previous, old)
        closed = set(result.closed_steps)
        for item in live:
            if item.activity_id in closed:
                cancel_step(session, item, instance, actor=self.actor, at=self.at)
            else:
                self._follow(item, old, new)
        self._write_timers()
        self._write_subscriptions()
        self._renew_calls(new)
        opened = self._open(new, live)
        if not result.finished:
            follow_stage(session, instance.deal, new, result.waiting_elements, actor=self.actor, at=self.at)
        session.flush()
        image["items"] = {
            key: {"before": kept, "after": _columns(item)}
            for (key, kept), item in zip(before.items(), live, strict=True)
        }
        image["opened"] = opened
        image["fingerprint"] = fingerprint(instance.execution_state)
        self.row.before = image
        self.row.state, self.row.settled_at, self.row.reason = MovedDealState.MOVED, self.at, None
        self.row.instance_version, self.row.history_number = instance.version, instance.deal.history_length

    def _record(self, previous: ProcessDefinition, old: CompiledProcess) -> None:
        definition = self.instance.definition
        new = process_of(self.session, definition.id)
        event = DealVersionMoved(
            map_key=definition.key,
            from_version=previous.version,
            to_version=definition.version,
            map_hash=definition.content_hash,
            changes=tuple(dict.fromkeys(one.kind.value for one in self.carry.changes)),
            chosen={
                element_name(old, element): element_name(new, target) if target is not None else ""
                for element, target in self.carry.chosen.items()
            },
            move_id=self.move.id,
            passed_over=tuple(new.steps[one].name for one in self.carry.passed_over),
        )
        record(self.session, event, actor=self.actor, at=self.at, deal=self.instance.deal)

    def _follow(self, item: WorkItem, old_process: CompiledProcess, new_process: CompiledProcess) -> None:
        """The same step as the new version words it. What was typed stays."""
        old, new = old_process.steps[item.element_id], new_process.steps[self.carry.carried.elements[item.activity_id]]
        deal = self.instance.deal
        ladder = ladder_of_step(self.session, old_process, old, item.group_id)
        item.element_id, item.kind, item.stage = new.element_id, new.kind, new.stage
        item.name = (new.name if item.item_index is None else f"{new.name} ({item.item or item.item_index + 1})")[:500]
        item.search_text = step_search_text(item.name, deal)
        follow_responsible(
            self.session,
            item,
            old,
            new,
            self.instance,
            keeps_holder=self.move.holders is HolderPolicy.KEEP,
            opener=self._opener(new_process),
            facts=self._facts(new_process),
            actor=self.actor,
            at=self.at,
        )
        self._follow_deadline(item, old, new, new_process)
        _follow_ladder(self.session, item, ladder, new_process)

    def _follow_deadline(
        self, item: WorkItem, old: StepDefinition, new: StepDefinition, process: CompiledProcess
    ) -> None:
        """A deadline by another rule is counted from when the step was opened, where the move says so."""
        calendar = calendar_of_step(self.session, item)
        if self.move.deadlines is DeadlinePolicy.RECOMPUTE and old.deadline != new.deadline:
            try:
                item.due_at = (
                    None
                    if new.deadline is None
                    else max(due_at(new.deadline, item.opened_at, calendar, self._facts(process).value), item.opened_at)
                )
            except DomainError as problem:
                if not isinstance(new.deadline, RelativeToField):
                    raise MapFailed(element=new.name, element_id=new.element_id, problem=problem) from problem
                item.due_at = None

    def _facts(self, process: CompiledProcess) -> DealFacts:
        return DealFacts(self.instance.deal, process, calendar=default_calendar(self.session), at=self.at)

    def _opener(self, process: CompiledProcess) -> StepOpener:
        facts = self._facts(process)
        return StepOpener(self.session, self.instance, process, facts=facts, actor=self.actor, at=self.at)

    def _open(self, process: CompiledProcess, live: Iterable[WorkItem]) -> list[int]:
        """Ask for the steps that begin; an approval is asked for by whoever asked for it before."""
        result = self.carry.carried.result
        asked_by = {item.element_id: item.asked_by_id for item in live}
        known = {item.id for item in live}
        opener = self._opener(process)
        for one in result.opened_steps:
            opener.open([one], asked_by_id=asked_by.get(one.element_id) or self.instance.deal.owner_id)
        self.session.flush()
        activities = [one.activity_id for one in result.opened_steps]
        if not activities:
            return []
        return [
            one
            for one in self.session.scalars(
                select(WorkItem.id).where(
                    WorkItem.instance_id == self.instance.id, WorkItem.activity_id.in_(activities)
                )
            )
            if one not in known
        ]

    def _write_timers(self) -> None:
        """A timer keeps its row, and with it a lease, unless its moment changes."""
        result = self.carry.carried.result
        gone = {*result.closed_timers, *((one.activity_id, one.node_id) for one in result.opened_timers)}
        for timer in self.session.scalars(select(Timer).where(Timer.instance_id == self.instance.id)):
            if (timer.activity_id, timer.node_id) in gone:
                self.session.delete(timer)
        self.session.flush()
        self.session.add_all(
            Timer(instance_id=self.instance.id, activity_id=one.activity_id, node_id=one.node_id, due_at=one.due_at)
            for one in result.opened_timers
        )

    def _renew_calls(self, process: CompiledProcess) -> None:
        waits = waits_in(process, self.instance.execution_state)
        renew_calls(self.session, self.instance, process, waits, actor=self.actor, at=self.at)
        close_incidents_beside(self.session, self.instance, waits, actor=self.actor, at=self.at)

    def _write_subscriptions(self) -> None:
        result = self.carry.carried.result
        gone = {*result.closed_messages, *((one.activity_id, one.node_id) for one in result.opened_messages)}
        for waiting in self.session.scalars(
            select(MessageSubscription).where(MessageSubscription.instance_id == self.instance.id)
        ):
            if (waiting.activity_id, waiting.node_id) in gone:
                self.session.delete(waiting)
        self.session.flush()
        self.session.add_all(
            MessageSubscription(
                instance_id=self.instance.id,
                activity_id=one.activity_id,
                node_id=one.node_id,
                kind=SubscriptionKind(one.kind),
                name=one.name,
                correlation_key=correlation_key(one),
            )
            for one in result.opened_messages
        )


# taking back ------------------------------------------------------------------------------------------------------
def _take_back(session: Session, row: MovedDeal, instance: ProcessInstance, *, actor: Actor, at: datetime) -> None:
    """Restore what stood before the move.

    A step of somebody who has left meanwhile is handed over, as it would have been then. Raises NotMoved,
    DealIsSuspended, DealNotRunning, WentOn, DepartmentIsArchived.
    """
    if row.state not in (MovedDealState.MOVED, MovedDealState.KEPT) or row.before is None or row.state_before is None:
        raise NotMoved
    if instance.state is InstanceState.SUSPENDED:
        raise DealIsSuspended
    if not stands_as_moved(session, row, instance):
        raise WentOn
    ensure_running(instance)
    moved_to = instance.definition
    instance.definition_id = row.from_definition_id
    instance.definition = session.get_one(ProcessDefinition, row.from_definition_id)
    image, left = row.before, process_of(session, moved_to.id)
    opened = image["opened"]
    # Steps that were opened since stand in the history under their activity ids: none may be given twice.
    instance.execution_state = as_continuation(row.state_before, instance.execution_state)
    event = VersionMoveUndone(
        map_key=moved_to.key,
        from_version=moved_to.version,
        to_version=instance.definition.version,
        move_id=row.move_id,
    )
    record(session, event, actor=actor, at=at, deal=instance.deal)
    for item in session.scalars(select(WorkItem).where(WorkItem.id.in_(opened))):
        if item.is_live:
            cancel_step(session, item, instance, actor=actor, at=at)
    _restore_items(session, row, instance, left, actor=actor, at=at)
    for table, kept in ((Timer, image["timers"]), (MessageSubscription, image["subscriptions"])):
        session.execute(delete(table).where(table.instance_id == instance.id), execution_options=UNSYNCHRONISED)
        _put_back(session, table, kept)
    process = process_of(session, instance.definition_id)
    waits = waits_in(process, instance.execution_state)
    renew_calls(session, instance, process, waits, actor=actor, at=at)
    close_incidents_beside(session, instance, waits, actor=actor, at=at)
    deal = instance.deal
    deal.stage, deal.stage_since = image["stage"], _moment(image["stage_since"])
    row.state, row.settled_at, row.reason = MovedDealState.UNDONE, at, None
    session.flush()


def _restore_items(
    session: Session, row: MovedDeal, instance: ProcessInstance, left: CompiledProcess, *, actor: Actor, at: datetime
) -> None:
    """The steps that stood before the move, with whom they were. ``left`` is the version that the deal leaves.

    Raises DepartmentIsArchived.
    """
    images: Mapping[str, Any] = (row.before or {})["items"]
    items = session.scalars(select(WorkItem).where(WorkItem.id.in_([int(one) for one in images]))).all()
    missed = missed_meanwhile(session, items)
    handed = written_of_since(session, {item.id: row.settled_at for item in items if row.settled_at is not None})
    process = process_of(session, row.from_definition_id)
    for item in items:
        image, former = images[str(item.id)], item.assignee_id
        reached, escalates = item.escalation_reached, _kept(item.next_escalation_at)
        climbed = ladder_of_step(session, left, left.steps[item.element_id], item.group_id) if item.is_live else None
        _restore(item, image)
        item.search_text = step_search_text(item.name, instance.deal)
        if not item.is_live:
            continue
        session.flush()
        session.refresh(item, ["assignee", "group"])
        ensure_somebody_takes(item)
        if climbed is not None and reached != image["after"].get("escalation_reached", reached):
            _follow_ladder(session, item, climbed, process)
        elif escalates != image["after"]["next_escalation_at"]:
            item.next_escalation_at = _next_escalation(session, process, item)
        if ensure_holder_may(session, item, instance, actor=actor, at=at):
            continue
        if item.id in missed:
            tell_of_step(session, item, actor=actor, at=at)
        elif item.id in handed and item.assignee_id != former:
            tell_of_handing(session, item, former, actor=actor, at=at)


def _follow_ladder(session: Session, item: WorkItem, former: EscalationLadder, process: CompiledProcess) -> None:
    """Let a live step that stands in ``process`` now climb on there from where it is on its ``former`` ladder."""
    if item.due_at is not None:
        ladder = ladder_of_step(session, process, process.steps[item.element_id], item.group_id)
        calendar = calendar_of_step(session, item)
        done = told_by_rungs(session, item)
        item.escalation_reached = reached_on(ladder, former, item.escalation_reached, item.due_at, calendar, done=done)
    item.next_escalation_at = _next_escalation(session, process, item)


def _next_escalation(session: Session, process: CompiledProcess, item: WorkItem) -> datetime | None:
    """The next rung of a live step of ``process``: what it has climbed already is behind it."""
    if item.due_at is None:
        return None
    ladder = ladder_of_step(session, process, process.steps[item.element_id], item.group_id)
    return next_escalation_at(
        ladder, item.due_at, calendar_of_step(session, item), item.escalation_reached, opened_at=item.opened_at
    )


def _put_back(session: Session, table: type[Timer | MessageSubscription], kept: Iterable[Mapping[str, Any]]) -> None:
    """Under their old row numbers, unless another deal's row has taken one meanwhile: SQLite gives them again."""
    rows = [_read(table, one) for one in kept]
    taken = set(session.scalars(select(table.id).where(table.id.in_([row["id"] for row in rows]))))
    for row in rows:
        if row["id"] in taken:
            del row["id"]
        session.add(table(**row))


def _restore(item: WorkItem, image: Mapping[str, Any]) -> None:
    """Each fact as it was, unless a person has changed it since: who took the step meanwhile keeps it."""
    now, before, after = _columns(item), image["before"], image["after"]
    alone = [(name,) for name in _FOLLOWS if name in before and name not in _HELD]  # earlier moves kept fewer
    for names in (_HELD, *alone):
        if all(now[name] == after[name] for name in names):
            for name in names:
                setattr(item, name, _value(WorkItem.__table__.c[name].type, before[name]))


def _columns(item: WorkItem) -> dict[str, Any]:
    return {name: _kept(getattr(item, name)) for name in _FOLLOWS}


def _row(one: Timer | MessageSubscription) -> dict[str, Any]:
    return {column.key: _kept(getattr(one, column.key)) for column in type(one).__table__.columns}


def _read(table: type[Timer | MessageSubscription], kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(table.__table__.c[name].type, value) for name, value in kept.items()}


def _kept(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _value(kind: Any, kept: Any) -> Any:
    """What was kept as JSON, as the column's own kind."""
    if kept is None:
        return None
    if isinstance(kind, Moment):
        return _moment(kept)
    return kind.words(kept) if isinstance(kind, Word) else kept
