"""Where paths end: every path in an end event, and what an end throws is thrown before it."""

from __future__ import annotations

from engine.bpmn.map_model import EventKind, Node, NodeType, Process
from engine.bpmn.repairs.editing import add_end
from engine.bpmn.repairs.workbench import Workbench

_ENDS_BY_ITSELF = (EventKind.TERMINATE, EventKind.ERROR, EventKind.ESCALATION)


def settle_ends(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        if node.type is NodeType.END:
            _settle_end(workbench, node)
        elif not node.outgoing and not node.triggered_by_event:
            workbench.noticed.info("IMPLICIT_END", node)
            add_end(workbench.sales_map, node)


def _settle_end(workbench: Workbench, node: Node) -> None:
    if node.outgoing:
        workbench.noticed.warning("FLOW_OUT_OF_END", node)
        node.type = NodeType.THROW
        return
    if not node.events:
        return
    ending = next((event for event in node.events if event.kind in _ENDS_BY_ITSELF), None)
    if ending is not None:
        if len(node.events) > 1:
            workbench.noticed.warning("MULTIPLE_EVENT", node, used=ending.kind.value)
        node.events = [ending]
        return
    node.type = NodeType.THROW
    add_end(workbench.sales_map, node)
