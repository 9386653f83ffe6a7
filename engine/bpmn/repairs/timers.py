"""When a timer event fires: from its value, else from its label."""

from __future__ import annotations

from datetime import timedelta

from engine.bpmn.compiled import TimerKind, TimerRule
from engine.bpmn.deadline_rules import DeadlineRule, ElapsedTime, FixedInstant, WorkingTime
from engine.bpmn.deadline_text import DeadlineNotUnderstood, amounts_in, parse_timer_value
from engine.bpmn.expressions import ExpressionRefused, compile_expression
from engine.bpmn.guards import FARTHEST_TIMER, SHORTEST_CYCLE
from engine.bpmn.map_model import EventDefinition, EventKind, Node, NodeType
from engine.bpmn.map_properties import Property
from engine.bpmn.questions import ASK, Because, Proposal, QuestionKind
from engine.bpmn.repairs.workbench import Workbench

_DAY_S = 86_400
_SHORTEST_MONTH = 28  # days


def timer_rule(node: Node, event: EventDefinition) -> TimerRule | None:
    """The rule of a timer, or None when neither its value nor its label can be read.

    What is not interrupting ticks again and again, on a border or as the start of an event sub-process; elsewhere a
    cycle fires once, after its interval.
    """
    said = _said(node)
    if said == ASK:
        return None
    rule = (
        _read(TimerKind.DURATION, said)
        or _read(event.timer_kind or TimerKind.DURATION, event.text)
        or _read(TimerKind.DURATION, node.name)
    )
    if rule is None or rule.kind is not TimerKind.CYCLE:
        return rule
    if node.type in (NodeType.BOUNDARY, NodeType.START) and not node.interrupting:
        return rule
    return TimerRule(kind=TimerKind.DURATION, rule=rule.rule, expression=rule.expression)


def settle_timer(workbench: Workbench, node: Node, event: EventDefinition) -> bool:
    """Give ``node`` its timer. False, with a finding, when the timer cannot be read."""
    rule, said = timer_rule(node, event), _said(node)
    is_answered = said == ASK or _read(TimerKind.DURATION, said) is not None
    if rule is None:
        if not is_answered:
            workbench.noticed.warning("TIMER_NOT_UNDERSTOOD", node, text=event.text or node.name or "–")
            _ask(workbench, node, event)
        return False
    if not is_answered and _read(event.timer_kind or TimerKind.DURATION, event.text) is None:
        workbench.noticed.info("TIMER_FROM_LABEL", node, text=node.name)
        _ask(workbench, node, event)
    elif event.timer_kind is TimerKind.CYCLE and rule.kind is not TimerKind.CYCLE:
        workbench.noticed.info("CYCLE_FIRES_ONCE", node, text=event.text)
    _say_other_value(workbench, node, event)
    _say_other_label(workbench, node, rule, said if _read(TimerKind.DURATION, said) else event.text)
    _say_what_it_cannot(workbench, node, rule, event)
    node.timer = rule
    node.events = [EventDefinition(EventKind.TIMER, id=event.id, timer_kind=rule.kind)]
    return True


def _say_what_it_cannot(workbench: Workbench, node: Node, rule: TimerRule, event: EventDefinition) -> None:
    """What stops every deal at the timer is said before the first comes by; so is a date that deals find passed."""
    text = _said(node) or event.text or node.name
    if isinstance(rule.rule, FixedInstant):
        workbench.noticed.warning("TIMER_FIXED_DATE", node, text=text)
    if not isinstance(rule.rule, ElapsedTime | WorkingTime):
        return
    waits = _shortest(rule.rule)
    if waits > FARTHEST_TIMER:
        workbench.noticed.error("TIMER_TOO_FAR", node, text=text)
    elif rule.kind is TimerKind.CYCLE and waits < SHORTEST_CYCLE:
        workbench.noticed.error("TIMER_TOO_FAST", node, text=text)


def _shortest(rule: ElapsedTime | WorkingTime) -> timedelta:
    """At least so long it takes, whatever the months and the calendar."""
    months = rule.months if isinstance(rule, ElapsedTime) else 0
    return timedelta(days=months * _SHORTEST_MONTH + rule.days, seconds=rule.seconds)


def _say_other_value(workbench: Workbench, node: Node, event: EventDefinition) -> None:
    """A timer that has both a date and a duration: which of them counts."""
    is_answered = _read(TimerKind.DURATION, _said(node)) is not None
    if is_answered or not event.other_text or _read(event.timer_kind or TimerKind.DURATION, event.text) is None:
        return
    conflict = {"used": event.text, "used_from": "value", "other": event.other_text, "other_from": "value"}
    workbench.noticed.warning("PROPERTY_CONFLICT", node, property=Property.TIMER.value, **conflict)


def _say_other_label(workbench: Workbench, node: Node, rule: TimerRule, used: str) -> None:
    """A label that tells another time than the value: people go by the label, the deal by the value."""
    label = _read(TimerKind.DURATION, node.name)
    if label is None or label.rule is None or rule.rule is None or _length(label.rule) == _length(rule.rule):
        return
    conflict = {"used": used, "used_from": "value", "other": node.name, "other_from": "name"}
    workbench.noticed.warning("PROPERTY_CONFLICT", node, property=Property.TIMER.value, **conflict)


def _length(rule: DeadlineRule) -> DeadlineRule | tuple[int, int]:
    """What is compared of two times: "48 hours" and "2 days" are the same."""
    return (rule.months, rule.days * _DAY_S + rule.seconds) if isinstance(rule, ElapsedTime) else rule


def _said(node: Node) -> str:
    text = node.annotation.text(Property.TIMER)
    return ASK if text.casefold() == ASK else text


def _ask(workbench: Workbench, node: Node, event: EventDefinition) -> None:
    """What the label says, whole or in part; a person can say it, too."""
    in_label = [
        Proposal(value=text, label=text, because=Because.IN_LABEL, params={"label": node.name})
        for text in (*([node.name] if _read(TimerKind.DURATION, node.name) else []), *amounts_in(node.name))
    ]
    whole = in_label[:1] if _read(TimerKind.DURATION, node.name) else []
    by_person = Proposal(value=ASK, because=Because.PERSON_SAYS)
    workbench.noticed.ask(
        QuestionKind.TIMER,
        node,
        [*in_label, by_person],
        assumed=whole[0].value if whole else ASK,
        own=True,
        text=event.text,
    )


def _read(kind: TimerKind, text: str) -> TimerRule | None:
    if not text:
        return None
    try:
        rule = parse_timer_value(kind, text)
        if rule.expression is not None:
            compile_expression(rule.expression)
    except (DeadlineNotUnderstood, ExpressionRefused):
        return None
    return rule
