"""Departments in the order of their hierarchy: each followed by those that are part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.queries.people import DepartmentRow

_DEEPEST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class TreeRow:
    """``depth`` is how far the row is set in; ``path`` names the departments above it, the highest first."""

    row: DepartmentRow
    depth: int
    path: str


def as_tree(departments: Sequence[DepartmentRow]) -> tuple[TreeRow, ...]:
    """Departments on one level keep the order in which they came."""
    below: dict[int | None, list[DepartmentRow]] = {}
    for one in departments:
        below.setdefault(one.parent_id, []).append(one)
    ordered: list[TreeRow] = []
    waiting = [TreeRow(one, 0, "") for one in reversed(below.get(None, []))]
    while waiting:
        at = waiting.pop()
        ordered.append(at)
        path = f"{at.path} / {at.row.name}" if at.path else at.row.name
        depth = min(at.depth + 1, _DEEPEST_SHOWN)
        waiting += [TreeRow(one, depth, path) for one in reversed(below.get(at.row.id, []))]
    return tuple(ordered)
