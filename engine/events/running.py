"""Events of the engine: timers, messages, decisions of tables, incidents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.events.base import Event


@dataclass(frozen=True, slots=True)
class TimerFired(Event):
    name: str
    element_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class MessageReceived(Event):
    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SignalReceived(Event):
    name: str


@dataclass(frozen=True, slots=True)
class EventThrown(Event):
    """The map threw an event that leaves the deal: ``event`` is message, signal or escalation."""

    event: str
    name: str
    element_id: str


@dataclass(frozen=True, slots=True)
class DecisionMade(Event):
    """A decision table decided the business rule task ``name``. ``rules`` are the numbers of the rules that counted.

    ``inputs`` are the values of the columns by label; ``outputs`` what was kept, by name; ``needed`` the decisions
    made for this one before: by table [rules, outputs].
    """

    name: str
    element_id: str
    table: str
    rules: tuple[int, ...]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    needed: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IncidentRecorded(Event):
    code: str
    element: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IncidentResolved(Event):
    """``reason`` is given where it was closed by hand.

    ``is_under_way``: what failed is only tried again; if it fails again, the same failure is recorded again.
    """

    code: str
    element: str
    reason: str = ""
    is_under_way: bool = False
