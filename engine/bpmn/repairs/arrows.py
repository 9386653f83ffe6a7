"""Arrows that touch nothing, cross a border, or stand where no arrow can stand."""

from __future__ import annotations

from engine.bpmn.map_model import ACTIVITIES, Flow, NodeType, Process
from engine.bpmn.map_surgery import remove_flow
from engine.bpmn.repairs.workbench import Workbench


def check_arrows(workbench: Workbench, process: Process) -> None:
    """Everything that breaks the structure is refused here, with the arrow or the step at fault."""
    _duplicates(workbench, process)
    _loose(workbench, process)
    for scope in process.scope.scopes():
        for flow in tuple(scope.flows()):
            _check_flow(workbench, flow)
    for node in process.scope.all_nodes():
        if node.counts_tokens:
            workbench.noticed.refuse("TOKEN_QUANTITY", node)
        if node.type is not NodeType.BOUNDARY:
            continue
        host = node.host
        if host is None or host.type not in ACTIVITIES or host.scope is not node.scope or host.triggered_by_event:
            workbench.noticed.refuse("BOUNDARY_HOST", node, reference=node.host_reference or "–")


def _duplicates(workbench: Workbench, process: Process) -> None:
    for node in process.duplicates:
        workbench.noticed.refuse("DUPLICATE_ID", node, id=node.source_id)


def _loose(workbench: Workbench, process: Process) -> None:
    for loose in process.loose_flows:
        if loose.source is not None:
            workbench.noticed.refuse(
                "DANGLING_FLOW", loose, step=loose.source.title, reference=loose.target_reference or "–"
            )
        elif loose.target is not None:
            workbench.noticed.refuse(
                "DANGLING_FLOW", loose, step=loose.target.title, reference=loose.source_reference or "–"
            )
        else:
            workbench.noticed.warning("ORPHAN_ARROW", loose)


def _check_flow(workbench: Workbench, flow: Flow) -> None:
    source, target = flow.source, flow.target
    names = {"source": source.title, "target": target.title}
    if source.scope.process is not target.scope.process:
        workbench.noticed.refuse("CROSS_POOL_FLOW", flow, **names)
    elif source.scope is not target.scope:
        workbench.noticed.refuse("CROSS_SUBPROCESS_FLOW", flow, **names)
    elif target.type is NodeType.BOUNDARY:
        workbench.noticed.refuse("FLOW_INTO_BOUNDARY", target, source=source.title)
    elif source.triggered_by_event or target.triggered_by_event:
        workbench.noticed.refuse("FLOW_TO_EVENT_SUBPROCESS", flow, **names)
    elif source is target and source.type not in ACTIVITIES:
        workbench.noticed.warning("ARROW_TO_ITSELF", flow, step=source.title)
        remove_flow(flow)
