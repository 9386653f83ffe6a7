"""The table of BPMN elements is what the compiler does, and each of its rows is proven by a test that exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import NamedTuple
from xml.etree import ElementTree as ET  # our own canonical form

import pytest
from support.documents import DOCS, ROOT
from support.element_drawings import DRAWINGS

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.findings import Severity

# The flow elements and event definitions of BPMN 2.0 (formal/2013-12-09), what activities are marked with, global
# tasks, artifacts, and what stands in collaborations and choreographies: every concrete class that a tool can draw.
STANDARD = frozenset(
    {
        *("adHocSubProcess", "businessRuleTask", "callActivity", "manualTask", "receiveTask", "scriptTask", "sendTask"),
        *("serviceTask", "subProcess", "task", "transaction", "userTask"),
        *("globalBusinessRuleTask", "globalManualTask", "globalScriptTask", "globalTask", "globalUserTask"),
        *("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"),
        *("complexGateway", "eventBasedGateway", "exclusiveGateway", "inclusiveGateway", "parallelGateway"),
        *("implicitThrowEvent", "sequenceFlow"),
        *("cancelEventDefinition", "compensateEventDefinition", "conditionalEventDefinition", "errorEventDefinition"),
        *("escalationEventDefinition", "linkEventDefinition", "messageEventDefinition", "signalEventDefinition"),
        *("terminateEventDefinition", "timerEventDefinition"),
        *("dataInputAssociation", "dataObject", "dataObjectReference", "dataOutputAssociation", "dataStoreReference"),
        *("association", "group", "textAnnotation"),
        *("lane", "laneSet", "messageFlow", "participant"),
        *("callChoreography", "choreographyTask", "subChoreography"),
        *("callConversation", "conversation", "subConversation"),
    }
)
# Which trigger can stand where (table 10.93): the five events have no row of their own.
POSITIONS = {
    "no trigger": {"start", "intermediate throw", "end"},
    "messageEventDefinition": {"start", "sub-process", "catch", "boundary", "beside", "throw", "end"},
    "timerEventDefinition": {"start", "sub-process", "catch", "boundary", "beside"},
    "errorEventDefinition": {"sub-process", "boundary", "end"},
    "escalationEventDefinition": {"sub-process", "boundary", "beside", "throw", "end"},
    "cancelEventDefinition": {"boundary", "end"},
    "compensateEventDefinition": {"sub-process", "boundary", "throw", "end"},
    "conditionalEventDefinition": {"start", "sub-process", "catch", "boundary", "beside"},
    "linkEventDefinition": {"catch", "throw"},
    "signalEventDefinition": {"start", "sub-process", "catch", "boundary", "beside", "throw", "end"},
    "terminateEventDefinition": {"end"},
    "several triggers": {"start", "sub-process", "catch", "boundary", "beside", "throw", "end"},
    "several triggers, all needed": {"start", "sub-process", "catch", "boundary"},
}
WORDS = {"sub-process": "event sub-process start", "beside": "boundary, not interrupting"}


class Row(NamedTuple):
    element: str
    where: str
    verdict: str
    proof: str

    @property
    def key(self) -> tuple[str, str]:
        return self.element, self.where


def rows() -> list[Row]:
    text = (DOCS / "elements.md").read_text(encoding="utf-8")
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return [
        Row(cells[0].replace("`", ""), cells[1].replace("`", ""), cells[2], cells[4].strip("`"))
        for cells in table
        if len(cells) == 5 and cells[0] != "element" and set(cells[0]) != {"-"}
    ]


def verdict(outcome: CompileOutcome) -> str:
    """What became of the element ``x``."""
    process = outcome.process
    if process is None:
        errors = [each for each in outcome.findings if each.severity is Severity.ERROR]
        assert any(each.element_id or each.code == "CONVERSATION" for each in errors), errors
        return "refused"
    if "x" in process.steps:
        return "a step"
    if any(step.source_id == "x" for step in process.steps.values()):
        return "asked"
    if "x" not in {element.get("id") for element in ET.fromstring(process.executable).iter()}:  # noqa: S314
        return "read only"
    said = {each.code for each in outcome.findings if each.element_id == "x"}
    return "by hand" if "START_TRIGGER" in said and not process.start_messages else "executed"


@pytest.mark.parametrize("row", rows(), ids=lambda row: " ".join(row.key))
def test_the_verdict_of_a_row_is_the_compilers(row: Row) -> None:
    assert row.key in DRAWINGS, "draw it in tests/support/element_drawings.py"
    drawing = DRAWINGS[row.key]
    outcome = compile_bpmn(drawing.files(), process_key="sale" if drawing.parts else None)
    assert verdict(outcome) == row.verdict, outcome.findings


def test_every_drawing_has_its_row_and_no_row_stands_twice() -> None:
    keys = [row.key for row in rows()]
    assert sorted(keys) == sorted(DRAWINGS)


def test_every_element_of_the_standard_is_in_the_table() -> None:
    named = {word for row in rows() for word in re.findall(r"\w+", row.element)}
    assert STANDARD - named == set()


@pytest.mark.parametrize("trigger", POSITIONS)
def test_every_trigger_is_in_the_table_wherever_it_can_stand(trigger: str) -> None:
    found = {row.where for row in rows() if row.element == trigger}
    missing = {place for place in POSITIONS[trigger] if not any(WORDS.get(place, place) in where for where in found)}
    assert missing == set()


@pytest.mark.parametrize("proof", sorted({row.proof for row in rows()}))
def test_the_test_that_proves_a_row_exists(proof: str) -> None:
    path, name = proof.split("::", 1)
    assert name in named_in(path)


@cache
def named_in(path: str) -> frozenset[str]:
    """The tests of a file by their node ids, without parameters."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    alone = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
    in_classes = {
        f"{group.name}::{each.name}"
        for group in tree.body
        if isinstance(group, ast.ClassDef)
        for each in group.body
        if isinstance(each, ast.FunctionDef)
    }
    return frozenset(name for name in alone | in_classes if "test_" in name)
