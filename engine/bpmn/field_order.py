"""What the fields of a form read of each other, and the order in which they can be decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from engine.bpmn.compiled import FieldDefinition
from engine.bpmn.expressions import compile_expression


def reads_of(field: FieldDefinition) -> Iterator[str]:
    """The expressions by which a field depends on others, those of its columns among them."""
    yield from (text for text in (field.visible_if, field.formula) if text)
    yield from (column.formula for column in field.columns if column.formula)


@lru_cache(2_000)
def names_read(text: str) -> frozenset[str]:
    """The names by which an expression may read a field: ``discount``, ``deal.amount``."""
    compiled = compile_expression(text)
    two_deep = {".".join(path.split(".")[:2]) for path in compiled.paths}
    return compiled.names | two_deep | {name.removeprefix("deal.") for name in two_deep if name.startswith("deal.")}


def in_order(fields: Sequence[FieldDefinition]) -> tuple[tuple[FieldDefinition, ...], tuple[str, ...]]:
    """The fields, each behind those that it reads; and the names of a circle, which has no order."""
    walk = _Walk(fields)
    for field in fields:
        walk.visit(field)
    return tuple(walk.ordered.values()), walk.circle


class _Walk:
    def __init__(self, fields: Sequence[FieldDefinition]) -> None:
        self._by_name = {field.name: field for field in fields}
        self._underway: list[str] = []
        self.ordered: dict[str, FieldDefinition] = {}
        self.circle: tuple[str, ...] = ()

    def visit(self, field: FieldDefinition) -> None:
        if field.name in self.ordered:
            return
        if field.name in self._underway:
            self.circle = self.circle or tuple(self._underway[self._underway.index(field.name) :])
            return
        self._underway.append(field.name)
        for text in reads_of(field):
            for name in sorted(names_read(text) & self._by_name.keys()):
                # A condition of a field on itself is a circle; columns of a table may be named like the table.
                if name != field.name or text in (field.visible_if, field.formula):
                    self.visit(self._by_name[name])
        self._underway.pop()
        self.ordered[field.name] = field
