"""Small rewrites of the graph that several repairs share."""

from __future__ import annotations

from engine.bpmn.map_model import EventDefinition, Flow, Node, NodeType, SalesMap
from engine.bpmn.map_surgery import redirect_source, redirect_target


def merge_before(sales_map: SalesMap, flow: Flow) -> Node:
    """A merge on ``flow``, so that another path can come to the same place without counting at a join."""
    merge = sales_map.add_node(flow.source.scope, NodeType.EXCLUSIVE, flow.source, suffix="merge")
    target = flow.target
    redirect_target(flow, merge)
    sales_map.connect(merge, target, like=flow)
    return merge


def insert_after(sales_map: SalesMap, node: Node, node_type: NodeType, suffix: str) -> Node:
    """A new node that takes over all flows that leave ``node``, conditions and default with them."""
    default = node.default
    inserted = sales_map.add_node(node.scope, node_type, node, suffix=suffix)
    for flow in tuple(node.outgoing):
        redirect_source(flow, inserted)
    inserted.default = default
    sales_map.connect(node, inserted)
    return inserted


def insert_before(sales_map: SalesMap, node: Node, node_type: NodeType, suffix: str) -> Node:
    """A new node that takes over all flows that enter ``node``."""
    inserted = sales_map.add_node(node.scope, node_type, node, suffix=suffix)
    for flow in tuple(node.incoming):
        redirect_target(flow, inserted)
    sales_map.connect(inserted, node)
    return inserted


def add_boundary(sales_map: SalesMap, host: Node, event: EventDefinition) -> Node:
    """An interrupting event on the border of ``host`` that was not drawn there."""
    boundary = sales_map.add_node(host.scope, NodeType.BOUNDARY, host, suffix=event.kind.value)
    boundary.name = event.name
    boundary.events = [event]
    attach(boundary, host)
    return boundary


def attach(boundary: Node, host: Node) -> None:
    boundary.type = NodeType.BOUNDARY
    boundary.interrupting = True
    boundary.host = host
    host.boundaries.append(boundary)


def add_end(sales_map: SalesMap, node: Node) -> Node:
    """An end event behind ``node``."""
    end = sales_map.add_node(node.scope, NodeType.END, node, suffix="end")
    sales_map.connect(node, end)
    return end
