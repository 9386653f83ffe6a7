"""What every repair gets: the whole map, and where to say what was noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.bpmn.expressions import ExpressionRefused, compile_expression
from engine.bpmn.map_model import EventKind, Node, NodeType, Process, SalesMap
from engine.bpmn.noticed import Noticed

# A start event waits where it starts an event sub-process; the others have lost their events by then, but for messages
# that open a deal, which a deal sends to itself only by opening another.
_WAITING = (NodeType.CATCH, NodeType.BOUNDARY, NodeType.RECEIVE_TASK, NodeType.START)


@dataclass(slots=True)
class Workbench:
    """``processes`` are those that are executed: the chosen one first, then those that it calls."""

    sales_map: SalesMap
    noticed: Noticed
    processes: list[Process]

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
            event.kind is kind and event.name == name
            for node in self.nodes()
            if node.type in _WAITING
            for event in node.events
        )

    @staticmethod
    def is_readable(text: str) -> bool:
        """Whether the expression language accepts ``text``."""
        try:
            compile_expression(text)
        except ExpressionRefused:
            return False
        return True


Repair = Callable[[Workbench, Process], None]
