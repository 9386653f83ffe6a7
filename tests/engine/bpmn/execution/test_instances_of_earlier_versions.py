"""Instances and compiled maps that version 0.1.0 stored go on as they were begun.

``stored_by_format_1.json`` holds what that version compiled and where its instances waited; it is never made anew.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from support.canonical_maps import MONDAY, ElapsedDueTimes

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.environment import MapEnvironment
from engine.bpmn.runtime import CompleteStep, DeliverMessage, StepContext, StepResult, Stimulus
from engine.bpmn.script_engine import MapScriptEngine
from engine.bpmn.spec import build_spec
from engine.bpmn.state_codec import decode, read_document
from engine.bpmn.stepper import step
from engine.bpmn.variables import VariableStore
from engine.bpmn.waits import Waits, waits_of

STORED: dict[str, Any] = json.loads((Path(__file__).parent / "stored_by_format_1.json").read_text(encoding="utf-8"))


class Instance:
    """Reads what waits off the stored state itself: its rows are of a version that is gone."""

    def __init__(self, name: str, **facts: Any) -> None:
        self.process = CompiledProcess.model_validate(STORED[name]["process"])
        self.state = base64.b64decode(STORED[name]["state"])
        self.context = StepContext(MONDAY, ElapsedDueTimes(), facts)
        self.last: StepResult

    @property
    def waits(self) -> Waits:
        spec = build_spec(self.process)
        document = read_document(self.state)
        store = VariableStore(spec.lookups.kept, spec.lookups.outcomes, document[2], {})
        return waits_of(decode(document, spec, MapScriptEngine(MapEnvironment(spec.lookups, store, self.context))))

    @property
    def open(self) -> list[str]:
        return sorted(opened.element_id for opened in self.waits.steps.values())

    def apply(self, stimulus: Stimulus) -> None:
        self.last = step(self.process, self.state, stimulus, self.context)
        self.state = self.last.state

    def complete(self, element_id: str) -> None:
        opened = next(each for each in self.waits.steps.values() if each.element_id == element_id)
        self.apply(CompleteStep(opened.activity_id, "completed"))

    def deliver(self) -> None:
        opened = next(iter(self.waits.messages.values()))
        self.apply(DeliverMessage(opened.activity_id, opened.node_id))


def test_an_event_sub_process_that_waits_interrupts() -> None:
    instance = Instance("interrupting event sub-process waiting")
    assert instance.open == ["t"]
    instance.deliver()
    assert instance.open == ["h"]
    instance.complete("h")
    assert instance.last.finished


def test_the_work_beside_a_waiting_event_sub_process_ends() -> None:
    instance = Instance("interrupting event sub-process waiting")
    instance.complete("t")
    instance.complete("u")
    assert instance.last.finished


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("interrupting event sub-process started", ["h"]),
        ("event sub-process beside the work started", ["h", "t", "u"]),
        ("event sub-process beside the work waiting", ["t", "u"]),
        ("ad-hoc sub-process", ["a", "b"]),
        ("multi-instance", ["t", "t"]),
        ("error that nothing handles", ["t"]),
    ],
)
def test_what_is_open_is_completed_and_the_instance_ends(name: str, steps: list[str]) -> None:
    instance = Instance(name)
    for element_id in steps:
        instance.complete(element_id)
    assert instance.last.finished


def test_a_loop_goes_round_while_its_condition_holds() -> None:
    instance = Instance("standard loop", deal={"amount": 10})
    instance.complete("t")
    assert instance.open == ["t"]
    instance.context = StepContext(MONDAY, ElapsedDueTimes(), {"deal": {"amount": 1}})
    instance.complete("t")
    assert instance.last.finished
