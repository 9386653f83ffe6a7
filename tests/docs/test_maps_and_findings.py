"""What the documents say about maps is what the program reads and says."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest
from support.documents import DOCS, ROOT, headings

from engine.bpmn.compiled import FieldType
from engine.bpmn.deadline_text import parse_deadline, parse_ladder
from engine.bpmn.dmn.model import Aggregator, HitPolicy
from engine.bpmn.expressions import compile_unary_tests
from engine.bpmn.finding_texts import earlier_codes, known_codes
from engine.bpmn.map_properties import Property
from engine.bpmn.reading.property_keys import property_named

MAPS = DOCS / "maps.md"


def section(title: str) -> str:
    """The text under a heading of docs/maps.md."""
    text = MAPS.read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def cells(table: str) -> list[list[str]]:
    """The pieces of code in each cell of a table's rows, by row."""
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")][2:]
    return [[" ".join(re.findall(r"`([^`]+)`", cell)) for cell in row] for row in rows]


def keys() -> list[str]:
    return [key for row in cells(section("What each step says")) for cell in row[1:3] for key in cell.split()]


@pytest.fixture(scope="module")
def findings_page() -> ModuleType:
    """tools/findings_page.py, which is a script and no part of a package."""
    spec = importlib.util.spec_from_file_location("findings_page", ROOT / "tools" / "findings_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_finding_is_documented_and_no_other() -> None:
    assert {words for _, words in headings(DOCS / "findings.md")} - known_codes() == {
        "Findings: what the product says about a map"
    }
    assert known_codes() - {words for _, words in headings(DOCS / "findings.md")} == set()


def test_findings_are_documented_in_the_words_of_the_program(findings_page: ModuleType) -> None:
    assert (DOCS / "findings.md").read_text(encoding="utf-8") == findings_page.page(), (
        "run .venv/bin/python tools/findings_page.py"
    )


def test_every_finding_has_an_example_in_both_languages_and_no_other_has(findings_page: ModuleType) -> None:
    examples = findings_page.examples()
    assert set(examples) == known_codes() - earlier_codes()
    for code, example in examples.items():
        assert set(example) == {"en", "uk"}, code
        assert all(text.strip() for text in example.values()), code
    assert not [code for code, example in examples.items() if re.search("[а-яіїєґ]", example["en"])]


def test_every_remedy_and_message_has_its_ukrainian_words(findings_page: ModuleType) -> None:
    lines = [line for line in findings_page.page().splitlines() if line.startswith("- uk:")]
    assert len(lines) == len(known_codes())
    assert not [line for line in lines if len(re.findall("[а-яіїєґ]", line, re.IGNORECASE)) < 10]


@pytest.mark.parametrize("key", keys())
def test_a_key_in_the_table_is_read_as_a_property(key: str) -> None:
    assert property_named(key) is not None


def test_every_property_has_its_row_in_the_table() -> None:
    assert {property_named(key) for key in keys()} == set(Property)


def test_every_type_of_field_is_named() -> None:
    assert [one.value for one in FieldType if f"`{one.value}`" not in section("Fields")] == []


def deadlines() -> list[str]:
    rows = (line.strip("|").split("|")[0] for line in section("Deadlines").splitlines() if line.startswith("| `"))
    return [text for cell in rows for text in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize("text", deadlines())
def test_a_deadline_of_the_examples_is_understood(text: str) -> None:
    parse_deadline(text)


def ladders() -> list[str]:
    block = re.search(r"```\n(.*?)```", section("Escalation ladder"), re.DOTALL)
    assert block is not None
    return block[1].splitlines()


def test_both_ladders_of_the_example_say_the_same() -> None:
    ukrainian, english = (parse_ladder(text) for text in ladders())
    assert ukrainian == english


def tabled_cells() -> list[str]:
    """The examples of cells of decision tables."""
    said = re.search(r"\*\*Cells\*\* are(.*?)\. Results", section("Decision tables"), re.DOTALL)
    assert said is not None
    return re.findall(r"`([^`]+)`", said[1])


def test_every_example_of_a_cell_is_read() -> None:
    assert len(tabled_cells()) > 10
    for cell in tabled_cells():
        compile_unary_tests(cell)


def test_every_hit_policy_has_its_row() -> None:
    rows = [line.split("|")[1] for line in section("Decision tables").splitlines() if line.startswith("|")]
    words = {word.strip() for row in rows for word in re.split(r",| with ", row)}
    assert {one.value for one in (*HitPolicy, *Aggregator)} <= words
