"""Which variables of a deal a decision reads, and under which names its result can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.bpmn.dmn.drawn import identifier
from engine.bpmn.dmn.model import CELL_VALUE, Decision, DecisionTable, InputCell, TableInput
from engine.bpmn.expressions import CompiledExpression, compile_expression, compile_unary_tests


def output_names(decision: Decision) -> tuple[str, ...]:
    """The names of what the decision gives: a table's outputs, or the one name of an expression."""
    if isinstance(decision.logic, DecisionTable):
        return tuple(output.name for output in decision.logic.outputs)
    return (decision.result_name,)


def result_names(decision: Decision) -> frozenset[str]:
    """Every name by which a decision that needs this one may read of it: as DMN says, and as Camunda does."""
    return frozenset({decision.result_name, identifier(decision.source_id), *output_names(decision)})


def with_required(decision: Decision, decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """The decision and all that it needs, by key, each after those that it needs."""
    ordered: dict[str, Decision] = {}

    def add(one: Decision) -> None:
        if one.key not in ordered:
            for key in one.required:
                add(decisions[key])
            ordered[one.key] = one

    add(decision)
    return ordered


def asked_paths(decision: Decision, decisions: Mapping[str, Decision]) -> Iterator[tuple[str, TableInput | None]]:
    """The dotted names that inputs read from the deal, each with its column where the column is that name alone."""
    for one in with_required(decision, decisions).values():
        given = _given(one, decisions)
        if isinstance(one.logic, DecisionTable):
            for column in one.logic.inputs:
                compiled = compile_expression(column.expression)
                alone = column.expression.removeprefix("=").strip() in compiled.paths
                yield from ((path, column if alone else None) for path in _longest(compiled, given))
        else:
            yield from ((path, None) for path in _longest(compile_expression(one.logic.expression), given))


def names_read(decision: Decision, decisions: Mapping[str, Decision]) -> frozenset[str]:
    """The root names of everything that the decision, or one that it needs, reads from the deal."""
    return frozenset(
        name for one in with_required(decision, decisions).values() for name in own_names(one) - _given(one, decisions)
    )


@dataclass(frozen=True, slots=True)
class NameInCell:
    """A cell of rule ``rule`` (from 1) reads the variable ``name`` of the deal."""

    decision: Decision
    name: str
    rule: int
    column: str
    line: int | None


def names_in_cells(decision: Decision, decisions: Mapping[str, Decision]) -> Iterator[NameInCell]:
    """Every name that a cell of the decision, or of one that it needs, reads from the deal."""
    for one in with_required(decision, decisions).values():
        if not isinstance(one.logic, DecisionTable):
            continue
        given = _given(one, decisions)
        for number, rule in enumerate(one.logic.rules, 1):
            conditions = zip(one.logic.inputs, rule.inputs, strict=True)
            results = zip(one.logic.outputs, rule.outputs, strict=True)
            read = [(column.label, cell_names(cell, column)) for column, cell in conditions]
            read += [(output.label, compile_expression(cell.expression or "=null").names) for output, cell in results]
            for label, names in read:
                for name in sorted(names - given):
                    yield NameInCell(one, name, number, label, rule.line)


def own_names(decision: Decision) -> set[str]:
    """The root names in the decision's own expressions."""
    logic = decision.logic
    if not isinstance(logic, DecisionTable):
        return set(compile_expression(logic.expression).names)
    expressions = [
        *(column.expression for column in logic.inputs),
        *(output.default for output in logic.outputs),
        *(cell.expression for rule in logic.rules for cell in rule.outputs),
    ]
    names = {name for text in expressions if text for name in compile_expression(text).names}
    allowed = [*(column.allowed for column in logic.inputs), *(output.allowed for output in logic.outputs)]
    names |= {name for text in allowed if text for name in compile_unary_tests(text).names}
    for rule in logic.rules:
        for column, cell in zip(logic.inputs, rule.inputs, strict=True):
            names |= cell_names(cell, column)
    return names


def cell_names(cell: InputCell, column: TableInput) -> frozenset[str]:
    """The root names in a cell of conditions, the tested value left aside."""
    if cell.tests:
        return compile_unary_tests(cell.tests).names
    if cell.condition:
        return compile_expression(cell.condition).names - {column.value_name, CELL_VALUE}
    return frozenset()


def _given(decision: Decision, decisions: Mapping[str, Decision]) -> frozenset[str]:
    """What the decisions that this one needs give it."""
    return frozenset(name for key in decision.required for name in result_names(decisions[key]))


def _longest(expression: CompiledExpression, given: frozenset[str]) -> list[str]:
    paths = [path for path in expression.paths if path.partition(".")[0] not in given]
    return sorted(path for path in paths if not any(other.startswith(path + ".") for other in paths))
