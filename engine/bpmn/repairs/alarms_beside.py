"""Alarms that interrupt nothing and whose way joins the main one: from there on two go it, each for itself.

By the drawing that is right, and it is executed so. But what joins the way behind an approval that is still open goes
on without its answer. Where it comes to the approval itself, ``asked_once`` has seen to that.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.bpmn.map_model import Node, NodeType, Process
from engine.bpmn.repairs.approval_routes import approvals_in
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.token_ways import is_join


def say_alarms_that_join(workbench: Workbench, process: Process) -> None:
    for alarm in process.scope.all_nodes():
        host = alarm.host
        if host is None or alarm.interrupting:
            continue
        beside = _reached(_targets(alarm), alarm)
        joined = [node for node in _reached([host, *_targets(host)], alarm) if node in beside]
        joined = [node for node in joined if node.type is not NodeType.END]
        if not joined:
            continue
        approvals = [one for node in dict.fromkeys((host, *joined)) for one in approvals_in(node)]
        if approvals:
            names = ", ".join(dict.fromkeys(one.title for one in approvals))
            workbench.noticed.warning("ALARM_JOINS_APPROVALS", alarm, steps=names)


def _targets(node: Node) -> list[Node]:
    return [flow.target for flow in node.outgoing]


def _reached(begin: Iterable[Node], past: Node) -> dict[Node, None]:
    """All that a token can come to from ``begin``, without ``past``, before it is joined with others."""
    seen: dict[Node, None] = {}
    waiting = list(begin)
    while waiting:
        node = waiting.pop()
        if node not in seen and node is not past and not is_join(node) and not node.withdraws:
            seen[node] = None
            waiting += [*_targets(node), *node.boundaries]
    return seen
