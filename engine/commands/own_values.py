"""Values of the company's own fields: read by their definitions, whoever writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.errors import DomainError, InvalidInput
from engine.events import plain
from engine.model.own_field import FieldSubject
from engine.policy.field_values import Locale, read_each, to_json
from engine.queries.organisation import organisation
from engine.queries.references import resolved_references

_FOUND_BY = frozenset({FieldType.TEXT, FieldType.PHONE, FieldType.EMAIL, FieldType.NUMBER})


@dataclass(frozen=True, slots=True)
class Spelling:
    """How typed texts are written: numbers and dates by ``locale``, moments without a zone in ``zone``."""

    locale: Locale = "uk"
    zone: str = "Europe/Kyiv"


def read_own_values(
    session: Session,
    subject: FieldSubject,
    given: Mapping[str, Any],
    spelling: Spelling = Spelling(),  # frozen
    *,
    whole: bool = False,
) -> dict[str, Any]:
    """``given`` texts or JSON values by the fields' names, as they are kept; None for what was emptied.

    ``whole``: required fields that are not given are told, too. What is no field of the company stays as it is given.
    Raises InvalidInput with the errors by ``fields.<name>``.
    """
    known = {one.name: one for one in organisation(session).own_fields if one.subject is subject}
    asked = [
        _loose(one.definition) if one.is_retired else one.definition
        for name, one in known.items()
        if name in given or (whole and one.definition.required and not one.is_retired)
    ]
    values, errors = read_each(asked, given, spelling.locale, zone=spelling.zone)
    values, unknown = resolved_references(session, asked, values)
    wrong: dict[str, DomainError] = {f"fields.{name}": error for name, error in (errors | unknown).items()}
    if wrong:
        raise InvalidInput(wrong)
    others = {name: value for name, value in plain(dict(given)).items() if name not in known}
    return {**others, **{name: to_json(value) for name, value in values.items()}}


def merged(stored: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The stored values with the new ones; what was emptied is kept no longer."""
    return {name: value for name, value in {**stored, **values}.items() if value not in (None, "", [])}


def texts_to_find(session: Session, subject: FieldSubject, stored: Mapping[str, Any]) -> list[str]:
    """What of the values finds the record in a search: names and numbers, not long texts or choices."""
    if not stored:
        return []
    fields = [one.definition for one in organisation(session).own_fields if one.subject is subject]
    return [str(stored[one.name]) for one in fields if one.type in _FOUND_BY and stored.get(one.name)]


def _loose(field: FieldDefinition) -> FieldDefinition:
    return field.model_copy(update={"required": False})
