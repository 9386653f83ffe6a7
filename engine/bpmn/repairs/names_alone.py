"""Conditions that are nothing but the name of a yes-or-no field, "vip": they ask for the field, and not a person."""

from __future__ import annotations

from engine.bpmn.compiled import FieldType
from engine.bpmn.expressions import ConditionKind, classify
from engine.bpmn.map_model import EventKind, Process
from engine.bpmn.repairs.labels import approval_outcome, yes_or_no
from engine.bpmn.repairs.workbench import Workbench

_MARK = "="  # what follows is an expression, as FEEL has it


def mark_names_alone(workbench: Workbench, process: Process) -> None:
    """The words of an approval and "yes" stay what people say, whatever the fields are called."""
    names = {
        each.name
        for node in workbench.nodes()
        for each in node.annotation.fields
        if each.type is FieldType.YES_NO and approval_outcome(each.name) is None and yes_or_no(each.name) is None
    }

    def marked(text: str) -> str:
        return f"{_MARK}{text.strip()}" if text.strip() in names else text

    for scope in process.scope.scopes() if names else ():
        for node in scope.nodes:
            texts = {flow: marked(flow.condition_text) for flow in node.outgoing}
            if all(classify(text).kind is not ConditionKind.WORDS for text in texts.values()):  # else people choose
                for flow, text in texts.items():
                    flow.condition_text = text
            for event in node.events:
                if event.kind is EventKind.CONDITIONAL:
                    event.text = marked(event.text)
            if node.loop is not None:
                node.loop.condition = marked(node.loop.condition)
            node.over_when, node.activation = marked(node.over_when), marked(node.activation)
