"""Drives one instance as commands would: by what the results say is open, and by nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Self

from support.canonical_maps import MONDAY, ElapsedDueTimes

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import (
    CompleteCall,
    CompleteStep,
    DeliverMessage,
    DueTimes,
    EvaluateConditions,
    FireTimer,
    OpenedCall,
    OpenedMessage,
    OpenedStep,
    OpenedTimer,
    StartProcess,
    StepContext,
    StepResult,
    Stimulus,
)
from engine.bpmn.stepper import step


class InstanceRun:
    """``steps``, ``timers``, ``messages`` and ``calls`` are kept from the deltas alone, as database rows would be."""

    def __init__(
        self,
        process: CompiledProcess,
        variables: Mapping[str, Any] | None = None,
        message: str | None = None,
        at: datetime = MONDAY,
        due_times: DueTimes | None = None,
        **facts: Any,
    ) -> None:
        self.process = process
        self.due_times = due_times or ElapsedDueTimes()
        self.now = at
        self.facts: dict[str, Any] = facts
        self.state: bytes | None = None
        self.steps: dict[str, OpenedStep] = {}
        self.timers: dict[tuple[str, str], OpenedTimer] = {}
        self.messages: dict[tuple[str, str], OpenedMessage] = {}
        self.calls: dict[str, OpenedCall] = {}
        self.last: StepResult
        self.apply(StartProcess(variables=variables or {}, message=message))

    def copy(self) -> Self:
        """Another run, which stands where this one does and goes on by itself."""
        other = copy(self)
        for opened in ("steps", "timers", "messages", "calls"):
            setattr(other, opened, dict(getattr(self, opened)))
        return other

    def apply(self, stimulus: Stimulus) -> StepResult:
        result = step(self.process, self.state, stimulus, self.context())
        for activity_id in result.closed_steps:
            del self.steps[activity_id]
        for timer in result.closed_timers:
            del self.timers[timer]
        for message in result.closed_messages:
            del self.messages[message]
        for call in result.closed_calls:
            del self.calls[call]
        self.steps |= {opened.activity_id: opened for opened in result.opened_steps}
        self.timers |= {(opened.activity_id, opened.node_id): opened for opened in result.opened_timers}
        self.messages |= {(opened.activity_id, opened.node_id): opened for opened in result.opened_messages}
        self.calls |= {opened.activity_id: opened for opened in result.opened_calls}
        self.state = result.state
        self.last = result
        return result

    def context(self) -> StepContext:
        return StepContext(self.now, self.due_times, self.facts)

    @property
    def open(self) -> list[str]:
        """The elements of the open steps, sorted; one entry per run."""
        return sorted(opened.element_id for opened in self.steps.values())

    @property
    def due(self) -> dict[str, datetime]:
        return {opened.node_id: opened.due_at for opened in self.timers.values()}

    def activity(self, element_id: str, index: int | None = None) -> str:
        return next(
            opened.activity_id
            for opened in self.steps.values()
            if opened.element_id == element_id and index in (None, opened.index)
        )

    def complete(
        self,
        element_id: str,
        outcome: str = "completed",
        index: int | None = None,
        by_name: Mapping[str, Any] = MappingProxyType({}),
        **values: Any,
    ) -> StepResult:
        """``by_name``: further values, whose names are no words of Python."""
        return self.apply(CompleteStep(self.activity(element_id, index), outcome, {**values, **by_name}))

    def complete_opened(self, opened: OpenedStep, outcome: str, values: Mapping[str, Any]) -> StepResult:
        return self.apply(CompleteStep(opened.activity_id, outcome, values))

    def fire(self, node_id: str) -> StepResult:
        """Let the clock reach the timer's moment, if it has not, and fire it."""
        return self.fire_timer(next(opened for opened in self.timers.values() if opened.node_id == node_id))

    def fire_timer(self, timer: OpenedTimer) -> StepResult:
        self.now = max(self.now, timer.due_at)
        return self.apply(FireTimer(timer.activity_id, timer.node_id, timer.due_at))

    def deliver(self, node_id: str, **values: Any) -> StepResult:
        return self.deliver_to(next(opened for opened in self.messages.values() if opened.node_id == node_id), values)

    def deliver_to(self, message: OpenedMessage, values: Mapping[str, Any] | None = None) -> StepResult:
        return self.apply(DeliverMessage(message.activity_id, message.node_id, values or {}))

    def answer(self, element_id: str, error: str | None = None, **values: Any) -> StepResult:
        call = next(opened for opened in self.calls.values() if opened.element_id == element_id)
        return self.apply(CompleteCall(call.activity_id, values, error))

    def facts_changed(self, **facts: Any) -> StepResult:
        self.facts = {**self.facts, **facts}
        return self.apply(EvaluateConditions())

    def wait(self, **by: float) -> None:
        self.now += timedelta(**by)
