"""Tasks: people's stay people's, tables and assignments run, any other automated task is confirmed by somebody."""

from __future__ import annotations

from engine.bpmn.expressions import ExpressionRefused, compile_assignments
from engine.bpmn.map_model import AUTOMATED_TASKS, HUMAN_TASKS, Node, NodeType, Process
from engine.bpmn.repairs.connectors import settle_connector
from engine.bpmn.repairs.decision_tables import settle_decision
from engine.bpmn.repairs.loops import is_counted
from engine.bpmn.repairs.repeated_waits import wait_in_each_run
from engine.bpmn.repairs.stand_ins import confirm_by_person, plan_human
from engine.bpmn.repairs.waiting import wait_with_person
from engine.bpmn.repairs.workbench import Workbench


def settle_tasks(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        if node.step is not None or node.withdraws or settle_connector(workbench, node):
            continue
        if node.type in HUMAN_TASKS:
            plan_human(node)
        elif node.type is NodeType.RECEIVE_TASK:
            if node.loop is not None and node.undoes is None and is_counted(node.loop):
                wait_in_each_run(workbench, node)
            wait_with_person(workbench, node, node.events)
        elif node.type in AUTOMATED_TASKS and not settle_decision(workbench, node) and not _runs(workbench, node):
            workbench.noticed.warning("AUTOMATED_STAND_IN", node, kind=node.type.value)
            confirm_by_person(node)


def _runs(workbench: Workbench, node: Node) -> bool:
    if node.type is NodeType.SCRIPT_TASK and node.annotation.script:
        return _script(workbench, node)
    return False


def _script(workbench: Workbench, node: Node) -> bool:
    try:
        assignments = compile_assignments(node.annotation.script)
    except ExpressionRefused:
        workbench.noticed.info("SCRIPT_NOT_RUN", node)
        return False
    if not assignments:
        return False
    node.assignments = assignments
    return True
