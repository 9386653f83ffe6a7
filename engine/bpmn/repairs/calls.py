"""Call activities: to a process of the same upload or of the library, otherwise somebody confirms that it is done."""

from __future__ import annotations

from engine.bpmn.map_model import Node, NodeType, Process
from engine.bpmn.repairs.stand_ins import confirm_by_person
from engine.bpmn.repairs.workbench import Workbench


def settle_calls(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        if node.type is not NodeType.CALL_ACTIVITY or node.calls is not None:
            continue
        workbench.noticed.warning("CALL_UNRESOLVED", node, called=node.called or "–")
        confirm_by_person(node)


def find_called(node: Node, processes: list[Process]) -> Process | None:
    """The process that ``node`` names, by its id in the file, with or without a prefix."""
    wished = node.called
    if not wished:
        return None
    short = wished.rsplit(":", 1)[-1]
    for process in processes:
        if process.scope.nodes and process.source_id in (wished, short):
            return process
    return None
