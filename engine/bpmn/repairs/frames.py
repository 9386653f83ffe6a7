"""Sub-processes whose border an arrow crosses: a frame drawn around a stage; its steps stand in the map itself."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.map_model import EventKind, Flow, Node, NodeType, Process, Said, Scope
from engine.bpmn.map_properties import Property
from engine.bpmn.map_surgery import redirect_source, redirect_target, remove_node
from engine.bpmn.repairs.workbench import Workbench

_SPLITS = frozenset({NodeType.PARALLEL, NodeType.INCLUSIVE, NodeType.COMPLEX})
_ENDS_ITS_LEVEL = frozenset({EventKind.TERMINATE, EventKind.ERROR, EventKind.CANCEL})


def dissolve_crossed_frames(workbench: Workbench, process: Process) -> None:
    """Take away each frame that an arrow crosses, where what is inside can be followed without it just as well."""
    for flow in [flow for scope in process.scope.scopes() for flow in scope.flows()]:
        for frame in _crossed(flow):
            if not _is_only_a_frame(frame):
                break
            workbench.noticed.warning("FRAME_CROSSED", flow, frame=frame.title)
            _dissolve(workbench, frame)


def _crossed(flow: Flow) -> Iterator[Node]:
    """The sub-processes around one end of the arrow and not around the other, outermost first."""
    if flow.source.scope.process is not flow.target.scope.process:
        return
    around = [list(_around(flow.source)), list(_around(flow.target))]
    for own, other in (around, around[::-1]):
        yield from [frame for frame in own if frame not in other][::-1]


def _around(node: Node) -> Iterator[Node]:
    owner = node.scope.owner
    while owner is not None:
        yield owner
        owner = owner.scope.owner


def _is_only_a_frame(frame: Node) -> bool:
    """Whether its steps do the same without it: it is not repeated, interrupted or undone, and waits for nothing."""
    inside = frame.inside
    if (
        frame.type is not NodeType.SUB_PROCESS
        or inside is None
        or frame.loop is not None
        or frame.triggered_by_event
        or frame.for_compensation
        or frame.boundaries
        or inside.event_sub_processes
        or any(event.kind in _ENDS_ITS_LEVEL for node in inside.nodes for event in node.events)
    ):
        return False
    one_at_a_time = all(len(node.outgoing) <= 1 or _chooses(node) for node in inside.nodes)
    leaving = sum(flow.target.scope is not inside for node in inside.nodes for flow in node.outgoing)
    return len(_first(inside)) <= 1 and (one_at_a_time or len(_last(inside)) + leaving <= 1)


def _chooses(node: Node) -> bool:
    return node.type in (NodeType.EXCLUSIVE, NodeType.EVENT_BASED)


def _first(scope: Scope) -> list[Node]:
    return scope.starts or [
        node for node in scope.nodes if not node.incoming and node.type is not NodeType.BOUNDARY and node.undoes is None
    ]


def _last(scope: Scope) -> list[Node]:
    return [node for node in scope.nodes if not node.outgoing and not node.for_compensation]


def _dissolve(workbench: Workbench, frame: Node) -> None:
    inside, outside = frame.inside, frame.scope
    if inside is None:
        return
    first, last = _first(inside), _last(inside)
    for node in inside.nodes:
        node.scope = outside
        _keep_what_the_frame_said(frame, node)
    outside.nodes += inside.nodes
    inside.nodes = []
    if frame.incoming and first:
        if first[0].type is NodeType.START:
            first[0].type, first[0].events = NodeType.THROW, []
        for flow in tuple(frame.incoming):
            redirect_target(flow, first[0])
    if frame.outgoing:
        behind = workbench.sales_map.add_node(outside, NodeType.THROW, frame, suffix="left")
        for flow in tuple(frame.outgoing):
            redirect_source(flow, behind)
        for node in last:
            if node.type is NodeType.END:
                node.type = NodeType.THROW
            workbench.sales_map.connect(node, behind)
    remove_node(frame)


def _keep_what_the_frame_said(frame: Node, node: Node) -> None:
    """A named frame is the stage of its steps; who does them and how strictly may stand on it as well."""
    stage = frame.annotation.text(Property.STAGE) or frame.name
    if stage and not node.groups:
        node.annotation.said.setdefault(Property.STAGE, Said(stage, "frame"))
    for key in (Property.RESPONSIBLE, Property.DISTRIBUTION, Property.FREEDOM):
        if frame.annotation.text(key):
            node.annotation.said.setdefault(key, frame.annotation.said[key])
