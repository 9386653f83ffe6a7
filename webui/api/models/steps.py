"""What a step asks for: fields and buttons."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engine.bpmn.compiled import FieldDefinition, FieldType, Outcome, OutcomeKind
from webui.api.models.values import Told
from webui.forms.shown_values import column_label


class OutcomeItem(Told):
    """A button of a step."""

    id: str = Field(description="What `complete` takes as `outcome`.")
    kind: OutcomeKind
    label: str = Field(description="As the map words it; empty where it does not.")
    needs_reason: bool = Field(description="Whether `comment` must say why.")

    @classmethod
    def of(cls, outcome: Outcome) -> OutcomeItem:
        return cls(id=outcome.id, kind=outcome.kind, label=outcome.label, needs_reason=outcome.needs_reason)


class ChoiceItem(Told):
    value: str
    label: str


class FieldColumn(Told):
    """A column of a table of lines."""

    name: str = Field(description="The name in each line.")
    label: str
    type: FieldType
    required: bool
    choices: tuple[ChoiceItem, ...]
    minimum: str | None
    maximum: str | None
    pattern: str | None
    formula: str | None
    shown_as: FieldType | None
    total: bool = Field(description="Whether its values are added up under the table.")

    @classmethod
    def of(cls, column: FieldDefinition) -> FieldColumn:
        return cls(
            name=column.name,
            label=column_label(column),
            type=column.type,
            required=column.required,
            choices=tuple(ChoiceItem(value=one.value, label=one.label) for one in column.choices),
            minimum=column.minimum,
            maximum=column.maximum,
            pattern=column.pattern,
            formula=column.formula,
            shown_as=column.shown_as,
            total=column.total,
        )


class FieldItem(Told):
    """A field of a step's form."""

    name: str = Field(description="The name in `values`. A name like `deal.amount` edits the deal itself.")
    label: str
    type: FieldType
    required: bool
    choices: tuple[ChoiceItem, ...]
    help: str
    minimum: str | None
    maximum: str | None
    pattern: str | None
    placeholder: str
    visible_if: str | None = Field(description="An expression: when it does not hold, the field is not asked.")
    formula: str | None = Field(description="An expression: the server calculates the value, and takes none.")
    shown_as: FieldType | None = Field(description="In which type a value that is only shown or calculated is written.")
    columns: tuple[FieldColumn, ...] = Field(description="Of a table of lines; its value is a list of objects.")
    several: bool = Field(description="Of a file field: whether it takes more than one file.")
    accept: str = Field(description="Of a file field: the map's words for the kinds that it takes; empty for all.")
    value: Any = Field(description="What the deal has stored, or the field's default. Numbers are texts.")

    @classmethod
    def of(cls, field: FieldDefinition, value: Any) -> FieldItem:
        return cls(
            name=field.name,
            label=field.label,
            type=field.type,
            required=field.required,
            choices=tuple(ChoiceItem(value=one.value, label=one.label) for one in field.choices),
            help=field.help,
            minimum=field.minimum,
            maximum=field.maximum,
            pattern=field.pattern,
            placeholder=field.placeholder,
            visible_if=field.visible_if,
            formula=field.formula,
            shown_as=field.shown_as,
            columns=tuple(FieldColumn.of(one) for one in field.columns),
            several=field.several,
            accept=field.accept,
            value=value,
        )
