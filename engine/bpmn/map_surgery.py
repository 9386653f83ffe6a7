"""Cutting and joining the nodes and flows of a map, and finding what hangs together."""

from __future__ import annotations

from engine.bpmn.map_model import Flow, Node


def redirect_target(flow: Flow, target: Node) -> None:
    flow.target.incoming.remove(flow)
    flow.target = target
    target.incoming.append(flow)


def redirect_source(flow: Flow, source: Node) -> None:
    if flow.source.default is flow:
        flow.source.default = None
    flow.source.outgoing.remove(flow)
    flow.source = source
    source.outgoing.append(flow)


def remove_flow(flow: Flow) -> None:
    if flow.source.default is flow:
        flow.source.default = None
    flow.source.outgoing.remove(flow)
    flow.target.incoming.remove(flow)


def remove_node(node: Node) -> None:
    """Take a node out with its flows and the events on its border."""
    for flow in (*node.outgoing, *node.incoming):
        if flow in flow.source.outgoing:
            remove_flow(flow)
    for boundary in tuple(node.boundaries):
        remove_node(boundary)
    if node.host is not None and node in node.host.boundaries:
        node.host.boundaries.remove(node)
    node.scope.nodes.remove(node)


def reachable(starts: list[Node]) -> set[Node]:
    """Nodes of one scope that a token can come to from ``starts``, events on a border of a reached node included."""
    seen: set[Node] = set()
    waiting = list(starts)
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        waiting += [flow.target for flow in node.outgoing]
        waiting += node.boundaries
        if node.undone_by is not None:
            waiting.append(node.undone_by)
    return seen
