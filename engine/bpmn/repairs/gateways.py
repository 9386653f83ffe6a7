"""Gateways that wait for events become a step with those events on its border; complex ones join by their rule."""

from __future__ import annotations

from engine.bpmn.compiled import ExpressionCondition, StepKind
from engine.bpmn.expressions import is_expression
from engine.bpmn.map_model import EventKind, Node, NodeType, Process
from engine.bpmn.map_surgery import remove_flow
from engine.bpmn.repairs.editing import attach, insert_after, insert_before
from engine.bpmn.repairs.stand_ins import plan_step
from engine.bpmn.repairs.timers import timer_rule
from engine.bpmn.repairs.workbench import Workbench

_WAITING = (NodeType.CATCH, NodeType.RECEIVE_TASK)
_SEVERAL = 2
_WAITING_FOR_START = "waitingForStart"


def settle_gateways(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        if node.type is NodeType.COMPLEX:
            _complex(workbench, node)
        elif node.type is NodeType.INCLUSIVE:
            _split_apart(workbench, node)
        elif _drawn_as_event(node):
            workbench.noticed.info("EVENT_AS_GATEWAY", node)
            node.events = []
            node.type = NodeType.EVENT_BASED
        if node.type is NodeType.EVENT_BASED:
            _event_based(workbench, node)
        if node.type is NodeType.PARALLEL and any(flow.condition_text for flow in node.outgoing):
            workbench.noticed.warning("CONDITION_ON_PARALLEL", node)


def _drawn_as_event(node: Node) -> bool:
    """People often draw a multiple event where the standard has an event gateway."""
    return (
        node.type is NodeType.CATCH
        and len(node.outgoing) >= _SEVERAL
        and len(node.events) != 1
        and not node.parallel_multiple
        and all(flow.target.type in _WAITING for flow in node.outgoing)
    )


def _complex(workbench: Workbench, node: Node) -> None:
    if any(_WAITING_FOR_START in flow.condition_text for flow in node.outgoing):
        workbench.noticed.refuse("COMPLEX_RESET", node)
        return
    if len(node.outgoing) > 1:
        workbench.noticed.info("COMPLEX_BY_CONDITIONS", node)
    if len(node.incoming) < _SEVERAL:
        node.type, node.activation = NodeType.INCLUSIVE, ""
        return
    if not node.activation or not is_expression(node.activation):
        workbench.noticed.refuse("COMPLEX_RULE", node, text=node.activation or "–")
        return
    _split_apart(workbench, node)
    node.condition = ExpressionCondition(text=node.activation)
    workbench.noticed.info("COMPLEX_JOINS_BY_RULE", node, text=node.activation)


def _split_apart(workbench: Workbench, node: Node) -> None:
    """A gateway that joins and splits becomes two, so that who is asked for the ways stands between them."""
    if len(node.incoming) > 1 and len(node.outgoing) > 1:
        insert_after(workbench.sales_map, node, NodeType.INCLUSIVE, "split")


def _event_based(workbench: Workbench, node: Node) -> None:
    if node.parallel_multiple:
        workbench.noticed.info("EVENT_GATEWAY_ALL", node)
        node.type = NodeType.PARALLEL
        return
    targets = [flow.target for flow in node.outgoing]
    if len(targets) < _SEVERAL:
        workbench.noticed.info("EVENT_GATEWAY_SINGLE", node)
        node.type = NodeType.EXCLUSIVE
        return
    strangers = [target for target in targets if target.type not in _WAITING]
    if strangers or any(len(target.incoming) > 1 for target in targets):
        shown = strangers[0] if strangers else next(target for target in targets if len(target.incoming) > 1)
        workbench.noticed.warning("EVENT_GATEWAY_ASKS", node, step=shown.title)
        node.type = NodeType.EXCLUSIVE
        return
    _say_awaited_twice(workbench, node, targets)
    if all(_happens_by_itself(workbench, target) for target in targets):
        return
    _wait_with_person(workbench, node)


def _say_awaited_twice(workbench: Workbench, gateway: Node, targets: list[Node]) -> None:
    """Two ways that wait for the same message or signal: nothing drawn says which of them it opens."""
    seen: set[tuple[EventKind, str, tuple[tuple[str, str], ...]]] = set()
    told: set[str] = set()
    for event in (event for target in targets for event in target.events if event.name):
        awaited = (event.kind, event.name, tuple(sorted(event.correlation.items())))
        if awaited in seen and event.name not in told:
            told.add(event.name)
            workbench.noticed.warning("EVENT_GATEWAY_AMBIGUOUS", gateway, event=event.name)
        seen.add(awaited)


def _happens_by_itself(workbench: Workbench, node: Node) -> bool:
    """Whether it needs neither a person nor the outside world."""
    if node.type is not NodeType.CATCH or len(node.events) != 1:
        return False
    event = node.events[0]
    if event.kind is EventKind.TIMER:
        return timer_rule(node, event) is not None
    return event.kind in (EventKind.SIGNAL, EventKind.MESSAGE) and workbench.throws(event.kind, event.name)


def _wait_with_person(workbench: Workbench, node: Node) -> None:
    """One step "what has happened?" with every event on its border: whatever comes first, decides."""
    step = insert_before(workbench.sales_map, node, NodeType.USER_TASK, "wait") if len(node.incoming) > 1 else node
    plan_step(step, StepKind.EVENT).outcomes = []
    step.name = node.name
    for flow in tuple(node.outgoing):
        event = flow.target
        remove_flow(flow)
        if event.loop is not None:
            workbench.noticed.warning("EVENT_GATEWAY_REPEATS", event)
            event.loop = None
        attach(event, step)
    workbench.noticed.info("EVENT_GATEWAY_STEP", node)
