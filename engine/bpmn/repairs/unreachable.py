"""What no path leads to is left out, and said."""

from __future__ import annotations

from engine.bpmn.map_model import Process
from engine.bpmn.map_surgery import reachable, remove_node
from engine.bpmn.repairs.workbench import Workbench


def leave_out_unreachable(workbench: Workbench, process: Process) -> None:
    for scope in process.scope.scopes():
        if not scope.starts:
            continue
        reached = reachable(scope.entries)
        for node in tuple(scope.nodes):
            if node in reached or node not in scope.nodes:
                continue
            if node.source_id or node.name:  # what a repair has put in has neither; a drawn step may lack its id
                workbench.noticed.warning("UNREACHABLE", node)
            remove_node(node)
