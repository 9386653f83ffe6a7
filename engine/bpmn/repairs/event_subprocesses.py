"""An event sub-process is redrawn as what it means: an event on the border of everything beside it.

The nodes of the scope move into a sub-process of their own; the event sub-process becomes an ordinary one behind a
boundary event. An interrupting event withdraws the body, exactly as the standard says; a non-interrupting one runs
beside it, and the scope ends when both have ended.
"""

from __future__ import annotations

from engine.bpmn.map_model import EventKind, Node, NodeType, Process, SalesMap, Scope
from engine.bpmn.repairs.editing import add_end
from engine.bpmn.repairs.workbench import Workbench

_STARTING = frozenset(
    {
        EventKind.MESSAGE,
        EventKind.TIMER,
        EventKind.SIGNAL,
        EventKind.ERROR,
        EventKind.ESCALATION,
        EventKind.CONDITIONAL,
    }
)


def redraw_event_subprocesses(workbench: Workbench, process: Process) -> None:
    for scope in tuple(process.scope.scopes()):
        handlers = [node for node in scope.nodes if node.triggered_by_event]
        sound = [handler for handler in handlers if _start_of(workbench, handler) is not None]
        if sound and len(sound) == len(handlers):
            _redraw(workbench, scope, handlers)


def _start_of(workbench: Workbench, handler: Node) -> Node | None:
    starts = handler.inside.of_type(NodeType.START) if handler.inside is not None else []
    if len(starts) != 1 or len(starts[0].events) != 1 or starts[0].events[0].kind not in _STARTING:
        workbench.noticed.refuse("EVENT_SUBPROCESS_START", handler)
        return None
    return starts[0]


def _redraw(workbench: Workbench, scope: Scope, handlers: list[Node]) -> None:
    sales_map = workbench.sales_map
    starts = [handler.inside.of_type(NodeType.START)[0] for handler in handlers if handler.inside is not None]
    body = _enclose(sales_map, scope, handlers)
    terminates = any(
        node.type is NodeType.END and node.has_event(EventKind.TERMINATE)
        for node in (body.inside.nodes if body.inside is not None else ())
    )
    for handler, start in zip(handlers, starts, strict=True):
        boundary = sales_map.add_node(scope, NodeType.BOUNDARY, start, suffix="event")
        boundary.name = start.name or handler.name
        boundary.events = start.events
        boundary.interrupting = start.interrupting or start.has_event(EventKind.ERROR)
        boundary.host = body
        body.boundaries.append(boundary)
        start.events = []
        handler.triggered_by_event = False
        sales_map.connect(boundary, handler)
        add_end(sales_map, handler)
        workbench.noticed.info("EVENT_SUBPROCESS_REDRAWN", handler, event=boundary.name or start.source_id)
        if terminates and not boundary.interrupting:
            workbench.noticed.warning("EVENT_SUBPROCESS_OUTLIVES", handler)


def _enclose(sales_map: SalesMap, scope: Scope, handlers: list[Node]) -> Node:
    """Move all of the scope but ``handlers`` into a new sub-process."""
    moved = [node for node in scope.nodes if node not in handlers]
    message_starts = [node for node in moved if node.type is NodeType.START and node.events]
    body = sales_map.add_node(scope, NodeType.SUB_PROCESS, scope.owner, suffix="body")
    inside = Scope(scope.process, owner=body, nodes=[node for node in moved if node not in message_starts])
    body.inside = inside
    for node in inside.nodes:
        node.scope = inside
    scope.nodes = [*handlers, *message_starts, body]
    for start in message_starts:
        # Whoever begins by message begins the body; its one plain start leads to the same first step.
        for flow in tuple(start.outgoing):
            flow.target.incoming.remove(flow)
            flow.target = body
            body.incoming.append(flow)
    origin = sales_map.add_node(scope, NodeType.START, scope.owner, suffix="outer_begin")
    sales_map.connect(origin, body)
    add_end(sales_map, body)
    return body
