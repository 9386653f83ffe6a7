"""Which values of a deal are worth trying to find every way through a map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import combinations, islice, pairwise, product
from typing import Any

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType
from engine.bpmn.expressions import CompiledExpression, compile_expression
from engine.bpmn.values_read import ReadValue, constants_beside, deciding_texts, is_number, values_read
from engine.errors import DomainError
from engine.policy.field_values import to_json
from engine.policy.imagined_deal import Shape
from engine.policy.map_rules import OPENED_AT

MOST_VALUES = 12
"""Of one value; the choices of a longer list behave alike in most maps."""
MOST_COMBINATIONS = 64
"""Of the values that are given at once."""
_DATES = (timedelta(days=-1), timedelta(days=30))
_OTHER_TEXT = "…"
_MOST_SUBSETS = 3


class TriedValues:
    """The values to try by name, as stored JSON; ``cut`` says that of some not all were taken."""

    def __init__(self, process: CompiledProcess) -> None:
        self._constants = constants_beside(process)
        read = values_read(process)
        self.cut = False
        deciding = {one.name: self._values(one.field) for one in read if one.decides}
        shape, texts = Shape.of(process), list(deciding_texts(process))
        self.deciding = {name: _told_apart(name, values, texts, shape) for name, values in deciding.items()}
        self.fixed = {one.name: value for one in read if not one.decides for value in _fixed(one)}

    def combinations(self, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Every combination of values of ``names``, as far as they decide anything; one empty one where none does."""
        deciding = [name for name in dict.fromkeys(names) if name in self.deciding]
        choices = [self.deciding[name] for name in deciding]
        count = 1
        for values in choices:
            count *= len(values)
        self.cut = self.cut or count > MOST_COMBINATIONS
        for values in islice(product(*choices), MOST_COMBINATIONS):
            yield dict(zip(deciding, values, strict=True))

    def _values(self, field: FieldDefinition) -> tuple[Any, ...]:
        found = self._all_values(field)
        self.cut = self.cut or len(found) > MOST_VALUES
        return tuple(found[:MOST_VALUES])

    def _all_values(self, field: FieldDefinition) -> list[Any]:
        numbers, texts = self._constants
        match field.type:
            case FieldType.YES_NO:
                values: list[Any] = [True, False]
            case FieldType.CHOICE if field.choices:
                values = [one.value for one in field.choices]
            case FieldType.MANY:
                several = self._several([one.value for one in field.choices] or [*texts, _OTHER_TEXT])
                values = [some for some in several if some or not field.required]
            case FieldType.DATE | FieldType.MOMENT:
                moments = [OPENED_AT + one for one in _DATES]
                values = [to_json(one if field.type is FieldType.MOMENT else one.date()) for one in moments]
            case FieldType.PERSON | FieldType.CLIENT:
                values = [1]
            case FieldType.FILE:
                files = [{"name": _OTHER_TEXT}]
                values = [files] if field.required else [[], files]
            case FieldType.LINES:
                values = [] if field.required else [[]]
                values += [[_line(field, one)] for one in _beside(numbers)]
            case _ if is_number(field):
                values = [to_json(one) for one in _beside(numbers)]
            case _:
                values = [*texts, _OTHER_TEXT]
        return values

    def _several(self, choices: Sequence[str]) -> list[Any]:
        """Every choice of several of a few; of many none, each alone, and all together."""
        if len(choices) <= _MOST_SUBSETS:
            return [list(some) for size in range(len(choices) + 1) for some in combinations(choices, size)]
        self.cut = True
        return [[], *([one] for one in choices), list(choices)]


def _told_apart(name: str, values: Sequence[Any], texts: Sequence[str], shape: Shape) -> tuple[Any, ...]:
    """One value of those for which every decision is the same; all of them where a decision reads other values, too."""
    read = [one for one in map(_compiled, texts) if one is not None and _reads(one, name)]
    if any(one.names - {name.partition(".")[0]} or one.paths - {name} for one in read):
        return tuple(values)
    known: dict[str, Any] = {}
    for value in values:
        root, _, attribute = name.partition(".")
        typed = shape.typed({name: value})[name]
        scope = {root: {attribute: typed} if attribute else typed}
        known.setdefault(repr([_answer(one, scope) for one in read]), value)
    return tuple(known.values())


def _compiled(text: str) -> CompiledExpression | None:
    try:
        return compile_expression(text)
    except DomainError:
        return None


def _reads(expression: CompiledExpression, name: str) -> bool:
    return name in expression.paths or ("." not in name and name in expression.names)


def _answer(expression: CompiledExpression, scope: Mapping[str, Any]) -> Any:
    try:
        return expression.evaluate(scope)
    except DomainError as failure:
        return failure.code


def _line(table: FieldDefinition, number: Decimal) -> dict[str, Any]:
    """A line with ``number`` in what a map is likely to add up, and one in every other number of it."""
    names = [column for column in table.columns if is_number(column.as_typed())]
    sums = [column.name for column in names if column.total or not column.is_typed] or [one.name for one in names]
    return {column.name: to_json(number) if column.name in sums else "1" for column in names}


def _beside(numbers: Sequence[Decimal]) -> list[Decimal]:
    """The numbers themselves, one between each two neighbours, one below and one above all."""
    if not numbers:
        return [Decimal(0), Decimal(1000)]
    between = [number for one, other in pairwise(numbers) for number in (one, (one + other) / 2)]
    return [max(numbers[0] - 1, Decimal(0)), *between, numbers[-1], numbers[-1] + 1]


def _fixed(read: ReadValue) -> Iterator[Any]:
    """One value of what only deadlines and the like read."""
    if read.field.type is FieldType.DATE:
        yield to_json((OPENED_AT + _DATES[-1]).date())
    elif read.field.type is FieldType.MOMENT:
        yield to_json(OPENED_AT + _DATES[-1])
