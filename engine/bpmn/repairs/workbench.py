"""What every repair gets: the whole map, and where to say what was noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from engine.bpmn.dmn.building import DecisionBuilder
from engine.bpmn.expressions import ExpressionRefused, compile_expression
from engine.bpmn.map_model import EventKind, Node, NodeType, Process, SalesMap
from engine.bpmn.noticed import Noticed

_WAITING = (NodeType.CATCH, NodeType.BOUNDARY, NodeType.RECEIVE_TASK)


@dataclass(slots=True)
class Workbench:
    """``processes`` are those that are executed: the chosen one first, then those that it calls."""

    sales_map: SalesMap
    noticed: Noticed
    processes: list[Process]
    tables: DecisionBuilder = field(init=False)

    def __post_init__(self) -> None:
        self.tables = DecisionBuilder(self.noticed)

    def nodes(self) -> Iterator[Node]:
        """All nodes of all processes that are executed."""
        for process in self.processes:
            yield from process.scope.all_nodes()

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
