"""An expression that names the answer of a step reads it of that very step, or the map is refused.

Copies of a drawing keep its ids, and a called map is executed together with its caller: where both have a step
``legal``, one of the two gets another id, and its map's ``legal_outcome`` would read what was said in the other map.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.compiled import ExpressionCondition
from engine.bpmn.dmn.names import names_read
from engine.bpmn.executed_tables import expressions_of
from engine.bpmn.expressions import compile_condition, compile_expression
from engine.bpmn.map_model import Node, Process
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.variables import outcome_variable


def check_outcomes_named(workbench: Workbench, process: Process) -> None:
    steps: dict[str, list[Node]] = {}
    for node in workbench.nodes():
        if node.step is not None and node.like is None and node.source_id:
            steps.setdefault(outcome_variable(node.source_id), []).append(node)
    if all(_is_read_of(found[0], name) and len(found) == 1 for name, found in steps.items()):
        return
    for node in process.scope.all_nodes():
        for name in sorted(steps.keys() & _names_read_at(workbench, node)):
            own = [one for one in steps[name] if one.scope.process is process]
            meant = own or steps[name]
            if len(meant) > 1 or not _is_read_of(meant[0], name):
                step = meant[0]
                workbench.noticed.error("OUTCOME_OF_ANOTHER_STEP", node, text=name, id=step.source_id, step=step.title)


def _is_read_of(step: Node, name: str) -> bool:
    return outcome_variable(step.id) == name


def _names_read_at(workbench: Workbench, node: Node) -> set[str]:
    """The root names of what the expressions of ``node`` and of the arrows behind it read."""
    found: set[str] = set()
    for condition in (node.condition, *(flow.condition for flow in node.outgoing)):
        if isinstance(condition, ExpressionCondition):
            found |= compile_condition(condition.text).names
    for text in _texts_of(node):
        found |= compile_expression(text).names
    if node.decision is not None:
        decisions = workbench.tables.decisions
        found |= names_read(decisions[node.decision.decision], decisions) - node.decision.inputs.keys()
    return found


def _texts_of(node: Node) -> Iterator[str]:
    yield from (text for _, text in node.assignments)
    if node.loop_rule is not None:
        yield from expressions_of(node.loop_rule)
    if node.timer is not None and node.timer.expression is not None:
        yield node.timer.expression
    if node.message is not None:
        yield from node.message.correlation.values()
    if node.call is not None:
        yield from node.call.parameters.values()
    if node.decision is not None:
        yield from node.decision.inputs.values()
