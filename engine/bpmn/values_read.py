"""Which values the course of a deal depends on: what conditions, tables, loops and timers of a map read.

And which of their values are worth trying: the choices that a form declares, and for numbers and texts those beside
the constants that the map compares with, since nothing changes between two of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from engine.bpmn.compiled import CompiledProcess, ExpressionCondition, FieldDefinition, FieldType
from engine.bpmn.deadline_rules import RelativeToField
from engine.bpmn.dmn.model import DecisionTable
from engine.bpmn.expressions import compile_expression
from engine.bpmn.repairs.connectors import written_by
from engine.bpmn.variables import FACTS, outcome_variable
from engine.errors import DomainError

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")
_TRUTH = re.compile(r"\b(?:true|false)\b", re.IGNORECASE)
_TEXT = re.compile(r'"([^"]*)"|\'([^\']*)\'')
_NUMBERS = frozenset({FieldType.NUMBER, FieldType.MONEY, FieldType.PERCENT})
_DEAL_TYPES = {"amount": FieldType.MONEY, "close_date": FieldType.DATE}
_NEVER_GIVEN = frozenset({"deal.number", "deal.stage"})


@dataclass(frozen=True, slots=True)
class ReadValue:
    """A value by its name in expressions (``deal.amount``, ``client.segment``, ``discount``).

    ``field`` types it; ``decides`` says that a condition or a table reads it, not a deadline only.
    """

    name: str
    field: FieldDefinition
    decides: bool


def values_read(process: CompiledProcess) -> tuple[ReadValue, ...]:
    """What people give and the map reads, the deal's own first. What the map computes itself is not among it."""
    deciding = set(_names(deciding_texts(process)))
    names = deciding | set(_names(_other_texts(process)))
    fields = fields_by_name(process)
    computed = _computed(process)
    found = [
        ReadValue(name, fields.get(name) or field_by_comparison(process, name), name in deciding)
        for name in names
        if name not in computed and name not in _NEVER_GIVEN and _can_be_given(name)
    ]
    order = {name: position for position, name in enumerate(fields)}
    return tuple(sorted(found, key=lambda one: (not one.name.startswith("deal."), order.get(one.name, 0), one.name)))


def fields_by_name(process: CompiledProcess) -> dict[str, FieldDefinition]:
    """The fields that steps ask for or calculate, by name, as fields to type; of several for one value the first."""
    fields: dict[str, FieldDefinition] = {}
    for step in process.steps.values():
        for field in step.fields:
            if field.type is not FieldType.READ_ONLY:
                fields.setdefault(field.name, field.as_typed())
    return fields


def constants_beside(process: CompiledProcess) -> tuple[tuple[Decimal, ...], tuple[str, ...]]:
    """The numbers and the texts that the map's conditions and tables compare with, sorted."""
    numbers: set[Decimal] = set()
    texts: set[str] = set()
    for text in (*deciding_texts(process), *_cells(process)):
        texts |= {one or other for one, other in _TEXT.findall(text)}
        numbers |= {Decimal(one) for one in _NUMBER.findall(_TEXT.sub("", text))}
    return tuple(sorted(numbers)), tuple(sorted(texts))


def is_number(field: FieldDefinition) -> bool:
    return field.type in _NUMBERS


def _can_be_given(name: str) -> bool:
    root, _, attribute = name.partition(".")
    return root not in FACTS or (root in ("deal", "client") and bool(attribute))


def field_by_comparison(process: CompiledProcess, name: str) -> FieldDefinition:
    """A value that no form of the map types: what it is compared with tells what it is."""
    root, _, attribute = name.partition(".")
    if root == "client" and attribute in process.client_fields:
        return process.client_fields[attribute].model_copy(update={"name": name, "required": False})
    if root == "deal" and attribute in _DEAL_TYPES:
        return FieldDefinition(name=name, label="", type=_DEAL_TYPES[attribute])
    texts = [text for text in deciding_texts(process) if name in set(_names([text]))]
    if any(_TEXT.search(text) for text in texts):
        kind = FieldType.TEXT
    elif any(_NUMBER.search(text) for text in texts):
        kind = FieldType.NUMBER
    elif any(_TRUTH.search(text) for text in texts):
        kind = FieldType.YES_NO
    else:
        kind = FieldType.TEXT
    return FieldDefinition(name=name, label="", type=kind)


def _computed(process: CompiledProcess) -> set[str]:
    names = {outcome_variable(one) for one in process.steps}
    names |= {target for pairs in process.assignments.values() for target, _ in pairs}
    names |= {one for task in process.decision_tasks.values() for one in (task.decision,)}
    for decision in process.decisions.values():
        names.add(decision.result_name)
        if isinstance(decision.logic, DecisionTable):
            names |= {output.name for output in decision.logic.outputs}
    for loop in process.loops.values():
        names |= {one for one in (loop.item_variable, loop.output_collection) if one}
    names |= {name for call in process.calls.values() for name in written_by(call)}
    return names | {"loopCounter"}


def _names(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            compiled = compile_expression(text)
        except DomainError:  # what cannot be read gives no value, and is told where it stands
            continue
        paths = {path for path in compiled.paths if path.partition(".")[0] in FACTS}
        yield from (".".join(path.split(".")[:2]) for path in paths)
        yield from (name for name in compiled.names if name not in FACTS)


def deciding_texts(process: CompiledProcess) -> Iterator[str]:
    """By what the map decides: conditions, columns of tables, what is assigned, how often a loop runs."""
    yield from (one.text for one in process.conditions.values() if isinstance(one, ExpressionCondition))
    yield from (text for pairs in process.assignments.values() for _, text in pairs)
    for loop in process.loops.values():
        texts = (loop.cardinality, loop.collection, loop.completion_condition, loop.again_while)
        yield from (text for text in texts if text)
    for decision in process.decisions.values():
        if isinstance(decision.logic, DecisionTable):
            yield from (column.expression for column in decision.logic.inputs)
        else:
            yield decision.logic.expression


def _cells(process: CompiledProcess) -> Iterator[str]:
    for decision in process.decisions.values():
        if isinstance(decision.logic, DecisionTable):
            for rule in decision.logic.rules:
                yield from (cell.tests or cell.condition for cell in rule.inputs)
            yield from (column.allowed for column in decision.logic.inputs)


def _other_texts(process: CompiledProcess) -> Iterator[str]:
    yield from (timer.expression for timer in process.timers.values() if timer.expression)
    yield from (text for message in process.messages.values() for text in message.correlation.values())
    for step in process.steps.values():
        if isinstance(step.deadline, RelativeToField):
            yield step.deadline.expression
        yield from (name[1:] for name in step.responsible if name.startswith("="))
