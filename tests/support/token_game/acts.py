"""What can happen to an instance. Acts name elements as drawn, so that they mean the same to both sides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Complete:
    """A person completes the ``nth`` open step at that element, the oldest being 0."""

    step: str
    nth: int = 0
    outcome: str = "completed"
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choose:
    """A person says which ``part`` of an ad-hoc sub-process begins next, or that nothing more does ("")."""

    ad_hoc: str
    nth: int = 0
    part: str = ""


@dataclass(frozen=True)
class Fire:
    """The clock reaches a timer, and goes ``late`` days beyond before somebody looks."""

    timer: str
    nth: int = 0
    late: int = 0


@dataclass(frozen=True)
class FireEarly:
    """Somebody fires a timer before it is due: nothing happens."""

    timer: str
    nth: int = 0


@dataclass(frozen=True)
class Deliver:
    """A message or a signal comes; ``by_hand``: a person says so, where the importer put a step there."""

    event: str
    nth: int = 0
    by_hand: bool = False


@dataclass(frozen=True)
class Answer:
    """A worker comes back from a service call, with an error or well."""

    service: str
    nth: int = 0
    error: str | None = None


@dataclass(frozen=True)
class Repeated:
    """The last stimulus comes once more: whatever it named is gone, and nothing happens."""


@dataclass(frozen=True)
class Look:
    """Facts of the deal changed, none of those that conditions read: nothing happens."""


@dataclass(frozen=True)
class NewProcess:
    """The process died: the map is read from the database, its spec built anew."""


@dataclass(frozen=True)
class Restart:
    """Another deal begins on the same map."""


Act = Complete | Choose | Fire | FireEarly | Deliver | Answer | Repeated | Look | NewProcess | Restart
