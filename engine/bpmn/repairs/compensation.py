"""Compensation undoes completed work: nothing stands in for it faithfully."""

from __future__ import annotations

from engine.bpmn.map_model import EventKind, Node, NodeType, Process, remove_node
from engine.bpmn.repairs.workbench import Workbench


def refuse_compensation(workbench: Workbench, process: Process) -> None:
    """Thrown compensation is refused; handlers that nobody calls are left out, with a warning."""
    for node in tuple(process.scope.all_nodes()):
        if node.type in (NodeType.THROW, NodeType.END) and node.has_event(EventKind.COMPENSATE):
            workbench.noticed.refuse("COMPENSATION", node)
        elif _is_handler(node) and node in node.scope.nodes:
            workbench.noticed.warning("COMPENSATION_LEFT_OUT", node)
            remove_node(node)


def _is_handler(node: Node) -> bool:
    if node.for_compensation and not node.incoming:
        return True
    if node.type is NodeType.BOUNDARY:
        return node.has_event(EventKind.COMPENSATE)
    return node.triggered_by_event and any(
        start.has_event(EventKind.COMPENSATE) for start in (node.inside.of_type(NodeType.START) if node.inside else ())
    )
