"""Fields that the company gives its clients and contacts."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from engine.bpmn.compiled import FieldType
from engine.model.own_field import FieldSubject
from engine.policy.own_fields import MOST_CHOICES, MOST_FIELDS, OwnFieldDraft
from webui.api.models.steps import ChoiceItem
from webui.api.models.values import Given, Id, Line, Sentence, Told

_IN_ONE_LINE = r"\x00-\x1f\x7f\x85\u2028\u2029"

ChoiceValue = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=f"^[^={_IN_ONE_LINE}]+$"),
    Field(description="In one line, without “=”."),
]
ChoiceLabel = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=f"^[^{_IN_ONE_LINE}]*$")]


class OwnFieldsQuery(Given):
    of: FieldSubject = Field(default=FieldSubject.CLIENT, description="Whose fields.")


class OwnFieldItem(Told):
    """A field that the company gives its clients or contacts."""

    id: int
    subject: FieldSubject
    name: str = Field(description="The name in `fields`.")
    name_in_maps: str | None = Field(description="How a sales map names it; maps name no contacts' fields.")
    label: str
    type: FieldType
    required: bool
    choices: tuple[ChoiceItem, ...]
    help: str
    minimum: str | None
    maximum: str | None
    pattern: str | None
    is_listed: bool = Field(description="Whether it is a column of the list.")
    is_retired: bool = Field(description="Asked for nowhere any more; its values stay.")


class OwnFieldList(Told):
    """All of them in their order."""

    items: tuple[OwnFieldItem, ...]


class GivenChoice(Given):
    """One of the values that a field of choices takes."""

    value: ChoiceValue
    label: ChoiceLabel = Field(default="", description="What people read; the value itself where it is empty.")


class GivenOwnField(Given):
    """A field as it shall be. What `GET` tells beside it may be sent back and is not looked at."""

    name: Line = Field(
        default="",
        description="By which the field is known: a new name adds a field, and without one it is made of the label.",
    )
    label: Line
    type: FieldType | None = Field(
        default=None, description="Of a new field, a text where none is given. That of a field that exists stays."
    )
    required: bool = False
    choices: tuple[GivenChoice, ...] = Field(default=(), max_length=MOST_CHOICES)
    help: Sentence = ""
    minimum: Line | None = Field(
        default=None, description="Of a number or a date, the length of a text, the count of choices."
    )
    maximum: Line | None = None
    pattern: Sentence | None = None
    is_listed: bool = Field(default=False, description="Whether it is a column of the list.")
    is_retired: bool = Field(default=False, description="True is as good as leaving the field out.")
    id: Id | None = Field(default=None, description="Not looked at.")
    subject: FieldSubject | None = Field(default=None, description="Not looked at.")
    name_in_maps: Line | None = Field(default=None, description="Not looked at.")

    def draft(self) -> OwnFieldDraft:
        """As the page of the settings would say it."""
        return OwnFieldDraft(
            label=self.label,
            type=self.type.value if self.type is not None else "",
            name=self.name,
            required=self.required,
            choices="\n".join(f"{one.value}={one.label or one.value}" for one in self.choices),
            minimum=self.minimum or "",
            maximum=self.maximum or "",
            pattern=self.pattern or "",
            help=self.help,
            is_listed=self.is_listed,
        )


class OwnFields(Given):
    """The fields in use, in their order."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"name": "limit", "label": "Кредитний ліміт", "type": "money", "minimum": "0"},
                        {
                            "label": "Галузь",
                            "type": "choice",
                            "choices": [{"value": "agro", "label": "Агро"}, {"value": "it", "label": "ІТ"}],
                            "is_listed": True,
                        },
                    ]
                }
            ]
        },
    )

    items: tuple[GivenOwnField, ...] = Field(
        max_length=2 * MOST_FIELDS, description="What is not among them is retired; its values stay."
    )
