"""Events with several triggers, as the events with one trigger each that they stand for."""

from __future__ import annotations

from engine.bpmn.map_model import Node, NodeType, Process
from engine.bpmn.repairs.editing import insert_after, insert_before, merge_before
from engine.bpmn.repairs.workbench import Workbench


def split_multiple_events(workbench: Workbench, process: Process) -> None:
    """Several triggers that are thrown are thrown in turn; on a border whichever comes, between steps all or any.

    Any of several between steps is left to ``settle_events``: a person can say it, too.
    """
    for node in tuple(process.scope.all_nodes()):
        if len(node.events) < 2:  # noqa: PLR2004  # several
            continue
        if node.type is NodeType.THROW:
            _throw_in_turn(workbench, node)
        elif node.type is NodeType.BOUNDARY and node.parallel_multiple:
            workbench.noticed.refuse("PARALLEL_MULTIPLE", node)
        elif node.type is NodeType.BOUNDARY:
            _any_on_the_border(workbench, node)
        elif node.type is NodeType.CATCH and node.parallel_multiple:
            _wait_for_all(workbench, node)


def _throw_in_turn(workbench: Workbench, node: Node) -> None:
    for event in reversed(node.events[1:]):
        further = insert_after(workbench.sales_map, node, NodeType.THROW, event.kind.value)
        further.name, further.events = node.name, [event]
    node.events = node.events[:1]


def _any_on_the_border(workbench: Workbench, node: Node) -> None:
    for event in node.events[1:]:
        other = workbench.sales_map.add_node(node.scope, NodeType.BOUNDARY, node, suffix=event.kind.value)
        other.name, other.events = node.name, [event]
        other.interrupting, other.host = node.interrupting, node.host
        if node.host is not None:
            node.host.boundaries.append(other)
        workbench.sales_map.connect(other, merge_before(workbench.sales_map, node.outgoing[0]))
    node.events = node.events[:1]


def _wait_for_all(workbench: Workbench, node: Node) -> None:
    """A split before it, a join behind it, and in between one event for each trigger."""
    sales_map = workbench.sales_map
    fork = insert_before(sales_map, node, NodeType.PARALLEL, "all_begin")
    join = insert_after(sales_map, node, NodeType.PARALLEL, "all_came")
    for event in node.events[1:]:
        other = sales_map.add_node(node.scope, NodeType.CATCH, node, suffix=event.kind.value)
        other.name, other.events = node.name, [event]
        sales_map.connect(fork, other)
        sales_map.connect(other, join)
    node.events = node.events[:1]
