"""Compensation: which activity undoes which, and what a thrown compensation undoes.

An activity that undoes another stands in no path: it is opened when a compensation is thrown after the other was
completed.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.map_model import ACTIVITIES, EventDefinition, EventKind, Node, NodeType, Process, Scope
from engine.bpmn.map_surgery import remove_node
from engine.bpmn.repairs.workbench import Workbench


def settle_compensation(workbench: Workbench, process: Process) -> None:
    """Handlers that nothing calls are left out, with a warning; what cannot be undone as drawn is refused."""
    called = any(_calls(node) for node in workbench.nodes())
    for node in tuple(process.scope.all_nodes()):
        if node not in node.scope.nodes:
            continue  # left out with another
        if node.type is NodeType.BOUNDARY and node.has_event(EventKind.COMPENSATE):
            _boundary(workbench, node, called=called)
        elif _is_compensation_start(node) and (not called or node.scope.owner is None):
            workbench.noticed.warning("COMPENSATION_LEFT_OUT", node)
            remove_node(node)
    for node in tuple(process.scope.all_nodes()):
        if node.for_compensation and node.undoes is None and not node.incoming and node in node.scope.nodes:
            workbench.noticed.warning("COMPENSATION_LEFT_OUT", node)
            remove_node(node)
        elif node.type in (NodeType.THROW, NodeType.END):
            _throws(workbench, node)


def _calls(node: Node) -> bool:
    """Whether completed work may be undone here: by a thrown compensation, or by a transaction that is cancelled."""
    return node.type in (NodeType.THROW, NodeType.END) and any(
        event.kind in (EventKind.COMPENSATE, EventKind.CANCEL) for event in node.events
    )


def _is_compensation_start(node: Node) -> bool:
    starts = node.inside.starts if node.triggered_by_event and node.inside is not None else []
    return any(start.has_event(EventKind.COMPENSATE) for start in starts)


def _boundary(workbench: Workbench, event: Node, *, called: bool) -> None:
    """The event itself is no part of a path: what it leads to becomes a property of its host."""
    host, handler = event.host, event.undone_by
    event.undone_by = None
    remove_node(event)
    if not called:
        workbench.noticed.warning("COMPENSATION_LEFT_OUT", event)
        if handler is not None and not handler.incoming and handler in handler.scope.nodes:
            remove_node(handler)
        return
    sound = (
        host is not None
        and host.undone_by is None
        and handler is not None
        and handler.type in ACTIVITIES
        and handler.scope is host.scope
        and handler is not host
        and handler.undoes is None
        and not handler.incoming
        and not handler.outgoing
        and not handler.triggered_by_event
        and not any(boundary.interrupting for boundary in handler.boundaries)
        and not event.outgoing
        and len(event.events) == 1
    )
    if not sound or host is None or handler is None:
        workbench.noticed.refuse("COMPENSATION_HANDLER", event)
        return
    host.undone_by, host.undone_at, handler.undoes = handler, event.id, host
    if handler.type is NodeType.RECEIVE_TASK:
        handler.events = []  # no message is awaited while something is undone: a person says that it came


def _throws(workbench: Workbench, node: Node) -> None:
    for event in node.events:
        if event.kind is EventKind.COMPENSATE:
            _thrown(workbench, node, event)


def _thrown(workbench: Workbench, node: Node, event: EventDefinition) -> None:
    event.name = ""
    if not event.waits:
        workbench.noticed.warning("COMPENSATION_WAITS", node)
    scopes = list(_visible(node.scope))
    if event.reference:
        reference = event.reference.rsplit(":", 1)[-1]
        meant = [each for scope in scopes for each in scope.nodes if each.source_id in (event.reference, reference)]
        if not meant or meant[0].type not in ACTIVITIES or meant[0].triggered_by_event:
            workbench.noticed.refuse("COMPENSATION_TARGET", node, activity=event.reference)
            return
        event.target = meant[0].id
        undoable = _is_undoable(meant[0])
    else:
        undoable = any(_is_undoable(each) for scope in scopes for each in scope.nodes)
    if not undoable:
        workbench.noticed.warning("COMPENSATION_OF_NOTHING", node)


def _visible(scope: Scope) -> Iterator[Scope]:
    """The scope that a compensation is thrown in and, out of event sub-processes, those around it."""
    yield scope
    while scope.owner is not None and scope.owner.triggered_by_event:
        scope = scope.owner.scope
        yield scope


def _is_undoable(node: Node, depth: int = 20) -> bool:
    if node.undone_by is not None:
        return True
    inside = node.inside or (node.calls.scope if node.calls is not None else None)
    if inside is None or not depth:
        return False
    return any(_is_undoable(inner, depth - 1) or _is_compensation_start(inner) for inner in inside.nodes)
