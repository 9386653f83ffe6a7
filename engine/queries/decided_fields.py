"""What decision tables give a deal, described as the fields of a form are: a label and a type."""

from __future__ import annotations

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType
from engine.bpmn.dmn.model import Decision, DecisionTable, ResultShape, ValueKind

_TYPES = {
    ValueKind.ANY: FieldType.TEXT,
    ValueKind.TEXT: FieldType.TEXT,
    ValueKind.NUMBER: FieldType.NUMBER,
    ValueKind.YES_NO: FieldType.YES_NO,
    ValueKind.DATE: FieldType.DATE,
    ValueKind.MOMENT: FieldType.MOMENT,
    ValueKind.TIME: FieldType.TEXT,
    ValueKind.DURATION: FieldType.TEXT,
}


def decided_fields(process: CompiledProcess) -> dict[str, FieldDefinition]:
    """By the name under which a table's output is kept with the deal. A result kept as a whole is none of them."""
    tasks = process.decision_tasks.values()
    decisions = [process.decisions[task.decision] for task in tasks if task.shape is ResultShape.OUTPUTS]
    return {field.name: field for decision in decisions for field in _fields(decision)}


def decided_alone(process: CompiledProcess) -> dict[str, FieldDefinition]:
    """Those of the fields that only a table gives, because no step asks for them: nobody edits them."""
    asked = {
        field.name.removeprefix("deal.")
        for step in process.steps.values()
        for field in step.fields
        if field.type is not FieldType.READ_ONLY
    }
    return {name: field for name, field in decided_fields(process).items() if name not in asked}


def _fields(decision: Decision) -> list[FieldDefinition]:
    if isinstance(decision.logic, DecisionTable):
        outputs = [(output.name, output.label, output.kind) for output in decision.logic.outputs]
    else:
        outputs = [(decision.result_name, decision.title, decision.logic.kind)]
    return [FieldDefinition(name=name, label=label, type=_TYPES[kind]) for name, label, kind in outputs]
