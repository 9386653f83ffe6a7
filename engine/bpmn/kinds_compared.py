"""Conditions that no value of their fields can make true, because they take one kind of value for another.

A number compared with a text has no answer: every deal would stop there with an incident. It is said at upload.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice, product
from typing import Any, Final

from engine.bpmn.compiled import FieldDefinition, FieldType, StepDefinition
from engine.bpmn.expressions import CompiledCondition, compile_condition, compile_expression
from engine.bpmn.expressions.failures import (
    ConditionNotYesOrNo,
    ExpressionFailed,
    KindsDoNotCompare,
    NotCalculable,
    YesOrNoExpected,
)
from engine.bpmn.facts_read import conditions_of
from engine.bpmn.repairs.connectors import written_by
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.variables import outcome_variable

_MISTAKEN = (ConditionNotYesOrNo, KindsDoNotCompare, NotCalculable, YesOrNoExpected)
_MOST_TRIED = 64
_NUMBERS: Final = (Decimal(0), Decimal(1), Decimal(10**12))
_TEXTS: Final = ("x", "5", "2026-03-02")
_DATES: Final = (date(2026, 3, 2), date(1990, 1, 1), date(2990, 1, 1))
_MOMENTS: Final = tuple(datetime(one.year, one.month, one.day, tzinfo=UTC) for one in _DATES)
_VALUES: Final[Mapping[FieldType, tuple[Any, ...]]] = {
    **dict.fromkeys((FieldType.NUMBER, FieldType.MONEY, FieldType.PERCENT), _NUMBERS),
    **dict.fromkeys((FieldType.TEXT, FieldType.LONG_TEXT, FieldType.PHONE, FieldType.EMAIL), _TEXTS),
    FieldType.CHOICE: _TEXTS,
    FieldType.DATE: _DATES,
    FieldType.MOMENT: _MOMENTS,
    FieldType.YES_NO: (True, False),
    FieldType.MANY: (["x"], []),
}
_FACTS: Final[Mapping[str, tuple[Any, ...]]] = {
    "deal.amount": _NUMBERS,
    "deal.close_date": _DATES,
    **dict.fromkeys(("deal.currency", "deal.number", "deal.title", "deal.stage", "owner.login", "owner.name"), _TEXTS),
    **dict.fromkeys(("client.name", "client.segment", "client.edrpou", "client.email", "client.phone"), _TEXTS),
    "today": _DATES,
    "now": _MOMENTS,
}


def say_kinds_mistaken(workbench: Workbench, steps: Mapping[str, StepDefinition]) -> None:
    """``steps`` are all human steps of the map. Nothing is said where a value of unknown kind is read."""
    values = _values_of(workbench, steps)
    labels = {one.name.removeprefix("deal."): one.label for step in steps.values() for one in step.fields if one.label}
    for process in workbench.processes:
        for at, text in conditions_of(process):
            condition = compile_condition(text)
            known = {path: values[path] for path in condition.paths if path in values}
            if condition.paths and len(known) == len(condition.paths) and _is_mistaken(condition, known):
                named = ", ".join(sorted(labels.get(path.removeprefix("deal."), path) for path in known))
                shown = text.removeprefix("${").removesuffix("}")
                workbench.noticed.warning("CONDITION_NEVER_HOLDS", at, text=shown, values=named)


def say_lists_mistaken(workbench: Workbench, steps: Mapping[str, StepDefinition]) -> None:
    """Where a step runs for the items of what is never a list, or as often as what is never a number."""
    values = _values_of(workbench, steps)
    for node in workbench.nodes():
        rule = node.loop_rule
        if rule is None or node.like is not None:
            continue
        if rule.collection and _is_never(rule.collection, (list, tuple), values):
            workbench.noticed.warning("LOOP_LIST_MISTAKEN", node, text=rule.collection)
        elif rule.cardinality and _is_never(rule.cardinality, (int, float, Decimal), values):
            workbench.noticed.warning("LOOP_NUMBER_MISTAKEN", node, text=rule.cardinality)


def _is_never(text: str, kinds: tuple[type, ...], values: Mapping[str, tuple[Any, ...]]) -> bool:
    """Whether ``text`` reads only what is known, and gives something else for all of it."""
    expression = compile_expression(text)
    if not expression.paths <= values.keys():
        return False
    given = {path: values[path] for path in expression.paths}
    for tried in islice(product(*given.values()), _MOST_TRIED):
        try:
            value = expression.evaluate(_variables(zip(given, tried, strict=True)))
        except ExpressionFailed:
            return False
        if value is None or (isinstance(value, kinds) and not isinstance(value, bool)):
            return False
    return True


def _values_of(workbench: Workbench, steps: Mapping[str, StepDefinition]) -> dict[str, tuple[Any, ...]]:
    """By what expressions call it, some values of each kind that is known: of fields that nothing else writes."""
    computed = {name for node in workbench.nodes() for name, _ in node.assignments}
    for node in workbench.nodes():
        computed.update(node.decision.writes if node.decision is not None else ())
        computed.update(written_by(node.call) if node.call is not None else ())
        if node.loop_rule is not None:
            computed.update(one for one in (node.loop_rule.item_variable, node.loop_rule.output_collection) if one)
    known: dict[str, tuple[Any, ...]] = {}
    of_fields: dict[str, set[FieldType]] = {}
    for step in steps.values():
        known[outcome_variable(step.element_id)] = tuple(one.id for one in step.outcomes)
        for field in step.fields:
            if field.type is not FieldType.READ_ONLY:
                of_fields.setdefault(field.name.removeprefix("deal."), set()).add(_kind(field))
    for name, kinds in of_fields.items():
        (kind, *others) = kinds
        if not others and kind in _VALUES and name.partition(".")[0] not in computed:
            known |= dict.fromkeys((name, f"deal.{name}"), _VALUES[kind])
    return {**known, **_FACTS}


def _kind(field: FieldDefinition) -> FieldType:
    """A formula without a type may give anything."""
    return field.type if field.is_typed else field.shown_as or field.type


def _is_mistaken(condition: CompiledCondition, known: Mapping[str, tuple[Any, ...]]) -> bool:
    mistaken = False
    for tried in islice(product(*known.values()), _MOST_TRIED):
        try:
            if condition.holds(_variables(zip(known, tried, strict=True))):
                return False
        except _MISTAKEN:
            mistaken = True
        except ExpressionFailed:
            continue
    return mistaken


def _variables(values: Iterator[tuple[str, Any]]) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    for path, value in values:
        root, _, name = path.partition(".")
        if name:
            variables.setdefault(root, {})[name] = value
        else:
            variables[root] = value
    return variables
