"""Tasks: people's stay people's, automated ones run where we can run them, otherwise somebody confirms them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.compiled import CallRule
from engine.bpmn.expressions import ExpressionRefused, compile_assignments, compile_expression
from engine.bpmn.map_model import AUTOMATED_TASKS, HUMAN_TASKS, Node, NodeType, Process
from engine.bpmn.repairs.stand_ins import confirm_by_person, plan_human
from engine.bpmn.repairs.waiting import wait_with_person
from engine.bpmn.repairs.workbench import Workbench

_CONNECTORS = frozenset({"http", "mail", "external"})
_PARAMETER = "parameter:"


def settle_tasks(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        if node.step is not None:
            continue
        if node.type in HUMAN_TASKS:
            plan_human(node)
        elif node.type is NodeType.RECEIVE_TASK:
            wait_with_person(workbench, node, node.events)
        elif node.type in AUTOMATED_TASKS and not _runs_by_itself(workbench, node):
            workbench.noticed.warning("AUTOMATED_STAND_IN", node, kind=node.type.value)
            confirm_by_person(node)


def _runs_by_itself(workbench: Workbench, node: Node) -> bool:
    if node.annotation.connector:
        return _call(workbench, node, node.annotation.connector)
    if node.type is NodeType.SCRIPT_TASK and node.annotation.script:
        return _script(workbench, node)
    return False


def _call(workbench: Workbench, node: Node, connector: Mapping[str, str]) -> bool:
    kind = connector.get("type", "")
    if kind not in _CONNECTORS:
        workbench.noticed.warning("CONNECTOR_UNKNOWN", node, connector=kind or "–")
        return False
    parameters = {key.removeprefix(_PARAMETER): value for key, value in connector.items() if key.startswith(_PARAMETER)}
    for name, text in parameters.items():
        try:
            compile_expression(text)
        except ExpressionRefused:
            workbench.noticed.error("PARAMETER_NOT_UNDERSTOOD", node, parameter=name, text=text)
            return False
    node.type = NodeType.SERVICE_TASK
    node.call = CallRule(
        connector=kind,  # type: ignore[arg-type]  # checked above; pydantic checks it again
        topic=connector.get("topic", ""),
        parameters=parameters,
        result_variable=connector.get("result") or None,
    )
    return True


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
