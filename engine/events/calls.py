"""Events of calls to other systems, and of what they may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.events.base import Event


@dataclass(frozen=True, slots=True)
class CallOpened(Event):
    """A step that a program does waits for it. ``target`` says whom: a topic, a host, an address; never a secret."""

    name: str
    element_id: str
    connector: str
    target: str


@dataclass(frozen=True, slots=True)
class CallCompleted(Event):
    """``values`` are what the answer became; with ``error``, the map's own handler of that code goes on."""

    name: str
    element_id: str
    connector: str
    target: str
    values: Mapping[str, Any]
    error: str = ""


@dataclass(frozen=True, slots=True)
class CallFailed(Event):
    """``retry_at`` is when it is made again; None: an administrator decides."""

    name: str
    element_id: str
    connector: str
    target: str
    error: str
    attempts: int
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallHurried(Event):
    """Somebody had a call made at once that would have been made again later. ``attempts`` had failed by then."""

    name: str
    element_id: str
    attempts: int


@dataclass(frozen=True, slots=True)
class CallCancelled(Event):
    """The deal went another way before the answer came."""

    name: str
    element_id: str


@dataclass(frozen=True, slots=True)
class CallHostAllowed(Event):
    host: str


@dataclass(frozen=True, slots=True)
class CallHostForbidden(Event):
    host: str


@dataclass(frozen=True, slots=True)
class CallSecretSet(Event):
    """``host`` is the only one that it is sent to. The secret itself is told nowhere."""

    name: str
    host: str


@dataclass(frozen=True, slots=True)
class CallSecretRemoved(Event):
    name: str
