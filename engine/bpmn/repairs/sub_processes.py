"""Sub-processes: empty ones become a step, ad-hoc ones offer each step once, transactions lose their name."""

from __future__ import annotations

from engine.bpmn.map_model import SUB_PROCESSES, EventKind, Node, NodeType, Process, remove_node
from engine.bpmn.repairs.stand_ins import confirm_by_person
from engine.bpmn.repairs.workbench import Workbench


def settle_sub_processes(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        if node.type not in SUB_PROCESSES or node.inside is None:
            continue
        if not node.inside.nodes:
            _empty(workbench, node)
        elif node.type is NodeType.AD_HOC:
            _ad_hoc(workbench, node)
        elif node.type is NodeType.TRANSACTION:
            _transaction(workbench, node)


def _empty(workbench: Workbench, node: Node) -> None:
    node.inside = None
    if node.triggered_by_event:
        workbench.noticed.warning("EVENT_SUBPROCESS_EMPTY", node)
        remove_node(node)
        return
    workbench.noticed.warning("EMPTY_SUB_PROCESS", node)
    confirm_by_person(node)


def _ad_hoc(workbench: Workbench, node: Node) -> None:
    if node.ordered:
        workbench.noticed.refuse("AD_HOC_SEQUENTIAL", node)
    else:
        workbench.noticed.warning("AD_HOC_EACH_ONCE", node)
    # The type stays until its starts are settled: there every step without an arrow begins at once.


def _transaction(workbench: Workbench, node: Node) -> None:
    inside = node.inside.of_type(NodeType.END) if node.inside is not None else []
    cancels = [other for other in (*inside, *node.boundaries) if other.has_event(EventKind.CANCEL)]
    if cancels:
        workbench.noticed.refuse("TRANSACTION_CANCEL", cancels[0], transaction=node.title)
    node.type = NodeType.SUB_PROCESS
