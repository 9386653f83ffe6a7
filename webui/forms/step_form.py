"""A step's form: each field of the map as an input, and what came back from it as texts by field name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from engine.bpmn.compiled import FieldChoice, FieldDefinition, FieldType
from engine.model.client import Client
from engine.model.person import Person
from webui.formats import day, day_and_time, local, money, number
from webui.forms.file_fields import FieldUpload, Uploads, file_links, file_names
from webui.forms.typed_values import read_id
from webui.i18n import _, chosen_locale

PREFIX = "field:"
"""Before the names of a step's fields, so that no map can name a field like one of our own."""

_NUMBERS = frozenset({FieldType.NUMBER, FieldType.MONEY, FieldType.PERCENT})


@dataclass(frozen=True, slots=True)
class StepField:
    """An input. ``text`` is what a person reads in it, ``chosen`` the choices ticked, ``error`` what is wrong.

    ``upload`` is of a field of files, where files can be sent to.
    """

    definition: FieldDefinition
    input_name: str
    id: str
    text: str
    value: str
    chosen: frozenset[str]
    error: str
    upload: FieldUpload | None = None


def step_fields(
    session: Session,
    fields: tuple[FieldDefinition, ...],
    typed: Mapping[str, Any],
    errors: Mapping[str, str],
    shown: Mapping[str, str] | None = None,
    *,
    uploads: Uploads | None = None,
) -> tuple[StepField, ...]:
    """The inputs of ``fields``, filled with ``typed``: stored values or, after an error, the very texts typed.

    ``shown`` holds the texts of the fields that are only shown; ``uploads`` makes the fields of files.
    """
    made = (
        _shown_field(field, position, (shown or {}).get(field.name, ""))
        if field.type is FieldType.READ_ONLY
        else _field(session, field, position, typed.get(field.name), errors.get(field.name, ""))
        for position, field in enumerate(fields)
    )
    return tuple(
        replace(one, upload=uploads(one.definition, typed.get(one.definition.name)))
        if uploads is not None and one.definition.type is FieldType.FILE
        else one
        for one in made
    )


def shown_texts(
    session: Session,
    fields: Iterable[FieldDefinition],
    stored: Mapping[str, Any],
    known: Mapping[str, FieldDefinition],
    currency: str,
) -> dict[str, str]:
    """The values of the read-only ones among ``fields``, worded by the field in ``known`` that asks for each."""
    texts: dict[str, str] = {}
    for field in fields:
        if field.type is FieldType.READ_ONLY:
            asked = known.get(field.name, field)
            texts[field.name] = shown_value(session, asked.type, stored.get(field.name), currency, asked.choices)
    return texts


def typed_values(form: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed, by field name: a text, or a list where several choices were ticked."""
    typed: dict[str, Any] = {}
    for name, texts in form.lists():
        if name.startswith(PREFIX):
            given = [text for text in texts if text]
            typed[name.removeprefix(PREFIX)] = given if len(given) > 1 else "".join(given)
    return typed


def _shown_field(field: FieldDefinition, position: int, text: str) -> StepField:
    return StepField(
        definition=field,
        input_name=PREFIX + field.name,
        id=f"step-field-{position}",
        text=text,
        value="",
        chosen=frozenset(),
        error="",
    )


def _field(session: Session, field: FieldDefinition, position: int, raw: Any, error: str) -> StepField:
    return StepField(
        definition=field,
        input_name=PREFIX + field.name,
        id=f"step-field-{position}",
        text=_text(session, field, raw),
        value="" if raw is None or isinstance(raw, list) else str(raw),
        chosen=_chosen(field, raw),
        error=error,
    )


def _text(session: Session, field: FieldDefinition, raw: Any) -> str:
    if raw is None or raw == "" or isinstance(raw, list):
        return file_names(raw) if isinstance(raw, list) else ""
    if field.type in _NUMBERS:
        return _localised(str(raw))
    if field.type is FieldType.MOMENT:
        return _for_input(str(raw))
    if field.type is FieldType.PERSON:
        return _name(session, Person, raw, Person.full_name)
    if field.type is FieldType.CLIENT:
        return _name(session, Client, raw, Client.name)
    return str(raw)


def _chosen(field: FieldDefinition, raw: Any) -> frozenset[str]:
    if field.type is FieldType.YES_NO:
        return frozenset({"yes"} if raw in {True, "yes", "true", "on", "1"} else {"no"} if raw in {False, "no"} else ())
    return frozenset(str(one) for one in (raw if isinstance(raw, list) else [raw] if raw else []))


def _localised(text: str) -> str:
    """A stored number in the reader's spelling; what cannot be read stays as it was typed."""
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return text
    if not exact.is_finite():
        return text
    whole = exact == exact.to_integral_value()
    written = format(exact.to_integral_value() if whole else exact, "f")
    return written.replace(".", ",") if chosen_locale() == "uk" else written


def _for_input(text: str) -> str:
    """A stored instant as the browser's own input wants it, on the reader's wall clock."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (local(moment) if moment.tzinfo else moment).strftime("%Y-%m-%dT%H:%M")


def _name(session: Session, table: Any, key: Any, column: Any) -> str:
    found = read_id(str(key))
    return str(key) if found is None else session.scalar(select(column).where(table.id == found)) or ""


def shown_value(
    session: Session, kind: FieldType, value: Any, currency: str = "UAH", choices: Iterable[FieldChoice] = ()
) -> str:
    """A stored value of a field as people read it, without an input."""
    if value is None or value in ("", []):
        return "—"
    if kind is FieldType.FILE:
        return file_links(value)
    labels = {choice.value: choice.label for choice in choices}
    if isinstance(value, list):
        return ", ".join(labels.get(str(one), str(one)) for one in value)
    return labels.get(str(value)) or _one_value(session, kind, value, currency)


def _one_value(session: Session, kind: FieldType, value: Any, currency: str) -> str:
    if isinstance(value, bool) or kind is FieldType.YES_NO:
        return _("yes") if value in {True, "true", "yes"} else _("no")
    if kind is FieldType.MOMENT:
        return day_and_time(datetime.fromisoformat(value))
    if kind is FieldType.DATE:
        return day(date.fromisoformat(value))
    if kind in {FieldType.PERSON, FieldType.CLIENT}:
        return _named(session, kind, value)
    return _number(kind, value, currency) if kind in _NUMBERS else str(value)


def _named(session: Session, kind: FieldType, value: Any) -> str:
    if kind is FieldType.PERSON:
        return _name(session, Person, value, Person.full_name)
    return _name(session, Client, value, Client.name)


def _number(kind: FieldType, value: Any, currency: str) -> str:
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if kind is FieldType.MONEY:
        return money(exact, currency)
    return f"{number(exact)} %" if kind is FieldType.PERCENT else number(exact)
