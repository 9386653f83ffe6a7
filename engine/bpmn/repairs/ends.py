"""Where paths end: every path in an end event, and what an end throws is thrown before it."""

from __future__ import annotations

from engine.bpmn.map_model import EventKind, Node, NodeType, Process
from engine.bpmn.repairs.editing import add_end
from engine.bpmn.repairs.workbench import Workbench

_ENDS_BY_ITSELF = (EventKind.TERMINATE, EventKind.ERROR, EventKind.ESCALATION, EventKind.CANCEL)


def settle_ends(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        if node.type is NodeType.END:
            _settle_end(workbench, node)
        elif not node.outgoing and not node.triggered_by_event and node.undoes is None:
            workbench.noticed.info("IMPLICIT_END", node)
            add_end(workbench.sales_map, node)


def _settle_end(workbench: Workbench, node: Node) -> None:
    if node.outgoing:
        workbench.noticed.warning("FLOW_OUT_OF_END", node)
        node.type = NodeType.THROW
        return
    if not node.events:
        return
    endings = [event for event in node.events if event.kind in _ENDS_BY_ITSELF]
    if len(endings) > 1:
        workbench.noticed.warning("MULTIPLE_EVENT", node, used=endings[0].kind.value)
    thrown = [event for event in node.events if event not in endings]
    if endings and not thrown:
        node.events = endings[:1]
        return
    node.type, node.events = NodeType.THROW, thrown
    end = add_end(workbench.sales_map, node)
    end.name, end.annotation, end.events = node.name, node.annotation, endings[:1]
