"""Waiting for the outside world: a person can always say that it has happened."""

from __future__ import annotations

from engine.bpmn.compiled import MessageRule
from engine.bpmn.map_model import EventDefinition, EventKind, Node
from engine.bpmn.repairs.editing import add_boundary, merge_before
from engine.bpmn.repairs.stand_ins import happened_by_person
from engine.bpmn.repairs.timers import timer_rule
from engine.bpmn.repairs.workbench import Workbench


def wait_with_person(workbench: Workbench, node: Node, events: list[EventDefinition]) -> None:
    """Make ``node`` a step "it has happened"; a named message, a named signal or a readable timer says it, too.

    ``node`` has exactly one way out: splits and ends were settled before.
    """
    by_itself = [event for event in events if _happens_by_itself(node, event)]
    label, rules = node.name, {event: timer_rule(node, event) for event in by_itself}
    happened_by_person(node)
    if not by_itself:
        workbench.noticed.info("HAPPENED_BY_PERSON", node)
        return
    names = ", ".join(event.name or event.text or label for event in by_itself)
    workbench.noticed.info("MESSAGE_OR_PERSON", node, message=names)
    merge = merge_before(workbench.sales_map, node.outgoing[0])
    for event in by_itself:
        boundary = add_boundary(workbench.sales_map, node, event)
        if event.kind is EventKind.TIMER:
            boundary.timer = rules[event]
        elif event.kind is EventKind.MESSAGE:
            boundary.message = message_rule(workbench, boundary, event)
        workbench.sales_map.connect(boundary, merge)


def message_rule(workbench: Workbench, node: Node, event: EventDefinition) -> MessageRule:
    """What the message of ``event`` is called and how it finds its instance. Unreadable correlations are left out."""
    correlation = {}
    for key, text in event.correlation.items():
        if workbench.is_readable(text):
            correlation[key] = text
        else:
            workbench.noticed.warning("CORRELATION_NOT_UNDERSTOOD", node, text=text)
    return MessageRule(name=event.name, correlation=correlation)


def _happens_by_itself(node: Node, event: EventDefinition) -> bool:
    if event.kind is EventKind.TIMER:
        return timer_rule(node, event) is not None
    return event.kind in (EventKind.MESSAGE, EventKind.SIGNAL) and bool(event.name)
