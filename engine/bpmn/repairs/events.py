"""Events between the start and the end: those that the engine can wait for or throw, and people for the others."""

from __future__ import annotations

from engine.bpmn.compiled import ExpressionCondition
from engine.bpmn.expressions import compile_expression, is_expression
from engine.bpmn.map_model import EventDefinition, EventKind, Node, NodeType, Process
from engine.bpmn.repairs.missed_events import say_what_may_be_missed
from engine.bpmn.repairs.self_starting import say_what_starts_itself
from engine.bpmn.repairs.stand_ins import confirm_by_person
from engine.bpmn.repairs.timers import settle_timer, timer_rule
from engine.bpmn.repairs.variables_asked import FACTS, provided_names
from engine.bpmn.repairs.waiting import message_rule, wait_with_person
from engine.bpmn.repairs.workbench import Workbench

_THROWN = (EventKind.MESSAGE, EventKind.SIGNAL, EventKind.ESCALATION, EventKind.COMPENSATE)
_RAISED_INSIDE = (EventKind.ERROR, EventKind.ESCALATION, EventKind.CANCEL, EventKind.COMPENSATE)
_UNWATCHED = FACTS - {"deal"}  # what changes outside of the deal, without anybody looking at its conditions


def settle_events(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        if node.type is NodeType.THROW:
            _throw(workbench, node)
        elif node.type is NodeType.CATCH:
            _catch(workbench, node)
        elif node.message is None and node.timer is None and node.condition is None and _waits_beside(node):
            _beside(workbench, node)
    say_what_may_be_missed(workbench, process)
    say_what_starts_itself(workbench, process)


def _waits_beside(node: Node) -> bool:
    """Whether it waits beside work: on a border, or as the start of an event sub-process."""
    owner = node.scope.owner
    return node.type is NodeType.BOUNDARY or (
        node.type is NodeType.START and owner is not None and owner.triggered_by_event
    )


def _throw(workbench: Workbench, node: Node) -> None:
    event = node.event if node.event is not None and node.event.kind in _THROWN else None
    if node.events and event is None:
        workbench.noticed.warning("THROW_UNKNOWN", node, kind=node.events[0].kind.value)
    node.events = [event] if event is not None else []
    if event is None:
        return
    if event.kind is not EventKind.COMPENSATE:
        event.name = event.name or node.title
    if event.kind is EventKind.MESSAGE and not workbench.catches(EventKind.MESSAGE, event.name):
        workbench.noticed.info("MESSAGE_SENT_BY_PERSON", node, message=event.name)
        confirm_by_person(node)


def _catch(workbench: Workbench, node: Node) -> None:
    waits_at_gateway = any(flow.source.type is NodeType.EVENT_BASED for flow in node.incoming)
    if len(node.events) == 1 and _by_itself(workbench, node, node.events[0], asked=not waits_at_gateway):
        return
    if len(node.events) > 1:
        workbench.noticed.warning("MULTIPLE_EVENT", node, used=", ".join(event.kind.value for event in node.events))
    wait_with_person(workbench, node, node.events)


def _by_itself(workbench: Workbench, node: Node, event: EventDefinition, *, asked: bool) -> bool:
    """Whether the engine alone can wait for ``event``; then ``node`` is ready."""
    if event.kind is EventKind.TIMER:
        return settle_timer(workbench, node, event)
    if event.kind is EventKind.CONDITIONAL and is_expression(event.text):
        return _by_condition(workbench, node, event.text)
    if event.kind in (EventKind.SIGNAL, EventKind.MESSAGE) and workbench.throws(event.kind, event.name):
        if event.kind is EventKind.MESSAGE:
            node.message = message_rule(workbench, node, event)
        return True
    if event.kind is EventKind.CONDITIONAL and asked and event.text:
        workbench.noticed.warning("CONDITION_NOT_UNDERSTOOD", node, text=event.text)
    return False


def _by_condition(workbench: Workbench, node: Node, text: str) -> bool:
    """A condition over values that nobody gives would wait for ever."""
    names = compile_expression(text).names
    unknown = names - FACTS - set(provided_names(workbench))
    if unknown:
        workbench.noticed.warning("CONDITION_NEVER_KNOWN", node, text=text, variables=", ".join(sorted(unknown)))
        return False
    unwatched = names & _UNWATCHED
    if unwatched:
        workbench.noticed.warning("CONDITION_SEEN_LATE", node, text=text, facts=", ".join(sorted(unwatched)))
    node.condition = ExpressionCondition(text=text)
    return True


def _beside(workbench: Workbench, node: Node) -> None:
    event = node.event or EventDefinition(EventKind.UNKNOWN)
    node.events = [event]
    node.interrupting = node.interrupting or event.kind in (EventKind.ERROR, EventKind.CANCEL)
    host_is_step = node.host is not None and node.host.is_human
    if event.kind in _RAISED_INSIDE and not host_is_step:
        return
    if event.kind is EventKind.TIMER and timer_rule(node, event) is not None:
        settle_timer(workbench, node, event)
        return
    if _by_itself(workbench, node, event, asked=True):
        return
    if event.kind is EventKind.SIGNAL and event.name:
        workbench.noticed.info("SIGNAL_FROM_OUTSIDE", node, signal=event.name)
        return
    # What nobody inside can make happen is told from outside: by a button where a person holds the step
    # (boundary_buttons), else by a message of its name.
    named = EventDefinition(EventKind.MESSAGE, name=event.name or node.title, correlation=event.correlation)
    named.reference = event.name if event.kind is EventKind.MESSAGE else ""
    node.events = [named]
    node.message = message_rule(workbench, node, named)
    if not (host_is_step and node.interrupting):
        workbench.noticed.info("MESSAGE_FROM_OUTSIDE", node, message=named.name)
