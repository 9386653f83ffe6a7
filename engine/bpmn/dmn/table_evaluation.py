"""Evaluates one decision table: the inputs once, then each rule from left to right until a cell does not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.bpmn.dmn.failures import (
    CellFailed,
    InputFailed,
    InputNotAllowed,
    InputOfAnotherKind,
    OutputNotAllowed,
    OutputOfAnotherKind,
)
from engine.bpmn.dmn.hit_policies import Hit, aggregate, choose
from engine.bpmn.dmn.model import (
    CELL_VALUE,
    Decision,
    DecisionTable,
    HitPolicy,
    InputCell,
    OutputCell,
    TableInput,
    TableOutput,
    TableRule,
    ValueKind,
)
from engine.bpmn.dmn.results import DecisionResult
from engine.bpmn.dmn.value_kinds import NotOfKind, of_kind
from engine.bpmn.expressions import CompiledExpression, ExpressionFailed, compile_expression, compile_unary_tests
from engine.bpmn.expressions.budget import SharedBudget
from engine.bpmn.expressions.failures import TooManySteps
from engine.bpmn.expressions.operands import INPUT

Scope = Mapping[str, Any]
Find = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class _Input:
    column: TableInput
    expression: CompiledExpression
    allowed: CompiledExpression | None


@dataclass(frozen=True, slots=True)
class _Output:
    column: TableOutput
    allowed: CompiledExpression | None
    priority: tuple[Any, ...] | None
    default: CompiledExpression | None


@dataclass(frozen=True, slots=True)
class _Rule:
    """``cells`` are the conditions with the place of their column; cells that every value passes are left out."""

    number: int
    cells: tuple[tuple[int, CompiledExpression], ...]
    outputs: tuple[CompiledExpression | None, ...]


class EvaluableTable:
    def __init__(self, decision: Decision, table: DecisionTable) -> None:
        self.decision = decision
        self._table = table
        self._title = decision.title
        self._inputs = [_input(column) for column in table.inputs]
        self._outputs = [_output(column) for column in table.outputs]
        self._rules = [_rule(rule, number) for number, rule in enumerate(table.rules, 1)]
        self._priorities = [output.priority for output in self._outputs]
        self.loops = max((one.loops for one in self._expressions()), default=0)

    def _expressions(self) -> list[CompiledExpression]:
        of_columns = [
            *(each for one in self._inputs for each in (one.expression, one.allowed)),
            *(each for one in self._outputs for each in (one.allowed, one.default)),
        ]
        of_rules = [
            *(condition for rule in self._rules for _, condition in rule.cells),
            *(output for rule in self._rules for output in rule.outputs),
        ]
        return [one for one in (*of_columns, *of_rules) if one is not None]

    def evaluate(self, scope: Scope, budget: SharedBudget) -> DecisionResult:
        """Raises DecisionFailed, and TooManySteps where the budget is spent."""
        values = [self._input_value(one, scope, budget) for one in self._inputs]
        finds = [_finder(value, one.column, scope) for value, one in zip(values, self._inputs, strict=True)]
        hits: list[Hit] = []
        for rule in self._rules:
            if self._matches(rule, finds, budget):
                hits.append(self._hit(rule, scope, budget))
                if self._table.hit_policy is HitPolicy.FIRST:
                    break
        chosen = choose(self._table.hit_policy, hits, self._priorities, self._title, budget)
        inputs = tuple((one.column.label, value) for one, value in zip(self._inputs, values, strict=True))
        entries = self._entries(chosen, scope, budget)
        return DecisionResult(
            decision=self.decision,
            rules=tuple(hit.rule for hit in chosen),
            inputs=inputs,
            entries=entries,
            value=self._standard(entries),
        )

    def _input_value(self, one: _Input, scope: Scope, budget: SharedBudget) -> Any:
        column = one.column
        try:
            value = one.expression.run_within(scope.get, budget)
        except TooManySteps:
            raise
        except ExpressionFailed:
            raise InputFailed(table=self._title, column=column.label, text=column.expression_text) from None
        if value == "" and column.kind is not ValueKind.ANY:  # a field that nobody filled in
            value = None
        try:
            value = of_kind(value, column.kind)
        except NotOfKind:
            raise InputOfAnotherKind(table=self._title, column=column.label, value=str(value)) from None
        if one.allowed is not None and value is not None and not _passes(one.allowed, value, scope, budget):
            raise InputNotAllowed(table=self._title, column=column.label, value=str(value))
        return value

    def _matches(self, rule: _Rule, finds: list[Find], budget: SharedBudget) -> bool:
        for place, condition in rule.cells:
            try:
                if condition.run_within(finds[place], budget) is not True:
                    return False
            except TooManySteps:
                raise
            except ExpressionFailed:
                text = self._table.rules[rule.number - 1].inputs[place].text
                raise CellFailed(table=self._title, rule=rule.number, text=text) from None
        return True

    def _hit(self, rule: _Rule, scope: Scope, budget: SharedBudget) -> Hit:
        outputs: list[Any] = []
        for place, expression in enumerate(rule.outputs):
            value = None
            if expression is not None:
                try:
                    value = expression.run_within(scope.get, budget)
                except TooManySteps:
                    raise
                except ExpressionFailed:
                    text = self._table.rules[rule.number - 1].outputs[place].text
                    raise CellFailed(table=self._title, rule=rule.number, text=text) from None
            outputs.append(self._sound(value, self._outputs[place], str(rule.number), scope, budget))
        return Hit(rule.number, tuple(outputs))

    def _sound(self, value: Any, output: _Output, rule: str, scope: Scope, budget: SharedBudget) -> Any:
        """The value of an output as one of its column's kind; raises what the column does not take."""
        column = output.column
        try:
            value = of_kind(value, column.kind)
        except NotOfKind:
            raise OutputOfAnotherKind(table=self._title, rule=rule, column=column.label, value=str(value)) from None
        if output.allowed is not None and value is not None and not _passes(output.allowed, value, scope, budget):
            raise OutputNotAllowed(table=self._title, rule=rule, column=column.label, value=str(value))
        return value

    def _entries(self, chosen: list[Hit], scope: Scope, budget: SharedBudget) -> tuple[Mapping[str, Any], ...]:
        names = [output.column.name for output in self._outputs]
        if self._table.aggregator is not None:
            value = aggregate(self._table.aggregator, chosen, self._title)
            return () if value is None else ({names[0]: value},)
        if not chosen and any(output.default is not None for output in self._outputs):
            defaults = [
                self._sound(output.default.run_within(scope.get, budget), output, "–", scope, budget)
                if output.default is not None
                else None
                for output in self._outputs
            ]
            return (dict(zip(names, defaults, strict=True)),)
        return tuple(dict(zip(names, hit.outputs, strict=True)) for hit in chosen)

    def _standard(self, entries: tuple[Mapping[str, Any], ...]) -> Any:
        """The result as DMN defines it: of one output its value, of several a mapping; a list of either for many."""
        single = len(self._outputs) == 1
        values = [next(iter(entry.values())) if single else dict(entry) for entry in entries]
        if self._table.gives_one:
            return values[0] if values else None
        return values


