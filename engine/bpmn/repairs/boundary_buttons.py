"""An event on the border of a human step that only people can know of becomes one more button of that step."""

from __future__ import annotations

from engine.bpmn.compiled import Outcome, OutcomeCondition, OutcomeKind
from engine.bpmn.map_model import EventKind, Node, NodeType, Process
from engine.bpmn.repairs.editing import insert_after, merge_before
from engine.bpmn.repairs.labels import label
from engine.bpmn.repairs.workbench import Workbench

_TOLD_BY_PEOPLE = (EventKind.MESSAGE, EventKind.SIGNAL, EventKind.ERROR, EventKind.ESCALATION)
_COMES_BY_ITSELF = (EventKind.MESSAGE, EventKind.SIGNAL)  # too, if it has a name


def add_boundary_buttons(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        if node.step is None or node.loop_rule is not None:
            continue
        told = [boundary for boundary in node.boundaries if _told_by_people(workbench, node, boundary)]
        if told:
            _add(workbench, node, told)


def _told_by_people(workbench: Workbench, host: Node, boundary: Node) -> bool:
    event = boundary.event
    drawn = boundary.source_id != host.source_id
    told = drawn and boundary.interrupting and event is not None and event.kind in _TOLD_BY_PEOPLE
    return told and not (
        event is not None and event.kind is EventKind.SIGNAL and workbench.throws(event.kind, event.name)
    )


def _add(workbench: Workbench, step: Node, told: list[Node]) -> None:
    plan = step.step
    if plan is None:
        return
    if step.outgoing:
        gateway = insert_after(workbench.sales_map, step, NodeType.EXCLUSIVE, "went")
        gateway.default = gateway.outgoing[0]
    else:
        # The step only waits for what is on its border: no button of its own.
        gateway = workbench.sales_map.add_node(step.scope, NodeType.EXCLUSIVE, step, suffix="went")
        workbench.sales_map.connect(step, gateway)
    for boundary in told:
        target = _behind(workbench, step, boundary)
        flow = workbench.sales_map.connect(gateway, target)
        flow.source_id = boundary.source_id
        flow.condition = OutcomeCondition(steps=(step.id,), outcomes=(flow.id,))
        plan.outcomes.append(Outcome(id=flow.id, kind=OutcomeKind.WAY, label=boundary.name or label(flow)))
        workbench.noticed.info("BOUNDARY_BUTTON", boundary, step=_called(step))


def _called(step: Node) -> str:
    """A gateway at which a person chooses is mostly without a name: then what leads to it has one."""
    return step.name or next((flow.source.name for flow in step.incoming if flow.source.name), step.source_id)


def _behind(workbench: Workbench, step: Node, boundary: Node) -> Node:
    """Where the button leads. A named message or signal stays on the border as well; else there is only the button."""
    event = boundary.event
    if event is not None and event.kind in _COMES_BY_ITSELF and event.reference:
        return merge_before(workbench.sales_map, boundary.outgoing[0])
    step.boundaries.remove(boundary)
    boundary.type, boundary.host, boundary.events, boundary.message = NodeType.THROW, None, [], None
    return boundary
