"""Errors: every one that is thrown has a handler, and handlers of errors that nobody throws are said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.bpmn.map_model import EventDefinition, EventKind, Node, NodeType, Process, Scope
from engine.bpmn.repairs.editing import add_end
from engine.bpmn.repairs.workbench import Workbench

_DEEPEST_CALLS = 20


def settle_errors(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        event = node.event
        if event is None or event.kind is not EventKind.ERROR:
            continue
        if node.type is NodeType.END:
            places = list(_escapes(workbench, node.scope, event.name))
            if places:
                workbench.noticed.warning("ERROR_NOT_CAUGHT", node, error=event.name or "–")
            if _undoes(workbench, node):
                places = _wherever_it_ends(workbench)
            if places:
                _end_everything(workbench, node, event, places)
        elif (node.type is NodeType.BOUNDARY and not _is_thrown(node, event.name)) or (
            node.type is NodeType.START and not _is_thrown_beside(node, event.name)
        ):
            workbench.noticed.warning("ERROR_NEVER_THROWN", node, error=event.name or "–")


def _escapes(
    workbench: Workbench, scope: Scope, name: str, owner: Node | None = None, depth: int = _DEEPEST_CALLS
) -> Iterator[Scope]:
    """Where the error comes out of the map, once for each way outward on which nothing handles it.

    That is the map's own scope, or that of an event sub-process which has withdrawn everything else in the map.
    ``owner`` is the node of ``scope`` that the error comes out of, None where it is thrown.
    """
    handlers = [handler for handler in scope.event_sub_processes if handler is not owner]
    alone = owner is not None and owner.triggered_by_event and _interrupts(owner)
    if not alone and any(_handles(handler, name) for handler in handlers):
        return
    around = [scope.owner] if scope.owner is not None else _callers(workbench, scope)
    if not around or not depth:
        yield owner.inside if alone and owner is not None and owner.inside is not None else scope
    for outer in around:
        if not _catches(outer, name):
            yield from _escapes(workbench, outer.scope, name, outer, depth - 1)


def _undoes(workbench: Workbench, node: Node) -> bool:
    """Whether it is part of undoing something: then who threw the compensation hears its error, wherever that is."""
    around: list[Node] = [node]
    for each in around:
        if each.undoes is not None or any(
            start.has_event(EventKind.COMPENSATE)
            for start in (each.inside.starts if each.triggered_by_event and each.inside is not None else ())
        ):
            return True
        outer = [each.scope.owner] if each.scope.owner is not None else _callers(workbench, each.scope)
        around += [other for other in outer if other not in around]
    return False


def _wherever_it_ends(workbench: Workbench) -> list[Scope]:
    """The map's own scope, and those of the event sub-processes that withdraw everything else in it."""
    main = workbench.processes[0].scope
    alone = (handler.inside for handler in main.event_sub_processes if _interrupts(handler))
    return [main, *(inside for inside in alone if inside is not None)]


def _interrupts(handler: Node) -> bool:
    return handler.inside is not None and all(start.interrupting for start in handler.inside.starts)


def _callers(workbench: Workbench, scope: Scope) -> list[Node]:
    return [node for node in workbench.nodes() if node.calls is scope.process]


def _handles(handler: Node, name: str) -> bool:
    starts = handler.inside.starts if handler.inside is not None else []
    return any(_is_of(start, name) for start in starts)


def _catches(owner: Node, name: str) -> bool:
    return any(_is_of(boundary, name) for boundary in owner.boundaries)


def _is_of(node: Node, name: str) -> bool:
    return any(event.kind is EventKind.ERROR and event.name in ("", name) for event in node.events)


def _is_thrown(boundary: Node, name: str) -> bool:
    host = boundary.host
    if host is None or host.call is not None:
        return True
    return _throws([host], name)


def _is_thrown_beside(start: Node, name: str) -> bool:
    """Whether anything in the scope around the event sub-process of ``start`` throws the error."""
    handler = start.scope.owner
    beside = [node for node in handler.scope.nodes if node is not handler] if handler is not None else []
    return _throws(beside, name)


def _throws(nodes: Iterable[Node], name: str) -> bool:
    """Whether any of ``nodes`` throws the error, or what is inside of them and in maps that they call, at any depth.

    A call of a program may end with any error.
    """
    waiting, called = list(nodes), set[Process]()
    while waiting:
        node = waiting.pop()
        if node.call is not None or (node.type is NodeType.END and _may_be(node, name)):
            return True
        if node.inside is not None:
            waiting += node.inside.nodes
        if node.calls is not None and node.calls not in called:
            called.add(node.calls)
            waiting += node.calls.scope.nodes
    return False


def _may_be(end: Node, name: str) -> bool:
    return any(event.kind is EventKind.ERROR and (not name or event.name in ("", name)) for event in end.events)


def _end_everything(workbench: Workbench, node: Node, event: EventDefinition, places: list[Scope]) -> None:
    """An error that nobody handles ends the whole process: an event sub-process of the map does nothing else."""
    if places == [node.scope]:
        node.events = [EventDefinition(EventKind.TERMINATE)]
        return
    event.name = event.name or node.id
    for place in dict.fromkeys(places):
        if not any(_handles(handler, event.name) for handler in place.event_sub_processes):
            _add_last_handler(workbench, node, event.name, place)


def _add_last_handler(workbench: Workbench, node: Node, name: str, place: Scope) -> None:
    sales_map = workbench.sales_map
    handler = sales_map.add_node(place, NodeType.SUB_PROCESS, node, suffix="ends_all")
    handler.inside = Scope(place.process, owner=handler)
    handler.triggered_by_event = True
    start = sales_map.add_node(handler.inside, NodeType.START, node, suffix="not_caught")
    start.events = [EventDefinition(EventKind.ERROR, name=name)]
    end = add_end(sales_map, start)
    end.name, end.annotation = node.name, node.annotation
