"""Timers whose due time is computed once, by the caller's calendar, and stored: nothing here asks what time it is.

Stock compares each timer with the machine's clock whenever any task completes, and so fires all that are overdue.
Here a timer fires only when it is named.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from engine.bpmn.compiled import TimerKind, TimerRule
from engine.bpmn.deadline_rules import ElapsedTime, FixedInstant
from engine.bpmn.deadline_text import parse_timer_value
from engine.bpmn.guards import (
    FARTHEST_TIMER,
    SHORTEST_CYCLE,
    CycleTooFast,
    TimeMissing,
    TimerNotUnderstood,
    TimerTooFar,
    map_failed,
)
from engine.bpmn.live_workflow import LiveTask
from engine.bpmn.run_variables import loop_items
from engine.clock import as_utc
from engine.errors import DomainError

DUE = "due"  # ISO 8601, UTC
TICKS_LEFT = "left"  # of a cycle with a bound
SINCE = "since"  # ISO 8601, UTC: from when a cycle of days or months is counted


class StoredTimer(TimerEventDefinition):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """The timer of the event ``event_id``; ``repeats`` only at a non-interrupting boundary."""

    def __init__(self, event_id: str, rule: TimerRule, *, repeats: bool) -> None:
        super().__init__(event_id, event_id)
        self.event_id = event_id
        self.kind = rule.kind
        self.repetitions = rule.repetitions
        self.repeats = repeats and rule.kind is TimerKind.CYCLE

    def arm(self, task: LiveTask) -> None:
        """Compute when the timer fires first; raises MapFailed when that is no time or too far away."""
        context = task.workflow.top_workflow.environment.context
        rule = self._rule(task)
        due = self._guarded(task, rule, None)
        self._check_interval(task, rule, due)
        self._store(task, due)
        task.internal_data.pop(TICKS_LEFT, None)
        task.internal_data.pop(SINCE, None)
        if self.repeats and _is_of_days(rule):
            task.internal_data[SINCE] = as_utc(context.at).isoformat()
        ticks = rule.repetitions if rule.kind is TimerKind.CYCLE else 1  # a date in the data of the deal comes once
        if self.repeats and ticks is not None:
            task.internal_data[TICKS_LEFT] = ticks

    def keep_counting(self, task: LiveTask) -> None:
        """Leave the moment as it is, and count the ticks of another rule from it."""
        task.internal_data.pop(SINCE, None)
        if not self._is_fixed(task):  # how many are left of what it said when it was set
            return
        task.internal_data.pop(TICKS_LEFT, None)
        if self.repeats and self.repetitions is not None:
            task.internal_data[TICKS_LEFT] = self.repetitions

    def tick(self, task: LiveTask) -> bool:
        """Count a tick of a cycle and set the next one, past all that were missed; False when it was the last."""
        left = task.internal_data.get(TICKS_LEFT)
        if left is not None:
            if left <= 1:
                return False
            task.internal_data[TICKS_LEFT] = left - 1
        rule = self._rule(task)
        if rule.kind is not TimerKind.CYCLE:  # its expression has come to say a moment: no interval leads on from here
            return False
        due = self._guarded(task, rule, due_at(task))
        if not self._is_fixed(task):
            self._check_interval(task, rule, due)
        self._store(task, due)
        return True

    def _check_interval(self, task: LiveTask, rule: TimerRule, due: datetime) -> None:
        """Raises MapFailed when the ticks behind ``due`` would follow one another too fast."""
        if not self.repeats or rule.kind is not TimerKind.CYCLE:
            return
        context = task.workflow.top_workflow.environment.context
        if context.due_times.next(rule, due, due) - due < SHORTEST_CYCLE:
            raise self._failed(task, CycleTooFast())

    def _guarded(self, task: LiveTask, rule: TimerRule, fired: datetime | None) -> datetime:
        context = task.workflow.top_workflow.environment.context
        try:
            if fired is None:
                due = as_utc(context.due_times.first(rule, context.at))
            else:
                counted_from = self._counted_from(task, fired)
                due = as_utc(context.due_times.next(rule, counted_from, max(fired, as_utc(context.at))))
        except OverflowError as error:
            raise self._failed(task, TimerTooFar()) from error
        except DomainError as problem:
            raise self._failed(task, problem) from problem
        if due - context.at > FARTHEST_TIMER:
            raise self._failed(task, TimerTooFar())
        return due

    def _counted_from(self, task: LiveTask, fired: datetime) -> datetime:
        """A short month or a change of clocks moves one tick, not all that follow: they are counted from the start.

        From the last tick where the rule is an expression, which may say something else each time, where the ticks were
        put off, and where the timer was set before starts were kept.
        """
        since = task.internal_data.get(SINCE)
        return datetime.fromisoformat(since) if since is not None and self._is_fixed(task) else fired

    def _is_fixed(self, task: LiveTask) -> bool:
        """Whether the map itself says how long; else it is an expression over the deal's data, read each time."""
        return task.workflow.top_workflow.environment.lookups.timers[self.event_id].value is None

    @staticmethod
    def _store(task: LiveTask, due: datetime) -> None:
        task.internal_data[DUE] = due.isoformat()

    def _rule(self, task: LiveTask) -> TimerRule:
        """The fixed rule, or the one that the event's expression gives now."""
        environment = task.workflow.top_workflow.environment
        timer = environment.lookups.timers[self.event_id]
        if timer.value is None:
            return timer.rule
        value = timer.value(environment.variables(loop_items(task)))
        if value is None or value == "":
            raise self._failed(task, TimeMissing(expression=timer.rule.expression or ""))
        try:
            return _rule_of_value(self.kind, value)
        except DomainError as problem:
            raise self._failed(task, TimerNotUnderstood(value=str(value)[:80])) from problem

    def _failed(self, task: LiveTask, problem: DomainError) -> Exception:
        lookups = task.workflow.top_workflow.environment.lookups
        return map_failed(problem, self.event_id, lookups.name_of(self.event_id))


def _rule_of_value(kind: TimerKind, value: Any) -> TimerRule:
    """A date or a moment is itself; a duration counts; any other text is read as an owner writes it."""
    if isinstance(value, date):  # a datetime is one, too
        text = value.isoformat() if isinstance(value, datetime) else f"{value.isoformat()}T00:00"
        return TimerRule(kind=TimerKind.DATE, rule=FixedInstant(text=text))
    if isinstance(value, timedelta):
        value = f"PT{int(value.total_seconds())}S"
    rule = parse_timer_value(kind, str(value))
    if rule.expression is not None:
        raise TimerNotUnderstood(value=str(value)[:80])
    return rule


def _is_of_days(rule: TimerRule) -> bool:
    return isinstance(rule.rule, ElapsedTime) and bool(rule.rule.months or rule.rule.days)


def due_at(task: LiveTask) -> datetime:
    return datetime.fromisoformat(task.internal_data[DUE])
