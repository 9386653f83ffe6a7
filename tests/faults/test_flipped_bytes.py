"""A byte of an approval sheet changed: it is found in every export, and where an entry was hit, the entry is named."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from faults.scorecard import Scorecard
from support.office import Office
from support.web import Browser, web_application

from engine.adapters.history_keys import HistoryKeys
from engine.commands.history_signing import sign_new_entries
from engine.db.session import Database
from engine.policy.approval_sheet import ApprovalSheet
from engine.policy.approval_sheet_file import DECISIONS, ENTRIES, line_places
from engine.policy.history_chain import ChainFaultReason
from engine.policy.sealed_paper import NotSealed, sealed_by
from engine.queries.approval_sheets import approval_sheet
from webui.proven_files import NoSheet, proven_file
from webui.proving_page import sheet_in

QUICK = 150
"""How many bytes of each export the short form changes."""


@dataclass(frozen=True, slots=True)
class Export:
    """``names`` says, by position in the file, which entries may be named for it; none: the whole may be at fault."""

    content: bytes
    names: dict[int, frozenset[int]]


@pytest.fixture(scope="module")
def exports(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Export]]:
    """A deal with two decisions, as JSON, as a page, on paper. What a file proves does not depend on the database."""
    folder = tmp_path_factory.mktemp("exports")
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, folder / 'reglament.sqlite')}")
    office = Office(database)
    office.publish()
    yield exported(office, folder)
    database.dispose()


def exported(office: Office, folder: Path) -> dict[str, Export]:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    office.complete("oksana", "finance", "returned", comment="Знижка <завелика> & «дивна»\n\\ \u0001")
    keys = HistoryKeys(folder)
    while sign_new_entries(office.database, keys, clock=office.clock):
        pass
    browser = Browser(web_application(office, REGLAMENT_KEYS=str(folder)), "olena")
    address = f"/deals/{deal.id}/approval-sheet"
    sheet = browser.get(f"{address}.json").data
    page = browser.get(f"{address}.html").data
    paper = browser.get(browser.post(f"{address}/issue").headers["Location"]).data
    assert sheet_in(page) == sheet
    with office.database.read() as session:
        told = approval_sheet(session, office.actor("olena"), deal.id)
    return {
        "json": Export(sheet, places(sheet, sheet, told)),
        "page": Export(page, places(page, sheet, told)),
        "paper": Export(paper, places(paper, sheet, told)),
    }


def places(content: bytes, sheet: bytes, told: ApprovalSheet) -> dict[int, frozenset[int]]:
    """A line break belongs to the entries at both of its sides."""
    decided = [one.number for one in told.decisions]
    names: dict[int, frozenset[int]] = {}
    known = line_places(sheet)
    escaped = [line.replace(b"&", b"&amp;").replace(b"<", b"&lt;") for line in sheet.split(b"\n")]
    for index, (kind, place) in known.items():
        line = next(one for one in (escaped[index], sheet.split(b"\n")[index]) if one in content)
        begin = content.index(line)
        number = place if kind == ENTRIES else decided[place - 1] if kind == DECISIONS else 0
        names |= dict.fromkeys(range(begin, begin + len(line)), frozenset({number}))
        if (next_to := known.get(index + 1)) is not None:
            other = next_to[1] if kind == ENTRIES else decided[next_to[1] - 1]
            names[begin + len(line)] = frozenset({number, other})
    return names


def found(content: bytes) -> frozenset[int]:
    """The numbers that are named; 0 is the whole, which also stands for a file that is none of ours any more."""
    try:
        return frozenset(fault.number for fault in proven_file(content).faults)
    except NoSheet:
        return frozenset({0})


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["json", "page", "paper"])
def test_every_changed_byte_is_found_and_its_entry_named(
    exports: dict[str, Export], kind: str, full: bool, scorecard: Scorecard
) -> None:
    export = exports[kind]
    assert proven_file(export.content).faults == ()
    chance = random.Random(11)  # noqa: S311  # a series that can be played again
    size = len(export.content)
    positions = range(size) if full else sorted(chance.sample(range(size), min(QUICK, size)))
    flips = 0
    for position in positions:
        for bit in {chance.randrange(8), 5} if full else {chance.randrange(8)}:
            changed = bytearray(export.content)
            changed[position] ^= 1 << bit
            named = found(bytes(changed))
            flips += 1
            where = (position, bit, bytes(changed[max(0, position - 30) : position + 30]))
            assert named, where
            assert not (hit := export.names.get(position)) or named & hit, (named, hit, where)
    scorecard.passed(11, kind, f"{flips:,} changes in {size:,} bytes, each found, its entry named")


def test_every_bit_of_the_seal_itself_is_sealed(exports: dict[str, Export]) -> None:
    """What a signature leaves unsigned, its own container, is where others let bytes change."""
    paper = exports["paper"].content
    begin = paper.index(b"/Contents <")
    for position in range(begin, begin + 2000):
        changed = bytearray(paper)
        changed[position] ^= 1 << position % 8
        with pytest.raises(NotSealed):
            sealed_by(bytes(changed))


def cut(content: bytes) -> bytes:
    return content[:-1]


def grown(content: bytes) -> bytes:
    return content + b"\n"


def without_an_entry(content: bytes) -> bytes:
    lines = content.split(b"\n")
    index = next(index for index, (kind, place) in line_places(content).items() if kind == ENTRIES and place == 3)
    return b"\n".join(lines[:index] + lines[index + 1 :])


@pytest.mark.parametrize("change", [cut, grown])
@pytest.mark.parametrize("kind", ["json", "page", "paper"])
def test_a_byte_less_or_more_is_found(exports: dict[str, Export], kind: str, change: Callable[[bytes], bytes]) -> None:
    assert found(change(exports[kind].content))


def test_an_entry_taken_out_is_found(exports: dict[str, Export]) -> None:
    verdict = proven_file(without_an_entry(exports["json"].content))
    assert ChainFaultReason.UNLINKED in {fault.reason for fault in verdict.faults}
