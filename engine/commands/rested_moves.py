"""A pause that moves deadlines and timers moves those, too, to which undoing a version move would return.

What a move keeps is the deal as it stood before it. A deal that rested since has the time left that it had, on either
version: so the kept image rests with it, and the move can still be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, TimerKind
from engine.bpmn.deadline_rules import DeadlineRule, ElapsedTime
from engine.bpmn.inspection import fingerprint, with_later_timers
from engine.bpmn.state_codec import UnreadableState
from engine.commands.step_opening import calendar_of_step, ladder_of_step
from engine.model.process_instance import ProcessInstance
from engine.model.version_move import MovedDeal, MovedDealState
from engine.model.work_item import WorkItem
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.escalation_ladder import next_escalation_at
from engine.policy.pauses import after_pause
from engine.queries.calendars import default_calendar
from engine.queries.processes import process_of

Later = Callable[[str, datetime], datetime]
Moments = Mapping[int, Mapping[str, str | None]]
"""By work item: when it is due and when it escalates next, as a move keeps them."""

_MOMENTS = ("due_at", "next_escalation_at")


def later_timers(
    process: CompiledProcess, *, paused_at: datetime, resumed_at: datetime, calendar: BusinessCalendar
) -> Later:
    """When a timer is due after a pause: of its event's id and the moment at which it was due."""

    def later(node_id: str, due_at: datetime) -> datetime:
        rule = _interval_of(process, node_id)
        return after_pause(rule, due_at, paused_at=paused_at, resumed_at=resumed_at, calendar=calendar)

    return later


def moments_of(items: list[WorkItem]) -> Moments:
    return {item.id: {name: _kept(getattr(item, name)) for name in _MOMENTS} for item in items}


@dataclass(frozen=True, slots=True)
class RestedMoves:
    """A locked instance that has rested from ``paused_at`` to ``resumed_at`` (UTC) while its deadlines stood still."""

    session: Session
    instance: ProcessInstance
    paused_at: datetime
    resumed_at: datetime

    def follow(self, state: bytes, was: Moments, now: Moments) -> None:
        """Let every move that could be undone before still be undone.

        ``state`` is the instance's before the pause was over, ``was`` and ``now`` are the moments of its open steps.
        """
        rested = self.instance.execution_state
        standing = self.session.scalars(
            select(MovedDeal)
            .where(
                MovedDeal.instance_id == self.instance.id,
                MovedDeal.state.in_((MovedDealState.MOVED, MovedDealState.KEPT)),
            )
            .order_by(MovedDeal.history_number.desc())
        )
        for row in standing:
            if row.before is None or row.state_before is None:
                return
            process = process_of(self.session, row.from_definition_id)
            calendar = default_calendar(self.session)
            later = later_timers(process, paused_at=self.paused_at, resumed_at=self.resumed_at, calendar=calendar)
            try:
                if row.before.get("fingerprint") != fingerprint(state):
                    return
                left, earlier = fingerprint(rested), row.state_before
                rested = with_later_timers(process, earlier, later)
            except UnreadableState:
                return
            image = deepcopy(row.before)
            image["fingerprint"], row.state_before, state = left, rested, earlier
            for timer in image["timers"]:
                timer["due_at"] = _kept(later(timer["node_id"], datetime.fromisoformat(timer["due_at"])))
            was, now = self._rest_items(process, image["items"], was, now)
            row.before = image

    def _rest_items(
        self, process: CompiledProcess, images: Mapping[str, Any], was: Moments, now: Moments
    ) -> tuple[Moments, Moments]:
        """Those of the version before, as they were kept and as they are kept now."""
        items = self.session.scalars(select(WorkItem).where(WorkItem.id.in_([int(one) for one in images])))
        former: dict[int, Mapping[str, str | None]] = {}
        rested: dict[int, Mapping[str, str | None]] = {}
        for item in items:
            before, after = images[str(item.id)]["before"], images[str(item.id)]["after"]
            if item.id in was and was[item.id]["due_at"] == after["due_at"]:  # what a person has set since is theirs
                after |= now[item.id]
            former[item.id] = {name: before[name] for name in _MOMENTS}
            if before["due_at"] is not None:
                before |= self._moments(process, item, before)
            rested[item.id] = {name: before[name] for name in _MOMENTS}
        return former, rested

    def _moments(self, process: CompiledProcess, item: WorkItem, before: Mapping[str, Any]) -> dict[str, str | None]:
        step, calendar = process.steps[before["element_id"]], calendar_of_step(self.session, item)
        due_at = after_pause(
            step.deadline,
            datetime.fromisoformat(before["due_at"]),
            paused_at=self.paused_at,
            resumed_at=self.resumed_at,
            calendar=calendar,
        )
        ladder = ladder_of_step(self.session, process, step, before["group_id"])
        reached = before.get("escalation_reached", item.escalation_reached)  # older moves do not say
        escalates = next_escalation_at(ladder, due_at, calendar, reached, opened_at=item.opened_at)
        return {"due_at": _kept(due_at), "next_escalation_at": _kept(escalates)}


def _interval_of(process: CompiledProcess, node_id: str) -> DeadlineRule | None:
    """What a timer counts; None for one that names a moment. The value of an expression counts by the clock."""
    timer = process.timers[node_id]
    if timer.kind is TimerKind.DATE:
        return None
    return timer.rule or ElapsedTime()


def _kept(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
