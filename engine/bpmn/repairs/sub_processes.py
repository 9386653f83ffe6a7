"""Sub-processes: empty ones become a step, transactions are sub-processes that can be cancelled."""

from __future__ import annotations

from engine.bpmn.map_model import SUB_PROCESSES, EventKind, Node, NodeType, Process
from engine.bpmn.map_surgery import remove_node
from engine.bpmn.repairs.ad_hoc import offer_steps
from engine.bpmn.repairs.stand_ins import confirm_by_person
from engine.bpmn.repairs.workbench import Workbench


def settle_sub_processes(workbench: Workbench, process: Process) -> None:
    # From the inside out: what was left out inside may leave a frame empty.
    for node in reversed(tuple(process.scope.all_nodes())):
        if node.type not in SUB_PROCESSES or node.inside is None:
            continue
        if not node.inside.nodes:
            _empty(workbench, node)
        elif node.type is NodeType.AD_HOC:
            offer_steps(workbench, node)
    for node in tuple(process.scope.all_nodes()):
        if node.has_event(EventKind.CANCEL):
            _cancel(workbench, node)
    for node in process.scope.all_nodes():
        if node.type is NodeType.TRANSACTION:
            node.type = NodeType.SUB_PROCESS


def _empty(workbench: Workbench, node: Node) -> None:
    node.inside = None
    if node.triggered_by_event:
        workbench.noticed.warning("EVENT_SUBPROCESS_EMPTY", node)
        remove_node(node)
        return
    workbench.noticed.warning("EMPTY_SUB_PROCESS", node)
    confirm_by_person(node)


def _cancel(workbench: Workbench, node: Node) -> None:
    """A transaction is cancelled by an end event right inside it, and left by a cancel event on its border."""
    if node.type is NodeType.BOUNDARY:
        sound = node.host is not None and node.host.type is NodeType.TRANSACTION and len(node.events) == 1
    else:
        owner = node.scope.owner
        sound = (
            node.type is NodeType.END
            and owner is not None
            and owner.type is NodeType.TRANSACTION
            and owner.loop is None
            and any(boundary.has_event(EventKind.CANCEL) for boundary in owner.boundaries)
        )
    if not sound:
        workbench.noticed.refuse("CANCEL_OUT_OF_PLACE", node)
