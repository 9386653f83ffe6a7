"""How tokens go through a repaired map: what they wait in, what they leave by, and which of them a withdrawal takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from engine.bpmn.compiled import TimerKind
from engine.bpmn.map_model import Flow, Node, NodeType

FORKS = (NodeType.PARALLEL, NodeType.INCLUSIVE, NodeType.COMPLEX)
"""The gateways that give a token to several arrows, and that join them."""


def is_join(node: Node) -> bool:
    """Whether a token has to wait there for others."""
    return node.type in FORKS and len(node.incoming) > 1


def taken_arrows(withdrawn: Iterable[Node]) -> Iterator[Flow]:
    """The arrows whose tokens are taken with ``withdrawn``: those into them, and from them into joins outside."""
    for node in withdrawn:
        yield from node.incoming
        yield from (flow for flow in node.outgoing if is_join(flow.target))


def is_taken(flow: Flow, withdrawn: Collection[Node]) -> bool:
    """Whether ``flow`` is one of ``taken_arrows(withdrawn)``."""
    return flow.target in withdrawn or (flow.source in withdrawn and is_join(flow.target))


def leaving(node: Node, *, once: bool = True) -> Iterator[Flow]:
    """The arrows that a token at ``node`` may go on by, those from its border among them.

    ``once``: also those of alarms that interrupt nothing and happen once.
    """
    yield from node.outgoing
    for boundary in node.boundaries:
        if once or boundary.interrupting or repeats(boundary):
            yield from boundary.outgoing


def repeats(alarm: Node) -> bool:
    """Whether it may happen again while its host is open."""
    return alarm.timer is None or alarm.timer.kind is TimerKind.CYCLE
