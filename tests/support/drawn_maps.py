"""Draws small maps in a few words, as bytes that a person could have uploaded."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compiled import CompiledProcess, StepDefinition
from engine.bpmn.findings import Finding, Severity

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:flowable="http://flowable.org/bpmn" '
    'xmlns:activiti="http://activiti.org/bpmn" '
    'xmlns:signavio="http://www.signavio.com" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'xmlns:reglament="https://reglament.app/schema/bpmn/1.0"'
)


def drawn(*parts: str, around: str = "", key: str = "sale") -> bytes:
    """A file with one process; each part stands on a line of its own, the first on line 4. ``around``: beside it."""
    body = "\n".join(parts)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions {NAMESPACES} id="d" targetNamespace="t">{around}\n'
        f'<process id="{key}" name="Продаж" isExecutable="true">\n{body}\n</process>\n</definitions>\n'
    ).encode()


def element(tag: str, element_id: str, name: str = "", inner: str = "", **attributes: str) -> str:
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    named = f" name={quoteattr(name)}" if name else ""
    return f'<{tag} id="{element_id}"{named}{written}>{inner}</{tag}>'


def step(element_id: str, name: str = "", **said: str) -> str:
    """A user task with a property bag. Keys are the words that an owner writes."""
    return element("userTask", element_id, name or element_id, bag(**said) if said else "")


def bag(**said: str) -> str:
    pairs = "".join(
        f"<camunda:property name={quoteattr(key)} value={quoteattr(value)}/>" for key, value in said.items()
    )
    return f"<extensionElements><camunda:properties>{pairs}</camunda:properties></extensionElements>"


def flow(source: str, target: str, name: str = "", condition: str = "", flow_id: str = "") -> str:
    inner = (
        f'<conditionExpression xsi:type="tFormalExpression">{escape(condition)}</conditionExpression>'
        if condition
        else ""
    )
    return element("sequenceFlow", flow_id or f"{source}_{target}", name, inner, sourceRef=source, targetRef=target)


def chain(*nodes: str) -> str:
    return "".join(flow(source, target) for source, target in pairwise(nodes))


START = '<startEvent id="start"/>'
END = '<endEvent id="end"/>'


def compiled(*parts: str, around: str = "") -> CompiledProcess:
    """The process compiled from ``parts``; fails the test with all findings when there is none."""
    outcome = outcome_of(*parts, around=around)
    assert outcome.process is not None, outcome.findings
    return outcome.process


def outcome_of(*parts: str, around: str = "") -> CompileOutcome:
    return compile_bpmn({"карта.bpmn": drawn(*parts, around=around)})


def found(outcome: CompileOutcome | CompiledProcess, code: str) -> Finding:
    """The only finding of that code."""
    (finding,) = [each for each in outcome.findings if each.code == code]
    return finding


def codes(outcome: CompileOutcome, *severities: Severity) -> set[str]:
    return {each.code for each in outcome.findings if not severities or each.severity in severities}


def named(process: CompiledProcess, name: str) -> StepDefinition:
    """The step that people know by ``name``."""
    (definition,) = [each for each in process.steps.values() if each.name == name]
    return definition


def fixture(test_file: str, name: str) -> dict[str, bytes]:
    """A .bpmn file beside the test, as an upload."""
    path = Path(test_file).parent / name
    return {path.name: path.read_bytes()}


def one_decision(*labels: str, said: str = "", gateway: str = "exclusiveGateway") -> tuple[str, ...]:
    """A step, a decision behind it, and an end for each label."""
    ends = [element("endEvent", f"end{number}") for number in range(len(labels))]
    flows = [flow("g", f"end{number}", name, flow_id=f"way{number}") for number, name in enumerate(labels)]
    task = step("t", "Крок", погодження=said) if said else step("t", "Крок")
    return START, task, element(gateway, "g", "Рішення"), *ends, chain("start", "t", "g"), *flows
