"""Events of a deal: opened, changed, moved, suspended, ended, and what is said in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.events.base import Event


@dataclass(frozen=True, slots=True)
class DealOpened(Event):
    number: str
    title: str
    client: str
    amount: Decimal | None
    currency: str
    owner: str
    map_key: str
    map_version: int
    map_hash: str


@dataclass(frozen=True, slots=True)
class DealChanged(Event):
    """``changes`` maps a field's name to [old, new]."""

    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StageChanged(Event):
    stage: str
    previous: str


@dataclass(frozen=True, slots=True)
class DealWon(Event):
    end: str


@dataclass(frozen=True, slots=True)
class DealLost(Event):
    end: str
    reason: str


@dataclass(frozen=True, slots=True)
class DealCancelled(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class DealReopened(Event):
    """A cancelled deal goes on where it was. ``deadlines`` is ``shift`` or ``keep``."""

    reason: str
    deadlines: str


@dataclass(frozen=True, slots=True)
class DealMoved(Event):
    """A person sent the deal to a step outside of the map's order.

    ``left`` and ``passed_over`` are names: of the steps that were withdrawn, and of the approvals that lay ahead and
    are not asked any more. ``freedom`` is what the map says about such a move.
    """

    to: str
    element_id: str
    left: tuple[str, ...]
    passed_over: tuple[str, ...]
    goes_back: bool
    freedom: str
    reason: str


@dataclass(frozen=True, slots=True)
class MoveUndone(Event):
    to: str
    element_id: str


@dataclass(frozen=True, slots=True)
class DealSuspended(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class DealResumed(Event):
    """``deadlines`` is ``shift`` (moved by the pause) or ``keep``."""

    suspended_at: datetime
    deadlines: str


@dataclass(frozen=True, slots=True)
class VariablesSet(Event):
    """An administrator repaired decision variables. ``changes`` maps a variable's name to [old, new]."""

    changes: Mapping[str, Any]
    reason: str
    undoes: bool = False


@dataclass(frozen=True, slots=True)
class Commented(Event):
    """``mentions`` are the full names, by login, of the people whom the text names.

    ``files`` are the references of those that came with it (see queries.deal_files.reference).
    """

    text: str
    step: str = ""
    mentions: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class OpenedByStep(Event):
    """A step of another deal has opened this one."""

    name: str
    deal_id: int
    deal_number: str


@dataclass(frozen=True, slots=True)
class FileAdded(Event):
    """``step`` is the step of the map that made it, empty for one that a person added; ``size`` is in bytes.

    ``at_step`` names the step at which a person added it.
    """

    name: str
    version: int
    sha256: str
    size: int
    step: str
    file_id: int = 0
    at_step: str = ""


@dataclass(frozen=True, slots=True)
class FileHidden(Event):
    """Somebody removed a file with all its versions from the lists; ``version`` is the latest of them."""

    name: str
    version: int
    file_id: int


@dataclass(frozen=True, slots=True)
class FileShown(Event):
    """Somebody put a removed file back."""

    name: str
    version: int
    file_id: int


@dataclass(frozen=True, slots=True)
class ApprovalsSpared(Event):
    """With the card of the client ``client_id`` as it is now the deal would have come by ``steps``, approvals.

    It has passed by them. ``fields`` are the names of what was changed on the card, as ``client.segment``, from
    ``changed_at`` on.
    """

    steps: Sequence[str]
    fields: Sequence[str]
    client_id: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class DealClientReplaced(Event):
    """The deal's client was merged into ``client_id``, or a merge was undone.

    ``changes`` maps what maps know of a client, by names like ``client.name``, to [old, new].
    """

    client_id: int
    previous_id: int
    merge_id: int
    undoes: bool
    changes: Mapping[str, Any]
