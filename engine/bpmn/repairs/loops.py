"""Activities that run several times: counted where a count can be read, else somebody is asked "once more?"."""

from __future__ import annotations

from engine.bpmn.compiled import LoopRule, StepKind
from engine.bpmn.expressions import is_expression
from engine.bpmn.map_model import ACTIVITIES, Flow, Loop, Node, NodeType, Process, redirect_source
from engine.bpmn.repairs.editing import insert_after, insert_before
from engine.bpmn.repairs.workbench import Workbench


def settle_loops(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        loop = node.loop
        if loop is None:
            continue
        node.loop = None
        if node.type not in ACTIVITIES:
            continue
        if loop.multiple:
            _multi_instance(workbench, node, loop)
        else:
            _standard(workbench, node, loop)


def _multi_instance(workbench: Workbench, node: Node, loop: Loop) -> None:
    countable = (loop.cardinality and workbench.is_readable(loop.cardinality)) or (
        loop.collection and workbench.is_readable(loop.collection)
    )
    if not countable and node.step is not None and node.step.kind is StepKind.APPROVAL:
        workbench.noticed.info("APPROVAL_BY_ALL", node)
        return
    if not countable:
        workbench.noticed.warning("LOOP_ASKED", node, text=loop.cardinality or loop.collection or "–")
        _again(workbench, node, "")
        return
    completion = loop.condition if loop.condition and is_expression(loop.condition) else None
    if loop.condition and completion is None:
        workbench.noticed.warning("COMPLETION_NOT_UNDERSTOOD", node, text=loop.condition)
    by_count = bool(loop.cardinality and workbench.is_readable(loop.cardinality))
    node.loop_rule = LoopRule(
        sequential=loop.sequential,
        cardinality=loop.cardinality if by_count else None,
        collection=None if by_count else loop.collection,
        item_variable=loop.item_variable or None,
        completion_condition=completion,
    )


def _standard(workbench: Workbench, node: Node, loop: Loop) -> None:
    readable = bool(loop.condition) and is_expression(loop.condition)
    if not readable:
        workbench.noticed.warning("LOOP_ASKED", node, text=loop.condition or "–")
    if loop.maximum:
        workbench.noticed.warning("LOOP_MAXIMUM", node, maximum=loop.maximum)
    _again(workbench, node, loop.condition if readable else "", before=loop.test_before and readable)


def _again(workbench: Workbench, node: Node, condition: str, *, before: bool = False) -> None:
    """A gateway that leads back to ``node`` while ``condition`` holds; without one, a person is asked."""
    sales_map = workbench.sales_map
    if before:
        gateway = insert_before(sales_map, node, NodeType.EXCLUSIVE, "again")
        onward = _tested_before(workbench, gateway, node)
        gateway.default = onward
        gateway.outgoing[0].condition_text = condition
        return
    gateway = insert_after(sales_map, node, NodeType.EXCLUSIVE, "again")
    back = sales_map.connect(gateway, node)
    back.name, back.condition_text = node.name, condition
    gateway.name = node.name
    if condition:
        gateway.default = gateway.outgoing[0]


def _tested_before(workbench: Workbench, gateway: Node, node: Node) -> Flow:
    """Tested before: ``node`` leads back to ``gateway``, and the way on leaves the gateway."""
    onward = node.outgoing[0]
    redirect_source(onward, gateway)
    workbench.sales_map.connect(node, gateway)
    return onward
