"""The tables of a CompiledProcess, gathered from the repaired map: what each id in the executed form means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.bpmn.compiled import (
    CalledApprovals,
    CallRule,
    Condition,
    ExpressionCondition,
    LoopRule,
    MessageRule,
    StepDefinition,
    TimerRule,
)
from engine.bpmn.deadline_rules import RelativeToField
from engine.bpmn.dmn.model import Decision, DecisionTask
from engine.bpmn.dmn.names import names_read
from engine.bpmn.expressions import compile_expression
from engine.bpmn.map_model import Node, NodeType, Process
from engine.bpmn.map_properties import Property

_RESULTS: Mapping[str, str] = {
    word: result
    for result, words in (("won", ("won", "виграно", "виграш", "успіх")), ("lost", ("lost", "програно", "програш")))
    for word in words
}


@dataclass(slots=True)
class Tables:
    conditions: dict[str, Condition] = field(default_factory=dict)
    timers: dict[str, TimerRule] = field(default_factory=dict)
    loops: dict[str, LoopRule] = field(default_factory=dict)
    messages: dict[str, MessageRule] = field(default_factory=dict)
    calls: dict[str, CallRule] = field(default_factory=dict)
    assignments: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    withdrawals: dict[str, tuple[str, ...]] = field(default_factory=dict)
    called_approvals: dict[str, CalledApprovals] = field(default_factory=dict)
    elements: dict[str, str] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    decision_tasks: dict[str, DecisionTask] = field(default_factory=dict)
    start_messages: list[str] = field(default_factory=list)
    of_steps: list[str] = field(default_factory=list)  # expressions in deadlines and responsibles

    def as_arguments(self) -> dict[str, Any]:
        return {
            "conditions": self.conditions,
            "timers": self.timers,
            "loops": self.loops,
            "messages": self.messages,
            "calls": self.calls,
            "assignments": self.assignments,
            "withdrawals": self.withdrawals,
            "called_approvals": self.called_approvals,
            "elements": self.elements,
            "results": self.results,
            "decisions": self.decisions,
            "decision_tasks": self.decision_tasks,
            "start_messages": tuple(dict.fromkeys(self.start_messages)),
            "variables": frozenset(self._names()),
        }

    def _names(self) -> Iterator[str]:
        """Root names of everything that is read at run time."""
        for text in self._expressions():
            yield from compile_expression(text).names
        for task in self.decision_tasks.values():
            for text in (*task.inputs.values(), *task.outputs.values()):
                yield from compile_expression(text).names
            yield from names_read(self.decisions[task.decision], self.decisions) - task.inputs.keys()

    def _expressions(self) -> Iterator[str]:
        """Every expression text that can be evaluated at run time."""
        yield from self.of_steps
        for condition in self.conditions.values():
            if isinstance(condition, ExpressionCondition):
                yield condition.text
        for rule in self.timers.values():
            if rule.expression is not None:
                yield rule.expression
            if isinstance(rule.rule, RelativeToField):
                yield rule.rule.expression
        for loop in self.loops.values():
            yield from expressions_of(loop)
        for message in self.messages.values():
            yield from message.correlation.values()
        for call in self.calls.values():
            yield from call.parameters.values()
        for pairs in self.assignments.values():
            yield from (text for _, text in pairs)


def expressions_of(loop: LoopRule) -> Iterator[str]:
    texts = (loop.cardinality, loop.collection, loop.completion_condition, loop.again_while, loop.output_element)
    return (text for text in texts if text)


def fill_tables(
    processes: list[Process], steps: Mapping[str, StepDefinition], decisions: Mapping[str, Decision]
) -> Tables:
    tables = Tables(decisions=decisions)
    for step in steps.values():
        tables.of_steps += [text for text in step.responsible if text.startswith("=")]
        if isinstance(step.deadline, RelativeToField):
            tables.of_steps.append(step.deadline.expression)
    for process in processes:
        for node in process.scope.all_nodes():
            _add(tables, node)
    tables.start_messages = [
        node.message.name
        for node in processes[0].scope.nodes
        if node.type is NodeType.START and node.message is not None
    ]
    return tables


def _add(tables: Tables, node: Node) -> None:
    if node.name:
        tables.elements[node.id] = node.name
    _add_result(tables, node)
    _add_conditions(tables, node)
    if node.timer is not None:
        tables.timers[node.id] = node.timer
    if node.loop_rule is not None:
        tables.loops[node.id] = node.loop_rule
    if node.message is not None:
        tables.messages[node.id] = node.message
    if node.call is not None:
        tables.calls[node.id] = node.call
    if node.decision is not None:
        tables.decision_tasks[node.id] = node.decision
    if node.assignments:
        tables.assignments[node.id] = node.assignments
    if node.heard is not None:
        tables.called_approvals[node.id] = node.heard
    if node.withdraws:
        tables.withdrawals[node.id] = tuple(withdrawn.id for withdrawn in node.withdraws)


def _add_conditions(tables: Tables, node: Node) -> None:
    for flow in node.outgoing:
        if flow.condition is not None:
            tables.conditions[flow.id] = flow.condition
    if node.condition is not None:
        tables.conditions[node.id] = node.condition


def result_named(text: str) -> str | None:
    """``won`` or ``lost``; None for a word that means neither."""
    return _RESULTS.get(text.strip().casefold())


def _add_result(tables: Tables, node: Node) -> None:
    """What an end event says of the deal. A word that means neither is left to the end's name."""
    result = result_named(node.annotation.text(Property.RESULT))
    if result is not None and node.type is NodeType.END:
        tables.results[node.id] = result
