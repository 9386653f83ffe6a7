"""Arrows that a deal takes only where an approval was not given: by a word, by a value, or what a table makes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from engine.bpmn.compiled import ExpressionCondition, OutcomeCondition, OutcomeKind
from engine.bpmn.dmn.deciding import TaskDecision
from engine.bpmn.expressions import compile_condition, compile_expression
from engine.bpmn.map_model import Flow, Node, NodeType, Process
from engine.bpmn.repairs.approval_routes import is_approval
from engine.bpmn.repairs.approvals_heard import computed_at
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.variables import outcome_variable
from engine.errors import DomainError

Values = Mapping[str, Any]
Making = tuple[frozenset[str], frozenset[str], Callable[[Values], Values]]
"""What a table or a script reads, what it writes, and how."""


def refusing_by_word(flow: Flow) -> bool:
    """Whether its words are for a return or a rejection, and not for an approval."""
    condition = flow.condition
    return isinstance(condition, OutcomeCondition) and OutcomeKind.APPROVED not in condition.outcomes


def refusing_by_value(workbench: Workbench, process: Process) -> set[Flow]:
    """The arrows with or beside an expression that are not taken where every approval is given.

    An expression is tried where it reads nothing but approvals and what is made of them: no other value is known.
    """
    deciding = [
        node
        for node in process.scope.all_nodes()
        if node.type is NodeType.EXCLUSIVE and any(map(_expression_of, node.outgoing))
    ]
    known = _known_when_all_approve(workbench, process) if deciding else {}
    return {flow for node in deciding for flow in _not_taken(node, known)}


def _expression_of(flow: Flow) -> str:
    return flow.condition.text if isinstance(flow.condition, ExpressionCondition) else ""


def _not_taken(gateway: Node, known: Values) -> Iterator[Flow]:
    """The arrows of ``gateway`` that certainly are not taken with the values ``known``."""
    is_taken = False
    for flow in gateway.outgoing:
        if flow.is_default:
            continue
        holds = _holds(_expression_of(flow), known)
        if is_taken or holds is False:
            yield flow
        is_taken = is_taken or holds is True
    if is_taken and gateway.default is not None:
        yield gateway.default


def _holds(text: str, known: Values) -> bool | None:
    """None where that depends on a value that is not ``known``, or on none."""
    condition = compile_condition(text) if text else None
    if condition is None or not condition.names or not condition.names <= known.keys():
        return None
    with suppress(DomainError):
        return condition.holds(known)
    return None


def _known_when_all_approve(workbench: Workbench, process: Process) -> Values:
    """The outcomes of all approvals, and what tables and scripts make of nothing else.

    What several of them write, or a person fills in, has no value that is known.
    """
    nodes = list(process.scope.all_nodes())
    known: dict[str, Any] = {outcome_variable(node.id): OutcomeKind.APPROVED for node in nodes if is_approval(node)}
    making = [one for node in nodes for one in _making(workbench, node)]
    written = Counter(name for _, names, _ in making for name in names)
    given = {field.name for node in nodes if node.step is not None for field in node.step.fields}
    left = [one for one in making if all(written[name] == 1 and name not in given | known.keys() for name in one[1])]
    while ready := [one for one in left if one[0] and one[0] <= known.keys()]:
        left = [one for one in left if one not in ready]
        for _, _, make in ready:
            with suppress(DomainError):
                known |= make(known)
    return known


def _making(workbench: Workbench, node: Node) -> Iterator[Making]:
    by_text = iter(node.assignments)
    for read, written in computed_at(workbench, node):
        name, text = next(by_text, ("", ""))
        yield read, written, _computing(name, text) if name else _deciding(workbench, node)


def _computing(name: str, text: str) -> Callable[[Values], Values]:
    return lambda known: {name: compile_expression(text).evaluate(known)}


def _deciding(workbench: Workbench, node: Node) -> Callable[[Values], Values]:
    def decide(known: Values) -> Values:
        return (
            {} if node.decision is None else TaskDecision(node.decision, workbench.tables.decisions).decide(known).kept
        )

    return decide
