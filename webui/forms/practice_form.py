"""The opening of a practice deal: what the map reads of a deal and its client before any step asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, cast

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType
from engine.bpmn.values_read import fields_by_name, values_read
from engine.commands.practice_walk import OpenDeal
from engine.errors import N_
from engine.policy.field_values import read_values, to_json
from webui.i18n import _, chosen_locale
from webui.request_context import services

TITLE, AMOUNT, CLIENT = "title", "deal.amount", "client.name"

_LABELS = {
    "deal.close_date": N_("Expected closing date"),
    "deal.currency": N_("Currency"),
    "client.edrpou": N_("EDRPOU"),
    "client.segment": N_("Segment"),
    "client.source": N_("Source"),
    "client.phone": N_("Phone"),
    "client.email": N_("E-mail"),
}
_OF_CLIENT = frozenset({"name", "edrpou", "segment", "source", "phone", "email"})
_ALWAYS = frozenset({TITLE, "deal.title", AMOUNT, CLIENT, "deal.currency"})


def opening_fields(process: CompiledProcess) -> tuple[FieldDefinition, ...]:
    """What the form asks: title, amount and client always, and what the map reads and none of its steps asks for."""
    asked = fields_by_name(process)
    others = [
        one.field.model_copy(update={"label": label_of(one.name)})
        for one in values_read(process)
        if one.name not in _ALWAYS and one.name not in asked and f"deal.{one.name}" not in asked
    ]
    return (
        FieldDefinition(name=TITLE, label=_("What is sold"), required=True),
        FieldDefinition(name=AMOUNT, label=_("Amount"), type=FieldType.MONEY),
        FieldDefinition(name=CLIENT, label=_("Client"), required=True),
        *others,
    )


def label_of(name: str) -> str:
    """What to call a value that no step asks for: its own name, where the product has none."""
    return _(_LABELS[name]) if name in _LABELS else name


def read_opening(
    process: CompiledProcess, typed: Mapping[str, Any], *, person_id: int, message: str | None
) -> OpenDeal:
    """Raises InvalidInput with an error per field."""
    values = read_values(opening_fields(process), typed, chosen_locale())
    client = {name.removeprefix("client."): value for name, value in values.items() if name.startswith("client.")}
    fields = {
        name.removeprefix("deal."): to_json(value)
        for name, value in values.items()
        if name not in _ALWAYS and name != "deal.close_date" and not name.startswith("client.") and value is not None
    }
    return OpenDeal(
        at=services().clock.now(),
        person_id=person_id,
        title=values[TITLE],
        amount=cast("Decimal | None", values[AMOUNT]),
        close_date=cast("date | None", values.get("deal.close_date")),
        client={name: str(value) for name, value in client.items() if name in _OF_CLIENT and value is not None},
        client_fields={name: to_json(value) for name, value in client.items() if name not in _OF_CLIENT},
        fields=fields,
        message=message,
    )
