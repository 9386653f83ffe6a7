"""The company's own fields of a client or a contact: as inputs, and as people read them, as a step's form does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.commands.own_values import Spelling
from engine.model.own_field import FieldSubject
from engine.policy.own_fields import KnownField
from engine.queries.own_fields import own_fields
from webui.forms.shown_values import shown_field
from webui.forms.step_form import StepField, step_fields
from webui.i18n import _, chosen_locale, zone


@dataclass(frozen=True, slots=True)
class OwnValue:
    """A value beside its label. ``text`` is a dash where there is none; ``is_empty`` says so."""

    name: str
    label: str
    text: str
    is_empty: bool


def spelling() -> Spelling:
    """How whoever asks writes numbers and dates."""
    return Spelling(chosen_locale(), zone().key)


def own_inputs(
    session: Session,
    subject: FieldSubject,
    filled: Mapping[str, Any],
    errors: Mapping[str, str],
    *,
    ids: str,
) -> tuple[StepField, ...]:
    """The inputs, filled with stored values or, after an error, with the very texts typed."""
    fields = tuple(one.definition for one in own_fields(session, subject))
    at_fields = {_bare(name): text for name, text in errors.items() if name.startswith(_PREFIXES)}
    return step_fields(session, fields, filled, at_fields, ids=ids)


_PREFIXES = ("fields.", "client.", "contact.")


def _bare(name: str) -> str:
    for prefix in ("client.", "contact.", "fields."):
        name = name.removeprefix(prefix)
    return name


def own_shown(session: Session, subject: FieldSubject, stored: Mapping[str, Any]) -> tuple[OwnValue, ...]:
    """The values in the order of the fields; then what is stored beside them under a name that no field has."""
    fields = [one.definition for one in own_fields(session, subject)]
    known = [_value(session, one, stored.get(one.name)) for one in fields]
    others = [name for name in stored if name not in {one.name for one in fields}]
    return (*known, *(_value(session, _former(session, subject, name), stored[name]) for name in others))


def _former(session: Session, subject: FieldSubject, name: str) -> FieldDefinition:
    retired = (one.definition for one in own_fields(session, subject, retired=True) if one.name == name)
    return next(retired, FieldDefinition(name=name, label=name))


def filters(fields: Iterable[KnownField]) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """By what a list can be filtered: the field's name, its label, and pairs of value and label."""
    yes_no = (("yes", _("yes")), ("no", _("no")))
    return tuple(
        (
            one.name,
            one.definition.label,
            yes_no
            if one.definition.type is FieldType.YES_NO
            else tuple((choice.value, choice.label) for choice in one.definition.choices),
        )
        for one in fields
        if one.definition.type in {FieldType.YES_NO, FieldType.CHOICE}
    )


def _value(session: Session, field: FieldDefinition, value: Any) -> OwnValue:
    return OwnValue(field.name, field.label, shown_field(session, field, value), value in (None, "", []))
