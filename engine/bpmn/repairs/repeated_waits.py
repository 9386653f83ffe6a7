"""Receive tasks that run several times: each run waits for a message of its own."""

from __future__ import annotations

from engine.bpmn.map_model import Node, NodeType, Scope
from engine.bpmn.map_surgery import redirect_source, redirect_target
from engine.bpmn.repairs.editing import add_end
from engine.bpmn.repairs.workbench import Workbench


def wait_in_each_run(workbench: Workbench, node: Node) -> None:
    """Put ``node`` into a sub-process that is repeated in its place.

    On the border of what is repeated stands what ends all runs; the message of one run ends that one alone.
    """
    sales_map = workbench.sales_map
    runs = sales_map.add_node(node.scope, NodeType.SUB_PROCESS, node, suffix="runs")
    runs.inside = Scope(node.scope.process, owner=runs)
    runs.loop, node.loop = node.loop, None
    for flow in tuple(node.incoming):
        redirect_target(flow, runs)
    for flow in tuple(node.outgoing):
        redirect_source(flow, runs)
    runs.boundaries, node.boundaries = node.boundaries, []
    for boundary in runs.boundaries:
        boundary.host = runs
    if node.undone_by is not None:
        runs.undone_by, runs.undone_at = node.undone_by, node.undone_at
        node.undone_by.undoes, node.undone_by, node.undone_at = runs, None, ""
    node.scope.nodes.remove(node)
    node.scope = runs.inside
    node.scope.nodes.append(node)
    start = sales_map.add_node(node.scope, NodeType.START, node, suffix="start")
    sales_map.connect(start, node)
    add_end(sales_map, node)


def repeated_step(node: Node) -> Node | None:
    """The step that ``node`` repeats, or that it is itself; None where it holds anything else."""
    if node.step is not None:
        return node
    drawn = node.like
    return drawn if drawn is not None and drawn.scope.owner is node and drawn.step is not None else None
