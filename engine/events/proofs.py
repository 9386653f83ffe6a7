"""Events of proving: the keys that sign, the sheets that were issued, the signatures that were attached."""

from __future__ import annotations

from dataclasses import dataclass

from engine.events.base import Event


@dataclass(frozen=True, slots=True)
class HistoryKeyChanged(Event):
    """The history is signed with another key from now on. ``is_introduced``: the one before has signed it."""

    key: str
    previous: str
    is_introduced: bool


@dataclass(frozen=True, slots=True)
class SealChanged(Event):
    """Approval sheets are sealed with another certificate; ``certificate`` is its SHA-256, ``until`` its last day."""

    owner: str
    certificate: str
    until: str


@dataclass(frozen=True, slots=True)
class SheetIssued(Event):
    """A sealed approval sheet was handed out as a PDF. ``number`` and ``entry_hash`` name the last entry in it.

    ``sha256`` and ``size`` in bytes are those of the whole file: no byte of it can change unnoticed.
    """

    number: int
    entry_hash: str
    locale: str
    sha256: str
    size: int
    decisions: int
    certificate: str


@dataclass(frozen=True, slots=True)
class SignatureAttached(Event):
    """A file with a signature made elsewhere was attached to the decision of entry ``decision``.

    ``signer``, ``signed_at`` (empty if not told) and ``issuer`` are what the file says of itself. ``covers`` is the
    SHA-256 of the issued sheet whose digest was signed; empty: what was signed is not known here.
    """

    decision: int
    step: str
    name: str
    sha256: str
    size: int
    signer: str
    issuer: str
    signed_at: str
    covers: str
