"""Events of clients and contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.events.base import Event


@dataclass(frozen=True, slots=True)
class ClientAdded(Event):
    client_id: int
    name: str


@dataclass(frozen=True, slots=True)
class ClientChanged(Event):
    client_id: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ContactAdded(Event):
    client_id: int
    contact_id: int
