"""Decisions as their owner answered: by a field or an expression, by a person, always all; and which way otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from engine.bpmn.compiled import ExpressionCondition, FieldDefinition, FieldType
from engine.bpmn.map_model import Node, NodeType
from engine.bpmn.map_properties import Property
from engine.bpmn.map_sayings import said_of
from engine.bpmn.map_surgery import reachable
from engine.bpmn.questions import ALL, ASK, NOBODY, Because, Proposal, QuestionKind
from engine.bpmn.repairs.labels import label, yes_or_no
from engine.bpmn.repairs.workbench import Workbench

_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_CHOICES = (FieldType.CHOICE, FieldType.TEXT)


def decide_as_answered(workbench: Workbench, gateway: Node) -> bool:
    """Whether an answer other than "a person" decides; then the arrows are settled."""
    said = said_of(gateway, Property.DECIDED_BY)
    if gateway.type is NodeType.INCLUSIVE:
        if said.casefold() != ALL:
            return False
        gateway.type, gateway.default = NodeType.PARALLEL, None
        return True
    expression = said.removeprefix("=").strip()
    if not said.startswith("=") or not workbench.is_readable(expression):
        return False
    gateway.default = None
    answers = {yes_or_no(label(flow)): flow for flow in gateway.outgoing}
    if len(gateway.outgoing) == len(answers) and set(answers) == {True, False}:
        answers[True].condition = ExpressionCondition(text=expression)
        gateway.default = answers[False]
        return True
    values = _values_of(workbench, expression)
    operand = expression if _PATH.fullmatch(expression) else f"({expression})"
    for flow in gateway.outgoing:
        value = values.get(label(flow).casefold(), label(flow))
        flow.condition = ExpressionCondition(text=f"{operand} = {json.dumps(value, ensure_ascii=False)}")
    settle_default(workbench, gateway)
    return True


def asks_a_person(gateway: Node) -> bool:
    """Whether the owner wants a person to be asked, whatever the arrows say."""
    return said_of(gateway, Property.DECIDED_BY).casefold() == ASK


def settle_default(workbench: Workbench, gateway: Node) -> None:
    """The arrow to take when no condition holds, as answered; else that is said and asked."""
    said = said_of(gateway, Property.DEFAULT_WAY)
    way = next((flow for flow in gateway.outgoing if said and flow.source_id == said), None)
    if way is not None:
        gateway.default, way.condition = way, None
        return
    if said.casefold() == NOBODY:
        return
    workbench.noticed.warning("NO_DEFAULT", gateway)
    proposals = [
        Proposal(value=NOBODY, because=Because.NOTHING_GUESSED),
        *(
            Proposal(
                value=flow.source_id, label=label(flow), because=Because.WAY_OUT, params={"step": flow.target.name}
            )
            for flow in gateway.outgoing
        ),
    ]
    workbench.noticed.ask(
        QuestionKind.DEFAULT_WAY,
        _asked_at(gateway),
        proposals,
        assumed=NOBODY,
        name=_near(gateway),
        ways=_ways(gateway),
    )


def ask_who_decides(workbench: Workbench, gateway: Node, step: Node | None) -> None:
    """``step`` is the one whose person chooses as long as nothing else is answered; None: a step that is added."""
    if gateway.settled or asks_a_person(gateway):
        return
    by_person = (
        Proposal(value=ASK, because=Because.STEP_BEFORE, params={"step": step.title})
        if step is not None
        else Proposal(value=ASK, because=Because.STEP_ADDED)
    )
    fields = [
        Proposal(value=f"={field.name}", label=field.label, because=Because.FIELD_SAYS, params={"step": node.title})
        for node, field in _fields_before(workbench, gateway)
        if _is_nameable(field) and _answers(field, gateway)
    ]
    workbench.noticed.ask(
        QuestionKind.DECISION,
        _asked_at(gateway),
        [by_person, *fields],
        assumed=ASK,
        own=True,
        name=_near(gateway),
        yes_or_no="yes" if {yes_or_no(label(flow)) for flow in gateway.outgoing} == {True, False} else "",
        ways=_ways(gateway),
    )


def ask_all_or_some(workbench: Workbench, gateway: Node) -> None:
    """Of several ways that may be gone together."""
    if gateway.settled or asks_a_person(gateway):
        return
    proposals = [
        Proposal(value=ASK, because=Because.PERSON_SAYS),
        Proposal(value=ALL, because=Because.NOTHING_COUNTED),
    ]
    workbench.noticed.ask(
        QuestionKind.DECISION, _asked_at(gateway), proposals, assumed=ASK, name=_near(gateway), ways=_ways(gateway)
    )


def _asked_at(gateway: Node) -> Node:
    """The element of the file that can hold the answer."""
    return gateway if gateway.like is None else _asked_at(gateway.like)


def _near(gateway: Node) -> str:
    """What to call a decision without a name: the step before it."""
    return next((flow.source.name for flow in gateway.incoming if flow.source.name), "")


def _ways(gateway: Node) -> str:
    return ", ".join(label(flow) for flow in gateway.outgoing)


def _fields_before(workbench: Workbench, gateway: Node) -> Iterator[tuple[Node, FieldDefinition]]:
    for node in workbench.nodes():
        if node.step is not None and node.step.fields and gateway in reachable([node]):
            yield from ((node, field) for field in node.step.fields)


def _is_nameable(field: FieldDefinition) -> bool:
    """Whether an expression can name it: another one (of several words) would be proposed and asked again for ever."""
    return _PATH.fullmatch(field.name) is not None and Workbench.is_readable(field.name)


def _answers(field: FieldDefinition, gateway: Node) -> bool:
    """Whether the values of a field are the labels of the ways."""
    labels = {label(flow).casefold() for flow in gateway.outgoing}
    if field.type is FieldType.YES_NO:
        return {yes_or_no(one) for one in labels} == {True, False}
    words = {word.casefold() for choice in field.choices for word in (choice.value, choice.label)}
    return field.type in _CHOICES and labels <= words


def _values_of(workbench: Workbench, expression: str) -> dict[str, str]:
    """What a field named by the expression holds, by the label that people see."""
    fields = (field for node in workbench.nodes() if node.step is not None for field in node.step.fields)
    chosen = next((field for field in fields if field.name == expression), None)
    return {choice.label.casefold(): choice.value for choice in chosen.choices} if chosen is not None else {}
