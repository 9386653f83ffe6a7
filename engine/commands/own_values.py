"""Values of the company's own fields: read by their definitions, whoever writes them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.errors import N_, DomainError, InvalidInput
from engine.events import plain
from engine.model.own_field import FieldSubject
from engine.policy.field_values import Locale, read_each, to_json
from engine.queries.organisation import organisation
from engine.queries.references import resolved_references

_MOST_NAMES_TOLD, _LONGEST_NAME_TOLD = 5, 64
_FOUND_BY = frozenset({FieldType.TEXT, FieldType.PHONE, FieldType.EMAIL, FieldType.NUMBER})


class UnknownFields(DomainError):
    """The company has given its clients or contacts no fields of these names."""

    code: ClassVar[str] = "unknown_fields"
    template: ClassVar[str] = N_("There are no fields with these names: %(names)s.")


class ManyUnknownFields(UnknownFields):
    """The same of many names: the first of them are told. ``more`` counts the others."""

    template: ClassVar[str] = N_("There are no fields with these names: %(names)s and %(more)s more.")


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
    held: Container[str] = (),
) -> dict[str, Any]:
    """``given`` texts or JSON values by the fields' names, as they are kept; None for what was emptied.

    ``whole``: required fields that are not given are told, too. ``held`` are names under which the record holds
    something that maps wrote without a field of the company: these stay as they are given. Raises InvalidInput with the
    errors by ``fields.<name>``, and one by ``fields`` for all other names.
    """
    known = {one.name: one for one in organisation(session).own_fields if one.subject is subject}
    strange = [name for name in given if name not in known and name not in held]
    asked = [
        _loose(one.definition) if one.is_retired else one.definition
        for name, one in known.items()
        if name in given or (whole and one.definition.required and not one.is_retired)
    ]
    values, errors = read_each(asked, given, spelling.locale, zone=spelling.zone)
    values, unknown = resolved_references(session, asked, values)
    wrong: dict[str, DomainError] = {f"fields.{name}": error for name, error in (errors | unknown).items()}
    if strange:
        wrong["fields"] = _unknown(strange)
    if wrong:
        raise InvalidInput(wrong)
    others = {name: value for name, value in plain(dict(given)).items() if name not in known}
    return {**others, **{name: to_json(value) for name, value in values.items()}}


def _unknown(names: Sequence[str]) -> UnknownFields:
    told = [name[:_LONGEST_NAME_TOLD] for name in names[:_MOST_NAMES_TOLD]]
    more = len(names) - len(told)
    return ManyUnknownFields(names=told, more=more) if more else UnknownFields(names=told)


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
