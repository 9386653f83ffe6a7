"""Several ways at once, without conditions: a person ticks those that are to be gone."""

from __future__ import annotations

import re

from engine.bpmn.compiled import ExpressionCondition, FieldChoice, FieldDefinition, FieldType, StepKind
from engine.bpmn.map_model import Node, NodeType
from engine.bpmn.repairs.editing import insert_before
from engine.bpmn.repairs.labels import label
from engine.bpmn.repairs.stand_ins import plan_step
from engine.bpmn.repairs.workbench import Workbench

_NOT_IN_NAMES = re.compile(r"\W", re.ASCII)


def ask_inclusive(workbench: Workbench, gateway: Node) -> None:
    step = gateway.incoming[0].source if len(gateway.incoming) == 1 else None
    if step is None or step.step is None or step.loop_rule is not None:
        step = insert_before(workbench.sales_map, gateway, NodeType.USER_TASK, "choice")
        step.name = gateway.name
        plan_step(step, StepKind.CHOICE, synthetic=True)
    name = "ways_" + _NOT_IN_NAMES.sub("_", gateway.id)
    choices = tuple(FieldChoice(value=flow.id, label=label(flow)) for flow in gateway.outgoing)
    field = FieldDefinition(
        name=name, label=gateway.name or step.name or name, type=FieldType.MANY, required=True, choices=choices
    )
    if step.step is not None:
        step.step.fields.append(field)
    for flow in gateway.outgoing:
        flow.condition = ExpressionCondition(text=f'"{flow.id}" in {name}')
    workbench.noticed.info("WAYS_ASKED", gateway, ways=", ".join(choice.label for choice in choices))
