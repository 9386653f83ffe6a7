"""Conditions that are nothing but the name of a yes-or-no field, "vip": they ask for the field, and not a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from engine.bpmn.compiled import FieldType
from engine.bpmn.expressions import ConditionKind, classify
from engine.bpmn.map_model import EventKind, Node, Process, Scope
from engine.bpmn.map_surgery import reachable
from engine.bpmn.repairs.labels import approval_outcome, yes_or_no
from engine.bpmn.repairs.workbench import Workbench

_MARK = "="  # what follows is an expression, as FEEL has it


def mark_names_alone(workbench: Workbench, process: Process) -> None:
    """The words of an approval and "yes" stay what people say, whatever the fields are called.

    So does a name on an arrow, where the field is asked for behind the decision alone: nothing is filled in by then.
    """
    asking = _asking(workbench)
    for scope in process.scope.scopes() if asking else ():
        for node in scope.nodes:
            texts = {flow: _marked(flow.condition_text, asking) for flow in node.outgoing}
            if any(text != flow.condition_text for flow, text in texts.items()):
                known = [name for name, steps in asking.items() if not all(_is_behind(step, node) for step in steps)]
                texts = {flow: _marked(flow.condition_text, known) for flow in texts}
            if all(classify(text).kind is not ConditionKind.WORDS for text in texts.values()):  # else people choose
                for flow, text in texts.items():
                    flow.condition_text = text
            for event in node.events:
                if event.kind is EventKind.CONDITIONAL:
                    event.text = _marked(event.text, asking)
            if node.loop is not None:
                node.loop.condition = _marked(node.loop.condition, asking)
            node.over_when, node.activation = _marked(node.over_when, asking), _marked(node.activation, asking)


def _asking(workbench: Workbench) -> dict[str, list[Node]]:
    """The steps that ask for each yes-or-no field."""
    asking: dict[str, list[Node]] = defaultdict(list)
    for node in workbench.nodes():
        for each in node.annotation.fields:
            if each.type is FieldType.YES_NO and approval_outcome(each.name) is None and yes_or_no(each.name) is None:
                asking[each.name].append(node)
    return asking


def _marked(text: str, names: Collection[str]) -> str:
    return f"{_MARK}{text.strip()}" if text.strip() in names else text


def _is_behind(step: Node, decision: Node) -> bool:
    """Whether ``step`` comes behind ``decision``, and never before it."""
    around: dict[Scope, Node] = {}
    place: Node | None = decision
    while place is not None:
        around[place.scope] = place
        place = place.scope.owner
    place = step
    while place is not None and place.scope not in around:
        place = place.scope.owner
    if place is None:  # in another map
        return False
    beside = around[place.scope]
    return place is not beside and place in reachable([beside]) and beside not in reachable([place])
