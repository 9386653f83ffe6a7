"""A byte of an approval sheet changed: it is found in every export, and where an entry was hit, the entry is named."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.scorecard import Scorecard
from support.exported_sheets import Export, exported
from support.office import Office

from engine.db.session import Database
from engine.policy.approval_sheet_file import ENTRIES, line_places
from engine.policy.history_chain import ChainFaultReason
from engine.policy.sealed_paper import NotSealed, sealed_by
from webui.proven_files import NoSheet, proven_file

QUICK = 150
"""How many bytes of each export the short form changes."""


@pytest.fixture(scope="module")
def exports(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Export]]:
    """A deal with two decisions, as JSON, as a page, on paper. What a file proves does not depend on the database."""
    folder = tmp_path_factory.mktemp("exports")
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, folder / 'reglament.sqlite')}")
    office = Office(database)
    office.publish()
    yield exported(office, folder)
    database.dispose()


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
    flips = of_entries = 0
    for position in positions:
        bit = chance.randrange(8)
        changed = bytearray(export.content)
        changed[position] ^= 1 << bit
        named = found(bytes(changed))
        flips += 1
        where = (position, bit, bytes(changed[max(0, position - 30) : position + 30]))
        assert named, where
        if hit := export.names.get(position):
            of_entries += 1
            assert named & hit, (named, hit, where)
    assert of_entries, "no entry was hit"
    scorecard.passed(11, kind, f"{flips:,} changes in {size:,} bytes, each found, its entry named")


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # of a certificate whose first bit changes, by chance
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
