"""Messages and signals that a map throws to itself, and that may be thrown before anything waits for them.

Nothing keeps an event: what was thrown too early has passed, and the deal would wait for it without anybody noticing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from engine.bpmn.map_model import EventKind, Flow, Node, NodeType, Process
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.token_ways import is_join

_FORKS = frozenset({NodeType.PARALLEL, NodeType.INCLUSIVE, NodeType.COMPLEX})
_PASSED = frozenset({NodeType.START, NodeType.EXCLUSIVE, NodeType.THROW})
_THROWING = frozenset({NodeType.THROW, NodeType.END})


def say_what_may_be_missed(workbench: Workbench, process: Process) -> None:
    for node in process.scope.all_nodes():
        event = node.event if node.type is NodeType.CATCH else None
        if event is None or event.kind not in (EventKind.MESSAGE, EventKind.SIGNAL) or _is_one_of_several(node):
            continue
        throws = {
            one
            for one in node.scope.nodes
            if one.type in _THROWING and any((it.kind, it.name) == (event.kind, event.name) for it in one.events)
        }
        if throws and _may_come_late(node, throws):
            workbench.noticed.warning("EVENT_MAY_BE_MISSED", node, event=event.name)


def _is_one_of_several(catch: Node) -> bool:
    """Whether the deal can go on by another event."""
    return any(flow.source.type is NodeType.EVENT_BASED for flow in catch.incoming)


def _is_thrown_first(throws: Collection[Node], catch: Node) -> bool:
    """Whether no token comes to ``catch`` but by one of ``throws``.

    Where one may, as in the first round of a loop that throws at its end, the event comes from outside.
    """
    begun = [flow for node in catch.scope.nodes if not node.incoming and node.host is None for flow in node.outgoing]
    return not _lead_to({catch}, begun, throws)


def _may_come_late(catch: Node, throws: Collection[Node]) -> bool:
    """Whether a token may still be on its way to ``catch`` while another one throws."""
    is_thrown_first = _is_thrown_first(throws, catch)
    waiting = [(flow, False) for flow in catch.incoming]
    seen = set(waiting)
    while waiting:
        arrow, is_held_up = waiting.pop()
        source = arrow.source
        if is_thrown_first and source in throws:
            return True
        others = [flow for flow in source.outgoing if flow is not arrow]
        if source.type in _FORKS and _lead_to(throws, others, {catch, *_joins_from(seen)}):
            if is_held_up or _holds_up(source):
                return True
            continue
        beside = [flow for event in source.boundaries if not event.interrupting for flow in event.outgoing]
        if _lead_to(throws, beside, {catch}):
            return True
        before = [(flow, is_held_up or _holds_up(source)) for flow in _into(source)]
        waiting += [one for one in before if one not in seen]
        seen.update(before)
    return False


def _joins_from(ways: Iterable[tuple[Flow, bool]]) -> Iterator[Node]:
    """Where tokens of a split meet on ``ways``: what is thrown behind that is thrown by the token that waits."""
    return (flow.source for flow, _ in ways if is_join(flow.source))


def _holds_up(node: Node) -> bool:
    """Whether a token may stay there until something happens."""
    return node.type not in _PASSED and not (node.type in _FORKS and len(node.incoming) <= 1)


def _into(node: Node) -> Iterator[Flow]:
    yield from node.incoming
    if node.host is not None:
        yield from node.host.incoming


def _lead_to(wanted: Collection[Node], flows: Iterable[Flow], around: Collection[Node]) -> bool:
    """Whether a token on one of ``flows`` can come to a node of ``wanted`` otherwise than by ``around``."""
    waiting, seen = [flow.target for flow in flows], set(around)
    while waiting:
        node = waiting.pop()
        if node in wanted:
            return True
        if node not in seen:
            seen.add(node)
            waiting += [flow.target for one in (node, *node.boundaries) for flow in one.outgoing]
    return False
