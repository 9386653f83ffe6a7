"""Which kind of approval sheet a file is, and whether it is whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from engine.policy.approval_sheet_check import WHOLE_SHEET, SheetVerdict, file_verdict
from engine.policy.history_chain import ChainFault, ChainFaultReason
from engine.policy.history_signatures import SigningKey
from engine.policy.sealed_paper import NotSealed, Seal, sealed_by, sheet_in_paper
from webui.i18n import LOCALES
from webui.proving_page import proving_page, sheet_in

_PAPER = b"%PDF-"


class NoSheet(ValueError):
    """Neither JSON nor a page nor paper of ours."""


@dataclass(frozen=True, slots=True)
class ProvenFile:
    """The verdict on a file, and whose seal it bears if it is paper. ``sha256`` is that of the whole file."""

    faults: tuple[ChainFault, ...]
    unsigned: tuple[int, ...]
    keys: tuple[SigningKey, ...]
    sha256: str
    seal: Seal | None = None


def proven_file(content: bytes) -> ProvenFile:
    """The verdict on a file, whatever its name. Raises NoSheet."""
    if content.startswith(_PAPER):
        return _proven_paper(content)
    if content.lstrip()[:1] == b"{":
        return _told(content, file_verdict(content))
    return _proven_page(content)


def _proven_paper(content: bytes) -> ProvenFile:
    sheet = sheet_in_paper(content)
    verdict = file_verdict(sheet) if sheet is not None else SheetVerdict(())
    try:
        seal = sealed_by(content)
    except NotSealed:
        # What its attachment says is worth knowing: it names the entry. A file that never was a sheet has none.
        if sheet is None and b"/ByteRange" not in content:
            raise NoSheet from None
        return _told(content, verdict, ChainFault(WHOLE_SHEET, ChainFaultReason.NOT_SEALED))
    if sheet is None:
        raise NoSheet
    return _told(content, verdict, seal=seal)


def _proven_page(content: bytes) -> ProvenFile:
    sheet = sheet_in(content)
    if sheet is None:
        raise NoSheet
    if any(content == page for page in _pages_around(sheet)):
        return _told(content, file_verdict(sheet))
    return _told(content, file_verdict(sheet), ChainFault(WHOLE_SHEET, ChainFaultReason.UNEXPECTED_PAGE))


def _told(content: bytes, verdict: SheetVerdict, *more: ChainFault, seal: Seal | None = None) -> ProvenFile:
    return ProvenFile(
        faults=(*verdict.faults, *more),
        unsigned=verdict.unsigned,
        keys=verdict.keys,
        sha256=hashlib.sha256(content).hexdigest(),
        seal=seal,
    )


def _pages_around(sheet: bytes) -> Iterable[bytes]:
    try:
        sheet.decode()
    except UnicodeDecodeError:
        return ()
    return (proving_page(sheet, locale=locale) for locale in LOCALES)
