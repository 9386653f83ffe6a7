"""Several starts that meet at a gateway which waits for all of them: the deal begins with all, none alone is enough."""

from __future__ import annotations

from engine.bpmn.map_model import Node, NodeType, Process, Scope
from engine.bpmn.map_properties import Property
from engine.bpmn.map_surgery import reachable
from engine.bpmn.repairs.editing import insert_after
from engine.bpmn.repairs.workbench import Workbench

_MOST = 20  # starts of which somebody can still say what they mean together


def begin_together(workbench: Workbench, process: Process) -> None:
    """A start that waits for a message is drawn where an event between steps is meant: what it waits for is awaited."""
    for scope in tuple(process.scope.scopes()):
        if scope.owner is None or not scope.owner.triggered_by_event:
            _settle(workbench, scope)


def _settle(workbench: Workbench, scope: Scope) -> None:
    starts = [start for start in scope.starts if not start.incoming]
    said = scope.owner.annotation if scope.owner is not None else scope.process.annotation
    if not 1 < len(starts) <= _MOST or said.text(Property.START_AT):
        return  # where the owner has said where it begins, nothing is left open
    reached = {start: reachable([start]) for start in starts}
    for join in scope.of_type(NodeType.PARALLEL):
        needed = _needed(join, reached)
        if len(needed) > 1:
            _join(workbench, join, needed)
            return


def _needed(join: Node, reached: dict[Node, set[Node]]) -> list[Node]:
    """The starts without which the join never goes on; none where one start is enough, or all together are not."""
    missing = {flow.source for flow in join.incoming}
    needed: list[Node] = []
    while missing:
        # A start without an event before one with an event: it is what somebody begins.
        best = max(reached, key=lambda start: (len(missing & reached[start]), not start.events))
        if not missing & reached[best]:
            return []
        needed.append(best)
        missing -= reached[best]
    return sorted(needed, key=lambda start: bool(start.events))


def _join(workbench: Workbench, join: Node, needed: list[Node]) -> None:
    first, *others = needed
    workbench.noticed.warning("STARTS_TOGETHER", join, starts=", ".join(start.title for start in needed))
    fork = insert_after(workbench.sales_map, first, NodeType.PARALLEL, "starts_together")
    for start in others:
        start.type = NodeType.CATCH if start.events else NodeType.THROW
        workbench.sales_map.connect(fork, start)
