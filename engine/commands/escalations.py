"""Escalations: remind, tell the head, hand a late step to somebody who will do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from engine.bpmn.deadline_rules import EscalationAction, EscalationLevel
from engine.clock import Clock
from engine.commands.approval_parts import voices_beside
from engine.commands.history import record
from engine.commands.locks import lock_free_instances, lock_instance
from engine.commands.notifications import notify
from engine.commands.step_opening import calendar_of_step, ladder_of_step, members_of
from engine.db.outbox import enqueue
from engine.db.session import UNSYNCHRONISED
from engine.events import HeadTold, ReminderSent, StepReassigned, kind_of
from engine.model.history_event import HistoryEvent
from engine.model.notice import OF_ANOTHERS_STEP, NoticeKind
from engine.model.person import Person, Role
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import LIVE, WorkItem
from engine.policy.approvers import may_decide
from engine.policy.assignment import Assignment, Directory, resolve_name
from engine.policy.escalation_ladder import heads_told_before, next_escalation_at, reached_by_deeds, rungs_due
from engine.policy.permissions import Actor
from engine.queries.directories import directory
from engine.queries.other_eyes import barred_of
from engine.queries.processes import process_of

NEW_LADDER = "new_ladder"
"""The kind of an outbox job. Payload ``department_id``, and ``after``, the last step that was looked at."""


class DueRung(NamedTuple):
    """A step whose next rung is due, and since when: in this order steps climb."""

    due_at: datetime
    work_item_id: int


def due_escalations(session: Session, *, clock: Clock, limit: int = 100) -> list[int]:
    """Ids of live work items whose next rung is due, the longest waiting first."""
    return [one.work_item_id for one in due_rungs(session, clock=clock, limit=limit)]


def due_rungs(session: Session, *, after: DueRung | None = None, clock: Clock, limit: int) -> list[DueRung]:
    """Live work items whose next rung is due, the longest waiting first; with ``after``, those behind that one."""
    # No bare column: SQLite would take the index of states and go through all live steps, not the index of moments.
    state = func.coalesce(WorkItem.state, WorkItem.state)
    moment, number = WorkItem.next_escalation_at, WorkItem.id
    due = select(moment, number).where(moment <= clock.now(), state.in_(LIVE)).order_by(moment, number).limit(limit)
    if after is not None:
        due = due.where(moment >= after.due_at, or_(moment > after.due_at, number > after.work_item_id))
    return [DueRung(since, one) for since, one in session.execute(due) if since is not None]


def escalate_work_item(session: Session, work_item_id: int, *, clock: Clock) -> bool:
    """Climb every rung that is due, each once and in order. False when none is: somebody was faster."""
    at = clock.now()
    instance_id = session.scalar(select(WorkItem.instance_id).where(WorkItem.id == work_item_id))
    if instance_id is None:
        return False
    instance = lock_instance(session, instance_id)
    work_item = session.get_one(WorkItem, work_item_id, populate_existing=True)
    return _climb(session, instance, work_item, at)


def escalate_work_items(session: Session, work_item_ids: Sequence[int], *, clock: Clock) -> int:
    """Climb what is due of several steps of whatever instances in one transaction; how many of them climbed.

    Those of an instance that somebody else holds at this moment stay as they are: whoever holds it is another worker
    that climbs them, or changes the deal, and they are due until they have climbed. When one fails, none has climbed.
    """
    at = clock.now()
    late = and_(WorkItem.id.in_(work_item_ids), WorkItem.next_escalation_at <= at)
    instances = {one.id: one for one in lock_free_instances(session, select(WorkItem.instance_id).where(late))}
    items = session.scalars(
        select(WorkItem)
        .where(late, WorkItem.instance_id.in_(instances))
        .order_by(WorkItem.next_escalation_at, WorkItem.id)
        .execution_options(populate_existing=True)
    )
    return sum(_climb(session, instances[one.instance_id], one, at) for one in items.all())


def bring_further_rungs(session: Session, department_id: int, *, after: int = 0, at: datetime) -> None:
    """A worker looks at the steps that have climbed all of a department's ladder: a new one may have further rungs.

    Not here: whoever does one of these steps may open another for the department, and each would wait for the other.
    """
    enqueue(session, NEW_LADDER, {"department_id": department_id, "after": after}, at=at)


def steps_at_the_top(session: Session, department_id: int, after: int, *, limit: int) -> Sequence[int]:
    """Ids of the next live steps behind ``after`` of a department that have a deadline, and no rung to come."""
    theirs = select(WorkItem.id).where(WorkItem.group_id == department_id, WorkItem.id > after, *_AT_THE_TOP)
    return session.scalars(theirs.order_by(WorkItem.id).limit(limit)).all()


def make_due(session: Session, work_item_id: int, *, at: datetime) -> None:
    """Let a step that has no rung to come be looked at: it climbs what its present ladder has further up."""
    one = update(WorkItem).where(WorkItem.id == work_item_id, *_AT_THE_TOP)
    session.execute(one.values(next_escalation_at=at), execution_options=UNSYNCHRONISED)


_AT_THE_TOP = (WorkItem.state.in_(LIVE), WorkItem.due_at.is_not(None), WorkItem.next_escalation_at.is_(None))


def told_by_rungs(session: Session, work_item: WorkItem) -> Mapping[EscalationAction, int]:
    """How often rungs of any ladder have reminded of a step and told a head of it; who was given it is not counted."""
    told = (
        select(HistoryEvent.kind, func.count())
        .where(
            HistoryEvent.deal_id == work_item.deal_id,
            HistoryEvent.kind.in_(_TELLING),
            HistoryEvent.work_item_id == work_item.id,
        )
        .group_by(HistoryEvent.kind)
    )
    return {_TELLING[kind]: count for kind, count in session.execute(told)}


_TELLING = {kind_of(ReminderSent): EscalationAction.REMIND, kind_of(HeadTold): EscalationAction.TELL_HEAD}


def _climb(session: Session, instance: ProcessInstance, work_item: WorkItem, at: datetime) -> bool:
    if not work_item.is_live or work_item.due_at is None or work_item.next_escalation_at is None:
        return False
    if work_item.next_escalation_at > at:
        return False
    process = process_of(session, instance.definition_id)
    ladder = ladder_of_step(session, process, process.steps[work_item.element_id], work_item.group_id)
    calendar = calendar_of_step(session, work_item)
    late = _LateStep(session, instance, work_item, directory(session), at)
    reached = work_item.escalation_reached
    if reached:
        reached = reached_by_deeds(ladder, work_item.due_at, calendar, reached, told_by_rungs(session, work_item))
    for index, level, _ in rungs_due(ladder, work_item.due_at, calendar, reached, at, opened_at=work_item.opened_at):
        late.climb(level, heads_told_before(ladder, work_item.due_at, calendar, index))
        reached = index + 1
    work_item.escalation_reached = reached  # levels never fall: a later deadline does not repeat a rung
    work_item.next_escalation_at = next_escalation_at(
        ladder, work_item.due_at, calendar, reached, opened_at=work_item.opened_at
    )
    return True


@dataclass(frozen=True, slots=True)
class _LateStep:
    """A late step and everything that a rung needs to act on it."""

    session: Session
    instance: ProcessInstance
    work_item: WorkItem
    people: Directory
    at: datetime

    def climb(self, level: EscalationLevel, told_before: int) -> None:
        """``told_before`` is how many rungs below this one have told a head: the next tells the head above."""
        if level.action is EscalationAction.REMIND:
            self._remind(level)
        elif level.action is EscalationAction.TELL_HEAD:
            self._tell(self._superiors(level, told_before))
        else:
            self._reassign(self._superiors(level), named=bool(level.to))

    def _remind(self, level: EscalationLevel) -> None:
        item, holders = self.work_item, self._holders()
        reminded = self._named(level) or holders
        self._send(NoticeKind.DEADLINE_NEAR, [one for one in reminded if one in holders])
        others = [one for one in reminded if one not in holders]
        self._send(NoticeKind.DEADLINE_NEAR, others, outcome=OF_ANOTHERS_STEP)
        event = ReminderSent(name=item.name, to=self._names(reminded), due_at=item.due_at)
        self._record(event)

    def _named(self, level: EscalationLevel) -> tuple[int, ...]:
        """Whom a reminder names in place of those who hold the step: a person, or everybody of a department."""
        named = resolve_name(level.to, self.people, self.instance.deal.owner_id) if level.to else Assignment()
        if named.person_id is not None:
            return (named.person_id,)
        return tuple(dict.fromkeys(one for each in named.department_ids for one in self.people.members_of(each)))

    def _tell(self, superiors: Sequence[int]) -> None:
        self._send(NoticeKind.STEP_LATE, superiors)
        if self.work_item.due_at is not None and self.work_item.due_at <= self.at:
            self._send(NoticeKind.DEADLINE_PASSED, [one for one in self._holders() if one not in superiors])
        self._record(HeadTold(name=self.work_item.name, to=self._names(superiors), due_at=self.work_item.due_at))

    def _reassign(self, superiors: Sequence[int], *, named: bool) -> None:
        """An approval goes only to who may give it, unless the map itself names somebody else."""
        item = self.work_item
        step = process_of(self.session, self.instance.definition_id).steps[item.element_id]
        barred = {item.assignee_id, *barred_of(self.session, step, item, self.instance.deal)}
        if step.approval is not None and step.approval.mode in ("all", "count"):
            barred |= voices_beside(self.session, item)  # one person counts once: the part could never be given
        able = [one for one in superiors if one not in barred]
        if step.approval is not None and not named:
            able = [
                one
                for one in able
                if may_decide(self.people, one, group_id=item.group_id, assignee_id=item.assignee_id)
            ]
        if not able:  # the step is with the highest already: telling again would change nothing
            return
        previous = item.assignee.full_name if item.assignee is not None else (item.group.name if item.group else "")
        holder_id, person = item.assignee_id, self.session.get_one(Person, able[0])
        item.assign(person, at=self.at)
        self._send(NoticeKind.STEP_HANDED, (person.id,))
        self._send(NoticeKind.STEP_TAKEN, [one for one in (holder_id,) if one is not None])
        self._record(StepReassigned(name=item.name, previous=previous, to=person.full_name, due_at=item.due_at))

    def _holders(self) -> tuple[int, ...]:
        item = self.work_item
        return (item.assignee_id,) if item.assignee_id is not None else members_of(self.session, item.group_id)

    def _superiors(self, level: EscalationLevel, height: int = 0) -> list[int]:
        """Whom the rung names; else a head of department or holder; else heads of sales, else administrators.

        ``height`` counts upward from the nearest head; above the highest is nobody else.
        """
        if level.to:
            named = resolve_name(level.to, self.people, self.instance.deal.owner_id)
            if named.person_id is not None:
                return [named.person_id]
            heads = [self.people.head_of_department(one) for one in named.department_ids]
            if found := [one for one in heads if one is not None]:
                return found
        above = self._heads_above()
        if above:
            return [above[min(height, len(above) - 1)]]
        for role in (Role.HEAD, Role.ADMINISTRATOR):
            in_role = select(Person.id).where(Person.role == role, Person.is_active).order_by(Person.id)
            if found := list(self.session.scalars(in_role)):
                return found
        return []

    def _heads_above(self) -> tuple[int, ...]:
        """The heads above the step, the nearest first; when one of them holds it, those above that one."""
        item = self.work_item
        holders_own = self.people.main_department_of(item.assignee_id)
        for department_id in (item.group_id, holders_own):
            heads = self.people.heads_above(department_id)
            if item.assignee_id in heads:
                heads = heads[heads.index(item.assignee_id) + 1 :]
            if heads:
                return heads
        return ()

    def _names(self, ids: Sequence[int]) -> str:
        people = (self.people.person(one) for one in ids)
        return ", ".join(one.full_name for one in people if one is not None)

    def _send(self, kind: NoticeKind, to: Sequence[int], *, outcome: str = "") -> None:
        notify(self.session, kind, to=to, work_item=self.work_item, at=self.at, outcome=outcome)

    def _record(self, event: ReminderSent | HeadTold | StepReassigned) -> None:
        record(
            self.session,
            event,
            actor=Actor.system(),
            at=self.at,
            deal=self.instance.deal,
            work_item_id=self.work_item.id,
        )
