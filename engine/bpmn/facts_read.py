"""What expressions of a map read that nothing gives: a name of the deal that is not there, an outcome no step has.

A condition on either is never met, and a deadline counted from one is never set: it is said before any deal comes by.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from engine.bpmn.compiled import ExpressionCondition, OutcomeKind, StepDefinition, StepKind
from engine.bpmn.counters import COUNTERS
from engine.bpmn.deadline_rules import RelativeToField
from engine.bpmn.executed_tables import expressions_of
from engine.bpmn.expressions import compile_expression
from engine.bpmn.map_model import Located, Process
from engine.bpmn.repairs.variables_asked import FACTS, provided_names, texts_compared
from engine.bpmn.repairs.workbench import Workbench

_OF_DEAL = frozenset({"number", "title", "amount", "currency", "close_date", "stage"})
_OF_OWNER = frozenset({"login", "name"})
_OUTCOMES = frozenset(OutcomeKind)
_LISTED = re.compile(r"[\"']([^\"']{1,80})[\"']")


def say_unknown_facts(workbench: Workbench, steps: Mapping[str, StepDefinition]) -> None:
    """``steps`` are all human steps of the map by element id."""
    given = set(provided_names(workbench)) | _fields(steps)
    deciding = [one for process in workbench.processes for one in deciding_of(process)]
    counted = [one for process in workbench.processes for one in _counted(process, steps)]
    for at, text, usual in (*((*one, "deal.amount") for one in deciding), *counted):
        for path in sorted(compile_expression(text).paths):
            root, _, attribute = path.partition(".")
            of_fact = {"deal": _OF_DEAL | given, "owner": _OF_OWNER}.get(root)
            if of_fact is not None and attribute and attribute.partition(".")[0] not in of_fact:
                _say(workbench, at, path, [f"{root}.{one}" for one in of_fact], usual)
    for at, text, usual in counted:
        for name in sorted(compile_expression(text).names - given - FACTS - COUNTERS):
            _say(workbench, at, name, [*given, *(f"deal.{one}" for one in _OF_DEAL)], usual)
    for at, text in deciding:
        _say_unknown_outcomes(workbench, at, text, steps)


def _fields(steps: Mapping[str, StepDefinition]) -> set[str]:
    return {field.name.removeprefix("deal.") for step in steps.values() for field in step.fields}


def _say(workbench: Workbench, at: Located, name: str, known: list[str], usual: str) -> None:
    """``usual`` is proposed where no known name looks like it."""
    near = difflib.get_close_matches(name, sorted(known), n=1)
    workbench.noticed.warning("FACT_UNKNOWN", at, name=name, near=near[0] if near else usual)


def conditions_of(process: Process) -> Iterator[tuple[Located, str]]:
    """The conditions that are expressions, of arrows and of events, with where they stand."""
    for scope in process.scope.scopes():
        for flow in scope.flows():
            if isinstance(flow.condition, ExpressionCondition):
                yield flow, flow.condition.text
    for node in process.scope.all_nodes():
        if isinstance(node.condition, ExpressionCondition):
            yield node, node.condition.text


def deciding_of(process: Process) -> Iterator[tuple[Located, str]]:
    """Conditions and what loops are decided by, with where they stand."""
    yield from conditions_of(process)
    for node in process.scope.all_nodes():
        for text in expressions_of(node.loop_rule) if node.loop_rule is not None else ():
            yield node, text


def _counted(process: Process, steps: Mapping[str, StepDefinition]) -> Iterator[tuple[Located, str, str]]:
    """Deadlines and timers counted from data, who does a step by what the deal says; and what such usually reads."""
    for node in process.scope.all_nodes():
        step = steps.get(node.id)
        rules = [step.deadline if step is not None else None, node.timer.rule if node.timer is not None else None]
        for rule in rules:
            if isinstance(rule, RelativeToField):
                yield node, rule.expression, "deal.close_date"
        for name in step.responsible if step is not None else ():
            if name.startswith("="):
                yield node, name, "owner"


def _say_unknown_outcomes(workbench: Workbench, at: Located, text: str, steps: Mapping[str, StepDefinition]) -> None:
    """Of an approval a word of no outcome is an error: who rejects would see the deal go on as if they had approved.

    A word of an outcome that it does not offer is only never met.
    """
    names = compile_expression(text).names
    for step in steps.values():
        variable = f"{step.element_id}_outcome"
        if variable not in names:
            continue
        listed = re.findall(rf"\b{re.escape(variable)}\s+in\s*[\[(]([^\])]{{1,400}})[\])]", text)
        said = [*texts_compared(variable, text), *(word for one in listed for word in _LISTED.findall(one))]
        outcomes = [one.id for one in step.outcomes]
        for word in dict.fromkeys(said):
            if word not in outcomes:
                mistaken = step.kind is StepKind.APPROVAL and word not in _OUTCOMES
                tell = workbench.noticed.error if mistaken else workbench.noticed.warning
                tell("OUTCOME_UNKNOWN", at, step=step.name, outcome=word, outcomes=", ".join(outcomes))
