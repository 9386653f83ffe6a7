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
    """``changes`` maps a field's name to [old, new]; own fields have names like ``client.industry``."""

    client_id: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ContactAdded(Event):
    """Entries of 0.1.0 have no ``name``."""

    client_id: int
    contact_id: int
    name: str


@dataclass(frozen=True, slots=True)
class ContactChanged(Event):
    """``changes`` maps a field's name to [old, new]; own fields have names like ``contact.birthday``."""

    client_id: int
    contact_id: int
    name: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClientImported(Event):
    """Added from a list that somebody brought. It names nobody: what is undone leaves no names behind."""

    client_id: int
    import_id: int


@dataclass(frozen=True, slots=True)
class ContactImported(Event):
    client_id: int
    contact_id: int
    import_id: int


@dataclass(frozen=True, slots=True)
class ClientRemoved(Event):
    """What an import had added was taken back, with all contacts and notes of that import."""

    client_id: int
    import_id: int


@dataclass(frozen=True, slots=True)
class ContactRemoved(Event):
    client_id: int
    contact_id: int
    import_id: int


@dataclass(frozen=True, slots=True)
class ImportStarted(Event):
    """``content`` is clients, notes or deals, ``rows`` how many are to be taken over."""

    import_id: int
    content: str
    rows: int


@dataclass(frozen=True, slots=True)
class ImportStopped(Event):
    """``content`` as when it started; empty where it was not kept."""

    import_id: int
    content: str = ""


@dataclass(frozen=True, slots=True)
class ImportTakenBack(Event):
    import_id: int


@dataclass(frozen=True, slots=True)
class OwnFieldAdded(Event):
    """``subject`` is client or contact; ``name`` is the field's in maps, ``label`` what people read."""

    subject: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class OwnFieldChanged(Event):
    subject: str
    name: str
    label: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OwnFieldRetired(Event):
    """It is asked for nowhere any more; its values stay."""

    subject: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class OwnFieldRestored(Event):
    subject: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class ClientDataTaken(Event):
    """Somebody took all that is held about a client out as an archive. It names nobody."""

    client_id: int


@dataclass(frozen=True, slots=True)
class ClientsMerged(Event):
    """``merged_id`` became a part of ``client_id``, with so many deals, contacts and notes. It names nobody."""

    client_id: int
    merged_id: int
    merge_id: int
    deals: int
    contacts: int
    notes: int


@dataclass(frozen=True, slots=True)
class ClientsMergeUndone(Event):
    client_id: int
    merged_id: int
    merge_id: int


@dataclass(frozen=True, slots=True)
class ClientsToldApart(Event):
    """Somebody has said that these clients, who look alike, are no doubles."""

    client_ids: tuple[int, ...]
