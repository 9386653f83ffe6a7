"""Errors and escalations that two events would handle at one place: only the first ever does, which is refused."""

from __future__ import annotations

from collections.abc import Iterable

from engine.bpmn.map_model import EventDefinition, EventKind, Node, NodeType, Process
from engine.bpmn.repairs.workbench import Workbench

_THROWN = (EventKind.ERROR, EventKind.ESCALATION)


def refuse_handlers_twice(workbench: Workbench, process: Process) -> None:
    """On one border, or before the event sub-processes of one scope, a code has one handler (none: any code)."""
    for scope in process.scope.scopes():
        for node in scope.nodes:
            _refuse_twice(workbench, node.boundaries)
        parts = (handler.inside for handler in scope.event_sub_processes)
        _refuse_twice(workbench, [start for part in parts if part is not None for start in part.starts])


def _refuse_twice(workbench: Workbench, handlers: Iterable[Node]) -> None:
    first: dict[tuple[EventKind, str], Node] = {}
    for node in handlers:
        event = node.event
        if event is None or event.kind not in _THROWN:
            continue
        other = first.setdefault((event.kind, event.name), node)
        if other is not node and not _throws_it_on(other, event):
            workbench.noticed.error("HANDLED_TWICE", node, event=event.name or "–", first=_named(other))


def _throws_it_on(handler: Node, event: EventDefinition) -> bool:
    """Whether an event sub-process throws what it handles once more: then the one beside it handles that.

    One that interrupts has withdrawn those beside it by then.
    """
    again = handler.type is NodeType.START and not handler.interrupting
    return again and any(
        thrown.kind is event.kind and thrown.name == event.name
        for node in handler.scope.all_nodes()
        if node.type in (NodeType.THROW, NodeType.END)
        for thrown in node.events
    )


def _named(handler: Node) -> str:
    return handler.name or handler.source_id or handler.id
