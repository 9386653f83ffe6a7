"""What becomes of each foreign map: read where it lies beside the checkout, compiled and walked, once per session."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import thread_time
from typing import Any
from xml.etree import ElementTree as ET  # our own canonical form, not the foreign file

from foreign_maps.walker import Walked, walk

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compiled import CompiledProcess, ExpressionCondition
from engine.bpmn.expressions import compile_expression
from engine.bpmn.findings import Finding, Severity

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "bpmn"
NO_FINGER_FOLLOWS = {
    "27-ex02_writer0033.bpmn": "NEVER_ENDS",
    "39-invalid.bpmn": "LINK_UNMATCHED",
    "40-not-bpmn.bpmn": "NOT_BPMN",
    "41-broken.bpmn": "XML_NOT_WELLFORMED",
}
"""No finger could follow one of them: no BPMN, a torn file, a link to nowhere, a circle without a way out."""
_SUFFIXES = (".bpmn", ".bpmn2", ".xml")
_MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


@dataclass(frozen=True)
class Verdict:
    """``walked`` is None for a refused map. ``seconds`` of the processor's time went into compiling and all walks."""

    name: str
    outcome: CompileOutcome
    walked: Walked | None
    seconds: float

    @property
    def is_accepted(self) -> bool:
        return self.outcome.process is not None

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.outcome.findings if one.severity is Severity.ERROR)

    @property
    def is_walked(self) -> bool:
        return self.walked is not None and bool(self.walked.ends) and not self.never_done

    @property
    def never_done(self) -> set[str]:
        """Human steps that a deal can come to and that no walk completed."""
        process = self.outcome.process
        if process is None or self.walked is None:
            return set()
        never = {one.element_id for one in self.outcome.findings if one.code == "ERROR_NEVER_THROWN"}
        return (reachable(process, never) & {*process.steps}) - self.walked.completed


def foreign_maps() -> list[str]:
    return sorted(file.name for file in FOLDER.glob("*") if file.name.endswith(_SUFFIXES))


@cache
def verdict_on(name: str) -> Verdict:
    content = (FOLDER / name).read_bytes()
    began = thread_time()
    outcome = compile_bpmn({name: content})
    walked = walk(outcome.process) if outcome.process is not None else None
    return Verdict(name, outcome, walked, thread_time() - began)


def strata() -> dict[str, list[str]]:
    """The maps by who drew them: people at work, vendors of tools, developers."""
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    found: dict[str, list[str]] = {}
    for entry in manifest["files"]:
        found.setdefault(entry["stratum"], []).append(entry["file"])
    return {stratum: sorted(names) for stratum, names in sorted(found.items())}


def share(names: Collection[str]) -> str:
    """How many run, in words."""
    walked = sum(verdict_on(name).is_walked for name in names)
    return (
        f"{walked} of {len(names)} ({walked / len(names):.0%}) accepted and walked to an end with every human step done"
    )


def expected_verdicts() -> dict[str, Mapping[str, Any]]:
    """What an earlier experiment made of each file: a hint, not a law."""
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    return {entry["file"]: entry["expected"] for entry in manifest["files"]}


def differences() -> list[str]:
    """Where the compiler judges otherwise than the experiment did."""
    told = []
    expected = expected_verdicts()
    for name in foreign_maps():
        hint, verdict = expected.get(name, {}), verdict_on(name)
        wanted, found = hint.get("verdict"), "accept" if verdict.is_accepted else "refuse"
        codes = {one.code for one in verdict.errors}
        if wanted != found:
            told.append(f"{name}: the experiment says {wanted}, the compiler {found} {sorted(codes)}")
        elif found == "refuse" and hint.get("code") not in codes:
            told.append(f"{name}: the experiment says {hint.get('code')}, the compiler {sorted(codes)}")
        named = {one.element_id for one in verdict.outcome.findings}
        silent = [element for element in hint.get("must_warn_about", ()) if found == "accept" and element not in named]
        told += [f"{name}: nothing is said about {element}" for element in silent]
    return told


def reachable(process: CompiledProcess, never: Collection[str | None] = ()) -> set[str]:
    """Ids of the elements that a deal can come to, flows whose condition is constantly false left out.

    ``never`` are events of which it was said that they never happen.
    """
    root = ET.fromstring(process.executable)  # noqa: S314  # written by the compiler, without a DOCTYPE
    ways: dict[str, list[str]] = {}
    for flow in root.iter(f"{_MODEL}sequenceFlow"):
        if not _never_true(process, flow.attrib["id"]):
            ways.setdefault(flow.attrib["sourceRef"], []).append(flow.attrib["targetRef"])
    for boundary in root.iter(f"{_MODEL}boundaryEvent"):
        if boundary.attrib["id"] not in never:
            ways.setdefault(boundary.attrib["attachedToRef"], []).append(boundary.attrib["id"])
    scopes = {one.attrib["id"]: one for tag in ("process", "subProcess") for one in root.iter(f"{_MODEL}{tag}")}
    for scope_id, scope in scopes.items():
        ways.setdefault(scope_id, []).extend(start.attrib["id"] for start in scope.findall(f"{_MODEL}startEvent"))
    for call in root.iter(f"{_MODEL}callActivity"):
        ways.setdefault(call.attrib["id"], []).append(call.attrib["calledElement"])
    found, todo = {process.key}, [process.key]
    while todo:
        new = {*ways.get(todo.pop(), ())} - found
        found |= new
        todo += new
    return found


def _never_true(process: CompiledProcess, flow_id: str) -> bool:
    condition = process.conditions.get(flow_id)
    if not isinstance(condition, ExpressionCondition):
        return False
    compiled = compile_expression(condition.text)
    return not compiled.names and compiled.evaluate({}) is False
