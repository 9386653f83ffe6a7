"""What every repair gets: the whole map, and where to say what was noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from engine.bpmn.dmn.building import DecisionBuilder
from engine.bpmn.expressions import ExpressionRefused, compile_expression
from engine.bpmn.map_model import EventKind, Node, NodeType, Process, SalesMap, Scope
from engine.bpmn.noticed import Noticed

Found = TypeVar("Found")

_WAITING = (NodeType.CATCH, NodeType.BOUNDARY, NodeType.RECEIVE_TASK)


@dataclass(slots=True)
class Workbench:
    """``processes`` are those that are executed: the chosen one first, then those that it calls."""

    sales_map: SalesMap
    noticed: Noticed
    processes: list[Process]
    tables: DecisionBuilder = field(init=False)
    _known: dict[tuple[Callable[[Scope], Any], Scope], tuple[int, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tables = DecisionBuilder(self.noticed)

    def nodes(self) -> Iterator[Node]:
        """All nodes of all processes that are executed."""
        for process in self.processes:
            yield from process.scope.all_nodes()

    def as_drawn_now(self, scope: Scope, find: Callable[[Scope], Found]) -> Found:
        """What ``find`` finds in ``scope``; found anew only when a repair has put something in meanwhile.

        Whatever is put in takes a new id.
        """
        drawn = len(self.sales_map.used_ids)
        found = self._known.get((find, scope))
        if found is None or found[0] != drawn:
            found = self._known[find, scope] = drawn, find(scope)
        answer: Found = found[1]
        return answer

    def throws(self, kind: EventKind, name: str) -> bool:
        """Whether the executed processes themselves throw such an event."""
        return any(
            event.kind is kind and event.name == name
            for node in self.nodes()
            if node.type in (NodeType.THROW, NodeType.END)
            for event in node.events
        )

    def catches(self, kind: EventKind, name: str) -> bool:
        """Whether the executed processes themselves wait for such an event."""
        return bool(name) and any(
            event.kind is kind and event.name == name for node in self.nodes() if _waits(node) for event in node.events
        )

    @staticmethod
    def is_readable(text: str) -> bool:
        """Whether the expression language accepts ``text``."""
        try:
            compile_expression(text)
        except ExpressionRefused:
            return False
        return True


def _waits(node: Node) -> bool:
    """Whether a running deal waits there; a start event does where it starts an event sub-process."""
    owner = node.scope.owner
    return node.type in _WAITING or (node.type is NodeType.START and owner is not None and owner.triggered_by_event)


Repair = Callable[[Workbench, Process], None]
