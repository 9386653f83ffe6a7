"""An expression that names the answer of a step reads it of that very step, or the map is refused.

Copies of a drawing keep its ids, and a called map is executed together with its caller: where both have a step
``legal``, one of the two gets another id, and its map's ``legal_outcome`` would read what was said in the other map.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from engine.bpmn.compiled import ExpressionCondition, StepDefinition
from engine.bpmn.deadline_rules import RelativeToField
from engine.bpmn.dmn.names import names_read
from engine.bpmn.executed_tables import expressions_of
from engine.bpmn.expressions import compile_condition, compile_expression, is_formula
from engine.bpmn.field_order import reads_of
from engine.bpmn.map_model import Node, Process
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.variables import outcome_variable


def check_outcomes_named(workbench: Workbench, process: Process) -> None:
    """What conditions, tables, loops, timers, calls and assignments of ``process`` name."""
    named = _steps_by_outcome(workbench)
    if not _are_unmistakable(named):
        for node in process.scope.all_nodes():
            _check_names(workbench, node, named, _names_read_at(workbench, node))


def check_outcomes_named_by_steps(workbench: Workbench, steps: Mapping[str, StepDefinition]) -> None:
    """What deadlines, responsibles and fields of ``steps``, all human steps by element id, name."""
    named = _steps_by_outcome(workbench)
    if not _are_unmistakable(named):
        for node in workbench.nodes():
            if node.id in steps and node.like is None:
                _check_names(workbench, node, named, _names_in(_texts_of_step(steps[node.id])))


def _steps_by_outcome(workbench: Workbench) -> dict[str, list[Node]]:
    """The drawn steps by the name that an expression would read the answer of such a step by."""
    steps: dict[str, list[Node]] = {}
    for node in workbench.nodes():
        if node.step is not None and node.like is None and node.source_id:
            steps.setdefault(outcome_variable(node.source_id), []).append(node)
    return steps


def _are_unmistakable(steps: Mapping[str, list[Node]]) -> bool:
    return all(_is_read_of(found[0], name) and len(found) == 1 for name, found in steps.items())


def _check_names(workbench: Workbench, node: Node, steps: Mapping[str, list[Node]], read: Collection[str]) -> None:
    """``read`` are the names that expressions at ``node`` read."""
    for name in sorted(steps.keys() & read):
        own = [one for one in steps[name] if one.scope.process is node.scope.process]
        meant = own or steps[name]
        if len(meant) > 1 or not _is_read_of(meant[0], name):
            step = meant[0]
            workbench.noticed.error("OUTCOME_OF_ANOTHER_STEP", node, text=name, id=step.source_id, step=step.title)


def _is_read_of(step: Node, name: str) -> bool:
    return outcome_variable(step.id) == name


def _names_read_at(workbench: Workbench, node: Node) -> set[str]:
    """The root names of what the expressions of ``node`` and of the arrows behind it read."""
    found = _names_in(_texts_of(node))
    for condition in (node.condition, *(flow.condition for flow in node.outgoing)):
        if isinstance(condition, ExpressionCondition):
            found |= compile_condition(condition.text).names
    if node.decision is not None:
        decisions = workbench.tables.decisions
        found |= names_read(decisions[node.decision.decision], decisions) - node.decision.inputs.keys()
    return found


def _names_in(texts: Iterable[str]) -> set[str]:
    return {name for text in texts for name in compile_expression(text).names}


def _texts_of(node: Node) -> Iterator[str]:
    yield from (text for _, text in node.assignments)
    if node.loop_rule is not None:
        yield from expressions_of(node.loop_rule)
    if node.timer is not None and node.timer.expression is not None:
        yield node.timer.expression
    if node.timer is not None and isinstance(node.timer.rule, RelativeToField):
        yield node.timer.rule.expression
    if node.message is not None:
        yield from node.message.correlation.values()
    if node.call is not None:
        yield from node.call.parameters.values()
    if node.decision is not None:
        yield from node.decision.inputs.values()


def _texts_of_step(step: StepDefinition) -> Iterator[str]:
    yield from (name for name in step.responsible if name.startswith("="))
    if isinstance(step.deadline, RelativeToField):
        yield step.deadline.expression
    for field in step.fields:
        yield from reads_of(field)
        if field.default is not None and is_formula(field.default):
            yield field.default
