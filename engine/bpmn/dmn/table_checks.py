"""What can be said of a table before any deal comes to it: rules that collide, rules in vain, values that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any, Final

from engine.bpmn.dmn.judging import Judge
from engine.bpmn.dmn.model import DecisionTable, HitPolicy, TableInput, TableOutput, ValueKind
from engine.bpmn.dmn.samples import is_plain, named_values, samples
from engine.bpmn.dmn.value_kinds import NotOfKind, of_kind
from engine.bpmn.expressions import (
    CompiledExpression,
    CompiledTests,
    compile_expression,
    compile_unary_tests,
    syntax,
)
from engine.bpmn.expressions.budget import Budget
from engine.bpmn.expressions.failures import ExpressionFailed
from engine.bpmn.expressions.fixed_values import fixed_value, unreadable_values
from engine.bpmn.expressions.operands import INPUT

# A larger table is not compared rule by rule.
_MAX_TESTED: Final = 200_000  # different cells times samples
_MAX_COMPARED: Final = 400  # rules
_MAX_TOLD: Final = 10  # findings of one kind about one table


def check_table(table: DecisionTable, judge: Judge) -> None:
    """Say what is wrong; errors are left in the judge."""
    _check_outputs(table, judge)
    _check_cells(table, judge)
    columns = _columns(table)
    if columns is None:
        return
    _check_rules_in_vain(table, columns, judge)
    if table.hit_policy in {HitPolicy.UNIQUE, HitPolicy.ANY} and _are_independent(table):
        _check_collisions(table, columns, judge)


def _check_outputs(table: DecisionTable, judge: Judge) -> None:
    """A value that is written in a cell and that its column does not take would be an incident in every deal."""
    for number, rule in enumerate(table.rules, 1):
        for output, cell in zip(table.outputs, rule.outputs, strict=True):
            if cell.expression:
                _check_output(output, cell.expression, judge, line=rule.line, rule=str(number))
    for output in table.outputs:
        if output.default:
            _check_output(output, output.default, judge, line=None, rule="–")


def _check_output(output: TableOutput, expression: str, judge: Judge, *, line: int | None, rule: str) -> None:
    tree = compile_expression(expression).tree
    _check_readable(tree, judge, line, rule=rule, column=output.label)
    fixed = fixed_value(tree)
    if fixed is None or fixed.value is None:
        return
    text = expression.removeprefix("=")
    try:
        value = of_kind(fixed.value, output.kind)
    except NotOfKind:
        judge.error("DMN_OUTPUT_OF_ANOTHER_KIND", line, rule=rule, column=output.label, text=text)
        return
    if output.allowed and not _passes(compile_unary_tests(output.allowed), value):
        judge.error("DMN_OUTPUT_NOT_ALLOWED", line, rule=rule, column=output.label, text=text)


def _check_cells(table: DecisionTable, judge: Judge) -> None:
    for number, rule in enumerate(table.rules, 1):
        for column, cell in zip(table.inputs, rule.inputs, strict=True):
            if not cell.tests:
                continue
            tests = compile_unary_tests(cell.tests)
            for test in tests.tests:
                _check_readable(test.operand, judge, rule.line, rule=str(number), column=column.label)
            if tests.asks_others and column.kind is ValueKind.YES_NO:
                judge.error("DMN_CELL_AMBIGUOUS", rule.line, rule=str(number), column=column.label, text=cell.text)
            if any(_is_without_zone(value) for test in tests.tests for value in named_values(test.operand)):
                said = {"rule": str(number), "column": column.label, "text": cell.text}
                judge.warning("DMN_MOMENT_WITHOUT_ZONE", rule.line, **said)
            if column.allowed:
                _check_allowed(column, tests, judge, rule.line, str(number))


def _check_readable(node: syntax.Node, judge: Judge, line: int | None, *, rule: str, column: str) -> None:
    """A date that is none is null: the rule would match the deals where nobody has filled in the date."""
    for value in unreadable_values(node):
        judge.error("DMN_VALUE_UNREADABLE", line, rule=rule, column=column, value=value)


def _holds_unreadable(tests: str) -> bool:
    return any(True for test in compile_unary_tests(tests).tests for _ in unreadable_values(test.operand))


def _is_without_zone(value: Any) -> bool:
    return type(value) is datetime and value.tzinfo is None


def _check_allowed(column: TableInput, tests: CompiledTests, judge: Judge, line: int | None, rule: str) -> None:
    allowed = compile_unary_tests(column.allowed)
    if allowed.names or allowed.condition is None:
        return
    for value in (fixed.value for test in tests.tests if test.symbol is None and (fixed := fixed_value(test.operand))):
        if isinstance(value, str | bool) and not _passes(allowed, value):
            judge.warning("DMN_CELL_NOT_ALLOWED", line, rule=rule, column=column.label, text=_shown(value))


@dataclass(frozen=True, slots=True)
class _Column:
    """``passed`` holds, per rule, a bit for each sample that its cell passes; ``plain`` whether that tells all of it.

    ``nulls`` are the rules whose cell passes null.
    """

    samples: list[Any]
    passed: list[int]
    plain: list[bool]
    nulls: list[bool]


def _columns(table: DecisionTable) -> list[_Column] | None:
    """None for a table that is too large to be compared."""
    if len(table.rules) > _MAX_COMPARED:
        return None
    columns, left = [], _MAX_TESTED
    for place, column in enumerate(table.inputs):
        cells = [rule.inputs[place] for rule in table.rules]
        tests = [compile_unary_tests(cell.tests or "-") for cell in cells]
        allowed = compile_unary_tests(column.allowed or "-")
        values = samples([*tests, allowed], column.kind)
        left -= len(values) * len(set(tests))
        if left < 0:
            return None
        if not allowed.names:
            values = [value for value in values if _passes(allowed, value)]
        readable = [not cell.condition and not test.names for cell, test in zip(cells, tests, strict=True)]
        bits = {test: sum(1 << place for place, value in enumerate(values) if _passes(test, value)) for test in tests}
        columns.append(
            _Column(
                samples=values,
                passed=[bits[test] if can else 0 for test, can in zip(tests, readable, strict=True)],
                plain=[can and is_plain(test, column.kind) for test, can in zip(tests, readable, strict=True)],
                nulls=[can and _passes(test, None) for test, can in zip(tests, readable, strict=True)],
            )
        )
    return columns


def _check_rules_in_vain(table: DecisionTable, columns: list[_Column], judge: Judge) -> None:
    told = 0
    for number, rule in enumerate(table.rules):
        dead = next(
            (
                place
                for place, column in enumerate(columns)
                if column.plain[number] and not column.passed[number] and not column.nulls[number]
            ),
            None,
        )
        if dead is not None:
            cell = rule.inputs[dead]
            if not _holds_unreadable(cell.tests):  # else that is told, and its cause
                said = {"rule": str(number + 1), "column": table.inputs[dead].label, "text": cell.text}
                judge.warning("DMN_CELL_NEVER_MATCHES", rule.line, **said)
        elif table.hit_policy is HitPolicy.FIRST and told < _MAX_TOLD:
            earlier = next((other for other in range(number) if _covers(columns, other, number)), None)
            if earlier is not None:
                told += 1
                judge.warning("DMN_RULE_UNREACHABLE", rule.line, rule=str(number + 1), earlier=str(earlier + 1))


def _covers(columns: list[_Column], one: int, other: int) -> bool:
    """Whether every value that ``other`` matches is matched by ``one``, as far as it can be proved."""
    for column in columns:
        everything = column.plain[one] and column.passed[one] == (1 << len(column.samples)) - 1 and column.nulls[one]
        provable = column.plain[one] and column.plain[other]
        within = not column.passed[other] & ~column.passed[one] and (column.nulls[one] or not column.nulls[other])
        if not everything and not (provable and within):
            return False
    return True


def _are_independent(table: DecisionTable) -> bool:
    """Whether each column asks something else: only then can any value of one meet any value of another."""
    paths = [path for column in table.inputs for path in compile_expression(column.expression).paths]
    return len(paths) == len(set(paths))


def _check_collisions(table: DecisionTable, columns: list[_Column], judge: Judge) -> None:
    told = 0
    for one, other in combinations(range(len(table.rules)), 2):
        common = [column.passed[one] & column.passed[other] for column in columns]
        if not all(common):
            continue
        if table.hit_policy is HitPolicy.ANY and not _differ(table, one, other):
            continue
        code = "DMN_RULES_OVERLAP" if table.hit_policy is HitPolicy.UNIQUE else "DMN_RULES_DISAGREE"
        example = "; ".join(_example(table, columns, common))
        rules = {"one": str(one + 1), "other": str(other + 1)}
        judge.warning(code, table.rules[other].line, **rules, example=example or "–")
        told += 1
        if told == _MAX_TOLD:
            return


def _example(table: DecisionTable, columns: list[_Column], common: list[int]) -> Iterator[str]:
    """For each column a value that both rules match, preferably one that some cell names."""
    for label, column, bits in zip((one.label for one in table.inputs), columns, common, strict=True):
        place = (bits & -bits).bit_length() - 1
        yield f"{label}: {_shown(column.samples[place])}"


def _differ(table: DecisionTable, one: int, other: int) -> bool:
    """Whether the rules certainly give different results."""
    for left, right in zip(table.rules[one].outputs, table.rules[other].outputs, strict=True):
        values = [fixed_value(compile_expression(cell.expression or "=null").tree) for cell in (left, right)]
        if None not in values and values[0] != values[1]:
            return True
    return False


def _passes(tests: CompiledTests, value: Any) -> bool:
    if tests.condition is None:
        return True
    return _answer(tests.condition, value) is True


def _answer(condition: CompiledExpression, value: Any) -> Any:
    try:
        return condition.run_within({INPUT: value}.get, Budget(condition.loops))
    except ExpressionFailed:
        return None


def _shown(value: Any) -> str:
    return str(value)
