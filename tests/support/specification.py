"""A map whose first step asks for a specification: a table of goods, its total, and fields that apply sometimes."""

from __future__ import annotations

from support.sales_map import sales_map

from engine.bpmn.compiled import CompiledProcess, FieldChoice, FieldDefinition, FieldType
from engine.bpmn.reading.field_making import GOODS

SPECIFICATION = (
    FieldDefinition(name="goods", label="Товари", type=FieldType.LINES, required=True, columns=GOODS),
    FieldDefinition(
        name="deal.amount",
        label="Сума угоди",
        type=FieldType.CALCULATED,
        formula="= sum(goods.sum)",
        shown_as=FieldType.MONEY,
    ),
    FieldDefinition(name="install", label="Монтаж", type=FieldType.YES_NO),
    FieldDefinition(name="address", label="Адреса монтажу", required=True, visible_if="= install"),
    FieldDefinition(name="engineer", label="Інженер", type=FieldType.PERSON),
    FieldDefinition(name="payer", label="Платник", type=FieldType.CLIENT),
    FieldDefinition(name="call_at", label="Передзвонити", type=FieldType.MOMENT),
    FieldDefinition(
        name="papers",
        label="Документи",
        type=FieldType.MANY,
        choices=(FieldChoice(value="act", label="Акт"), FieldChoice(value="invoice", label="Рахунок")),
    ),
    FieldDefinition(name="due", label="Відвантажити", type=FieldType.DATE, default="= today"),
)


def specification_map() -> CompiledProcess:
    process = sales_map()
    prepare = process.steps["prepare"].model_copy(update={"fields": SPECIFICATION})
    shown = (FieldDefinition(name="goods", label="Товари", type=FieldType.READ_ONLY),)
    legal = process.steps["legal"].model_copy(update={"fields": shown})
    steps = {**process.steps, "prepare": prepare, "legal": legal}
    return process.model_copy(update={"steps": steps, "content_hash": "5" * 64})
