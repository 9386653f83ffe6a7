"""Events of sales maps and of moving deals between their versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.events.base import Event


@dataclass(frozen=True, slots=True)
class DefinitionDeployed(Event):
    key: str
    version: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class DefinitionAmended(Event):
    """A draft's files were replaced by edited ones. ``revision`` is the new one; ``based_on`` is the number of the
    version that was edited, where a draft was made of another version.
    """

    key: str
    version: int
    revision: int
    content_hash: str
    based_on: int | None = None


@dataclass(frozen=True, slots=True)
class DefinitionPublished(Event):
    """``called_key`` and ``called_version`` name the map whose publishing brought this version about, if one did.

    ``note`` says why it was published.
    """

    key: str
    version: int
    called_key: str = ""
    called_version: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class DefinitionRetired(Event):
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class DefinitionDiscarded(Event):
    """A draft was thrown away. ``was_last``: no version of the map is left, its rules and answers are gone as well."""

    key: str
    version: int
    name: str
    was_last: bool = False


@dataclass(frozen=True, slots=True)
class MapRulesChanged(Event):
    """The rules of a map as they are now, by name."""

    key: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DealVersionMoved(Event):
    """The deal follows another version of its map. ``changes`` names the kinds of what is different where it stands;
    ``chosen`` maps the name of a place to that of the step at which the deal goes on instead; ``passed_over`` names the
    approvals that this left behind without their being given.
    """

    map_key: str
    from_version: int
    to_version: int
    map_hash: str
    changes: tuple[str, ...]
    chosen: Mapping[str, str]
    move_id: int
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionMoveUndone(Event):
    map_key: str
    from_version: int
    to_version: int
    move_id: int


@dataclass(frozen=True, slots=True)
class VersionMoveStarted(Event):
    """Running deals are moved to a version. ``deals`` is how many."""

    move_id: int
    key: str
    version: int
    deals: int
    deadlines: str
    holders: str


@dataclass(frozen=True, slots=True)
class VersionMoveCancelled(Event):
    move_id: int
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class VersionMoveTakenBack(Event):
    """All deals of a move that have not gone on since return to where they were."""

    move_id: int
    key: str
    version: int
