"""Event sub-processes that make the event happen which starts them, with nobody asked in between: they never rest."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.map_model import EventKind, Node, NodeType, Process
from engine.bpmn.repairs.workbench import Workbench

_HEARD_EVERYWHERE = (EventKind.SIGNAL, EventKind.MESSAGE)
_RESTING = frozenset({NodeType.CATCH, NodeType.EVENT_BASED, NodeType.RECEIVE_TASK, NodeType.CALL_ACTIVITY})
_THROWING = frozenset({NodeType.THROW, NodeType.END})

_Event = tuple[EventKind, str]


def say_what_starts_itself(workbench: Workbench, process: Process) -> None:
    """What several start one after the other in a circle is said of each of them."""
    listening: dict[_Event, list[Node]] = {}
    for scope in process.scope.scopes():
        for handler in scope.event_sub_processes:
            start = next(iter(handler.inside.starts), None) if handler.inside is not None else None
            event = start.event if start is not None and not start.interrupting else None
            if start is not None and event is not None and event.kind in _HEARD_EVERYWHERE:
                listening.setdefault((event.kind, event.name), []).append(start)
    causes = {heard: {it for start in starts for it in _thrown_at_once(start)} for heard, starts in listening.items()}
    for heard, starts in listening.items():
        if heard in _followed(causes, heard):
            for start in starts:
                workbench.noticed.warning("EVENT_STARTS_ITSELF", start.scope.owner or start, event=heard[1])


def _followed(causes: dict[_Event, set[_Event]], event: _Event) -> set[_Event]:
    """The events that ``event`` leads to, by what it starts and what that starts in turn."""
    found: set[_Event] = set()
    waiting = [event]
    while waiting:
        following = causes.get(waiting.pop(), set()) - found
        found |= following
        waiting += following
    return found


def _thrown_at_once(start: Node) -> Iterator[_Event]:
    """The events that a token from ``start`` on throws before it rests at a person, an event or a call."""
    waiting, seen = [start], {start}
    while waiting:
        node = waiting.pop()
        if node.step is not None or node.call is not None or node.type in _RESTING:
            continue
        if node.type in _THROWING:
            yield from ((event.kind, event.name) for event in node.events if event.kind in _HEARD_EVERYWHERE)
        inside = node.inside.starts if node.inside is not None and not node.triggered_by_event else []
        for following in (*(flow.target for flow in node.outgoing), *inside):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