def _finder(value: Any, column: TableInput, scope: Scope) -> Find:
    """Variables as the cells of one column see them: the tested value has a name, too."""
    here = {**scope, CELL_VALUE: value, column.value_name: value, INPUT: value}
    return here.get


def _passes(tests: CompiledExpression, value: Any, scope: Scope, budget: SharedBudget) -> bool:
    return tests.run_within({**scope, INPUT: value}.get, budget) is True


def _input(column: TableInput) -> _Input:
    return _Input(column, compile_expression(column.expression), _allowed(column.allowed))


def _output(column: TableOutput) -> _Output:
    return _Output(
        column=column,
        allowed=_allowed(column.allowed),
        priority=compile_unary_tests(column.allowed).values if column.allowed else None,
        default=compile_expression(column.default) if column.default else None,
    )


def _allowed(tests: str) -> CompiledExpression | None:
    return compile_unary_tests(tests).condition if tests else None


def _rule(rule: TableRule, number: int) -> _Rule:
    cells = ((place, _condition(cell)) for place, cell in enumerate(rule.inputs))
    return _Rule(
        number=number,
        cells=tuple((place, condition) for place, condition in cells if condition is not None),
        outputs=tuple(_result(cell) for cell in rule.outputs),
    )


def _condition(cell: InputCell) -> CompiledExpression | None:
    if cell.condition:
        return compile_expression(cell.condition)
    return compile_unary_tests(cell.tests).condition if cell.tests else None


def _result(cell: OutputCell) -> CompiledExpression | None:
    return compile_expression(cell.expression) if cell.expression else None
