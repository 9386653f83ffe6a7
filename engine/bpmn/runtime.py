"""The execution core's contract: stimuli in, StepResult out. Nothing here knows of databases, people or calendars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from engine.bpmn.compiled import TimerRule
from engine.bpmn.dmn.results import DecisionResult


class DueTimes(Protocol):
    """Counts when a timer fires; the caller knows calendars and zones, the core does not."""

    def first(self, rule: TimerRule, at: datetime) -> datetime:
        """The aware UTC instant at which a timer set at ``at`` fires first."""

    def next(self, rule: TimerRule, fired: datetime, at: datetime) -> datetime:
        """The first tick of a cycle after both ``fired`` (the last due time) and ``at``: missed ticks are skipped."""


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step may read beside its own state.

    ``facts`` holds the roots ``deal``, ``client``, ``owner``, ``today``, ``now`` that expressions may name.
    """

    at: datetime
    due_times: DueTimes
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartProcess:
    """Start at the plain start event, or at the message start event that waits for ``message``."""

    variables: Mapping[str, Any] = field(default_factory=dict)
    message: str | None = None


@dataclass(frozen=True, slots=True)
class CompleteStep:
    """A person completed the human step ``activity_id`` with ``outcome`` and the values of its fields."""

    activity_id: str
    outcome: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FireTimer:
    """The timer (``activity_id``, ``node_id``) that was due at ``due_at`` fires. Stale timers change nothing."""

    activity_id: str
    node_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DeliverMessage:
    """A message for one subscription."""

    activity_id: str
    node_id: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CompleteCall:
    """A service call came back with ``values``, or with ``error`` (caught by an error boundary of that code)."""

    activity_id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class EvaluateConditions:
    """Facts changed (a field of the deal was edited): look again at waiting conditional events."""


@dataclass(frozen=True, slots=True)
class MoveToken:
    """Go on at ``target`` (an element id), however the deal stands now: the repair that no map foresees.

    ``withdrawn`` are activity ids of waiting steps whose tokens are taken back; None: those that the move needs.
    """

    target: str
    withdrawn: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class SetVariables:
    """Write variables by hand and look again at conditions. The outcome of a step is never among them."""

    values: Mapping[str, Any]


Stimulus = (
    StartProcess
    | CompleteStep
    | FireTimer
    | DeliverMessage
    | CompleteCall
    | EvaluateConditions
    | MoveToken
    | SetVariables
)


@dataclass(frozen=True, slots=True)
class OpenedStep:
    """A human step that waits now. ``index`` counts the runs of a multi-instance or loop from 0, else None.

    Here and below, ``activity_id`` is unique within the instance, not beyond it.
    """

    activity_id: str
    element_id: str
    index: int | None = None
    item: Any = None


@dataclass(frozen=True, slots=True)
class OpenedTimer:
    """A timer that waits now. A cycle that ticked is reported again with its next ``due_at``, and is not closed."""

    activity_id: str
    node_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """Waits for a message, or for a signal (thrown to everybody, without correlation) of that name."""

    activity_id: str
    node_id: str
    name: str
    correlation: Mapping[str, Any]
    kind: Literal["message", "signal"] = "message"


@dataclass(frozen=True, slots=True)
class OpenedCall:
    activity_id: str
    element_id: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Passed:
    """An element or a sequence flow was passed, in this order: the walked path."""

    element_id: str
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Thrown:
    """An event left the instance: ``kind`` is message, signal or escalation; ``name`` its name or code.

    What waits for it inside the instance has caught it already: deliver it to other instances only.
    """

    kind: str
    name: str
    element_id: str


@dataclass(frozen=True, slots=True)
class MadeDecision:
    """A business rule task was decided. ``results`` are those of all decisions made for it, the asked one last."""

    element_id: str
    results: tuple[DecisionResult, ...]
    kept: Mapping[str, Any]  # what was written into the store, by name


@dataclass(frozen=True, slots=True)
class StepResult:
    """Everything that changed. Closed ids were open before the step and are not any more (done or withdrawn)."""

    state: bytes
    finished: bool
    variables: Mapping[str, Any]  # the instance-wide store after the step, all of it
    opened_steps: tuple[OpenedStep, ...] = ()
    closed_steps: tuple[str, ...] = ()
    waiting_elements: tuple[str, ...] = ()  # the element of each human step that waits now, opened in this step or not
    opened_timers: tuple[OpenedTimer, ...] = ()
    closed_timers: tuple[tuple[str, str], ...] = ()
    ticked_timers: tuple[tuple[str, str], ...] = ()  # of the opened ones: cycles that wait for their next tick
    opened_messages: tuple[OpenedMessage, ...] = ()
    closed_messages: tuple[tuple[str, str], ...] = ()
    opened_calls: tuple[OpenedCall, ...] = ()
    closed_calls: tuple[str, ...] = ()
    passed: tuple[Passed, ...] = ()
    thrown: tuple[Thrown, ...] = ()
    decisions: tuple[MadeDecision, ...] = ()
    # Ids of the end events that were reached in this step at the top level, or in what interrupted all of that.
    end_events: tuple[str, ...] = ()
