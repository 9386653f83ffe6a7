"""Event sub-processes: each begins with one start event, with one trigger or several of which the first one counts."""

from __future__ import annotations

from engine.bpmn.map_model import EventKind, Node, NodeType, Process
from engine.bpmn.repairs.workbench import Workbench

_STARTING = frozenset(
    {
        EventKind.MESSAGE,
        EventKind.TIMER,
        EventKind.SIGNAL,
        EventKind.ERROR,
        EventKind.ESCALATION,
        EventKind.CONDITIONAL,
        EventKind.COMPENSATE,
    }
)


def settle_event_subprocesses(workbench: Workbench, process: Process) -> None:
    for scope in tuple(process.scope.scopes()):
        for handler in scope.event_sub_processes:
            _settle(workbench, handler)


def _settle(workbench: Workbench, handler: Node) -> None:
    starts = handler.inside.starts if handler.inside is not None else []
    sound = (
        len(starts) == 1
        and bool(starts[0].events)
        and not starts[0].incoming
        and not starts[0].parallel_multiple
        and all(event.kind in _STARTING for event in starts[0].events)
    )
    if not sound or handler.loop is not None:
        workbench.noticed.refuse("EVENT_SUBPROCESS_START", handler)
        return
    start = starts[0]
    start.name = start.name or handler.name
    if not start.interrupting and any(event.kind is EventKind.ERROR for event in start.events):
        workbench.noticed.warning("ERROR_INTERRUPTS", handler)
    first, *others = start.events
    for event in others:
        other = workbench.sales_map.add_node(start.scope, NodeType.START, start, suffix=event.kind.value)
        other.name, other.events = start.name, [event]
        other.interrupting = start.interrupting or event.kind is EventKind.ERROR
        for flow in start.outgoing:
            workbench.sales_map.connect(other, flow.target, like=flow)
    start.events = [first]
    start.interrupting = start.interrupting or first.kind is EventKind.ERROR
