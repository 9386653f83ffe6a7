"""Errors: every one that is thrown has a handler, and handlers of errors that nobody throws are said."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.map_model import EventDefinition, EventKind, Node, NodeType, Process
from engine.bpmn.repairs.editing import add_end
from engine.bpmn.repairs.workbench import Workbench

_DEEPEST_CALLS = 20


def settle_errors(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        event = node.event
        if event is None or event.kind is not EventKind.ERROR:
            continue
        if node.type is NodeType.END and not _is_caught(workbench, node, event.name):
            _end_everything(workbench, node)
        elif node.type is NodeType.BOUNDARY and not _is_thrown(node, event.name):
            workbench.noticed.warning("ERROR_NEVER_THROWN", node, error=event.name or "–")


def _around(workbench: Workbench, node: Node) -> Iterator[Node]:
    """The activities around ``node``, innermost first, through calls as well."""
    current: Node | None = node
    for _ in range(_DEEPEST_CALLS):
        if current is None:
            return
        owner = current.scope.owner
        if owner is None:
            process = current.scope.process
            owner = next((caller for caller in workbench.nodes() if caller.calls is process), None)
        if owner is not None:
            yield owner
        current = owner


def _is_caught(workbench: Workbench, node: Node, name: str) -> bool:
    return any(
        event.kind is EventKind.ERROR and event.name in ("", name)
        for owner in _around(workbench, node)
        for boundary in owner.boundaries
        for event in boundary.events
    )


def _is_thrown(boundary: Node, name: str) -> bool:
    host = boundary.host
    if host is None or host.call is not None:
        return True
    scope = host.inside or (host.calls.scope if host.calls is not None else None)
    return scope is not None and any(
        event.kind is EventKind.ERROR and (not name or event.name in ("", name))
        for inner in scope.all_nodes()
        if inner.type is NodeType.END
        for event in inner.events
    )


def _end_everything(workbench: Workbench, node: Node) -> None:
    """An error that nobody handles ends the whole process."""
    workbench.noticed.warning("ERROR_NOT_CAUGHT", node, error=node.events[0].name or "–")
    outermost = next(iter(reversed(list(_around(workbench, node)))), None)
    if outermost is None:
        node.events = [EventDefinition(EventKind.TERMINATE)]
        return
    boundary = workbench.sales_map.add_node(outermost.scope, NodeType.BOUNDARY, outermost, suffix="error")
    boundary.events = [EventDefinition(EventKind.ERROR)]
    boundary.host = outermost
    outermost.boundaries.append(boundary)
    end = add_end(workbench.sales_map, boundary)
    end.events = [EventDefinition(EventKind.TERMINATE)]
