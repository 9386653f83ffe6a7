"""Diagrams that others drew, in about thirty tools: accepted ones are walked to an end, others refused in place.

They lie beside the checkout (../shared/bpmn) and are never copied into it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from time import thread_time
from typing import Any

import pytest
from support.foreign_walk import walk_to_an_end

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.finding_texts import message_template, remedy_template
from engine.bpmn.findings import Severity

FOLDER = Path(__file__).resolve().parents[4].parent / "shared" / "bpmn"
EXPECTED: dict[str, dict[str, Any]] = (
    {each["file"]: each["expected"] for each in json.loads((FOLDER / "manifest.json").read_text())["files"]}
    if (FOLDER / "manifest.json").is_file()
    else {}
)
WALKS = 5
# Refused when the experiment was made, executed by now; tests/foreign_maps walks it.
EXECUTED_SINCE = frozenset(
    {
        "02-SAP_Signavio_Process_Manager_19.9.0_C.9.0-export.bpmn",
        "11-Enterprise_Explorer_1.0.0_C.2.0-roundtrip.bpmn",
        "21-Visual_Paradigm_11.1_A.3.0-roundtrip.bpmn",
        "25-bpmn.io_Camunda_Modeler_18.6.1_C.6.0-export.bpmn",
        "45-ex07_writer0011.bpmn",
    }
)


def test_the_diagrams_are_there() -> None:
    if EXPECTED:
        assert len(EXPECTED) >= 45
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"the diagrams of others are missing: expected them in {FOLDER}")
    pytest.skip(f"the diagrams of others are not here ({FOLDER}); they are read where they lie, never copied")


def outcome_of(name: str) -> CompileOutcome:
    began = thread_time()
    outcome = compile_bpmn({name: (FOLDER / name).read_bytes()})
    assert thread_time() - began < 3, "a typical map takes a second at most, on a slow machine three"
    return outcome


def is_accepted(outcome: CompileOutcome) -> bool:
    return outcome.process is not None and all(each.severity is not Severity.ERROR for each in outcome.findings)


@pytest.mark.parametrize("name", sorted(name for name, each in EXPECTED.items() if each["verdict"] == "accept"))
def test_an_executable_map_of_others_is_accepted_and_walked_to_an_end(name: str) -> None:
    outcome = outcome_of(name)
    assert is_accepted(outcome), [each for each in outcome.findings if each.severity is Severity.ERROR]
    assert outcome.process is not None
    may_wait_for_ever = any(each.code == "MAY_DEADLOCK" for each in outcome.findings)
    for seed in range(WALKS):
        try:
            assert walk_to_an_end(outcome.process, seed).ended
        except Exception:
            if not may_wait_for_ever:  # that it may was said when the map was read
                raise


@pytest.mark.parametrize("name", sorted(name for name, each in EXPECTED.items() if each["verdict"] == "accept"))
def test_steps_that_are_not_executed_are_named(name: str) -> None:
    warned = {each.element_id for each in outcome_of(name).findings if each.severity is not Severity.INFO}
    assert set(EXPECTED[name]["must_warn_about"]) <= warned


@pytest.mark.parametrize(
    "name", sorted({name for name, each in EXPECTED.items() if each["verdict"] == "refuse"} - EXECUTED_SINCE)
)
def test_a_map_that_cannot_run_is_refused_with_place_and_remedy(name: str) -> None:
    outcome, expected = outcome_of(name), EXPECTED[name]
    errors = [each for each in outcome.findings if each.severity is Severity.ERROR]
    assert outcome.process is None
    assert expected["code"] in {each.code for each in errors}
    named = {each.element_id for each in errors}
    assert set(expected["elements"]) <= named
    for each in errors:
        assert each.line is not None
        assert message_template(each.code) % each.params
        assert remedy_template(each.code) % each.params


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_finding_can_be_put_into_words(name: str) -> None:
    for each in outcome_of(name).findings:
        assert message_template(each.code) % each.params
        assert remedy_template(each.code) % each.params
