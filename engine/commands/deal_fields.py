"""The deal's own fields where no step asks for them: by their definitions in the map, whoever writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType
from engine.bpmn.field_order import names_read, reads_of
from engine.commands.file_fields import file_values
from engine.errors import N_, DomainError, InvalidInput
from engine.events import plain
from engine.model.deal import Deal
from engine.policy.field_values import Locale, read_each, to_json
from engine.policy.form_values import read_form
from engine.policy.own_fields import CLIENT_ROOT
from engine.queries.calendars import default_calendar
from engine.queries.facts import DealFacts
from engine.queries.references import resolved_references


class Calculated(DomainError):
    """Nobody types what the map calculates."""

    code: ClassVar[str] = "field_calculated"
    template: ClassVar[str] = N_("“%(label)s” is calculated by the map.")


def own_fields(process: CompiledProcess) -> dict[str, FieldDefinition]:
    """The fields that the map's steps ask for or calculate, by the names under which the deal keeps their values."""
    fields: dict[str, FieldDefinition] = {}
    for step in process.steps.values():
        for field in step.fields:
            if field.type is not FieldType.READ_ONLY and not field.name.startswith(CLIENT_ROOT):
                fields.setdefault(field.name.removeprefix("deal."), field)
    return fields


def read_own_fields(
    session: Session,
    process: CompiledProcess,
    values: Mapping[str, Any],
    locale: Locale = "uk",
    *,
    deal_id: int | None = None,
) -> tuple[dict[str, Any], dict[str, DomainError]]:
    """``values`` by the names that the deal keeps them under, as JSON, and what is wrong, by ``fields.<name>``.

    What the map does not know stays as it is. Nothing is required, and a calculated value is taken for one that was
    calculated before. Files are those of the deal ``deal_id``; a new one has none.
    """
    known = own_fields(process)
    asked = [_loose(known[name], name) for name in values if name in known]
    read, errors = read_each(asked, values, locale)
    resolved, unknown = resolved_references(session, asked, read)
    try:
        resolved |= file_values(session, deal_id or 0, asked, resolved)
    except InvalidInput as invalid:
        unknown |= invalid.errors
    others = {name: value for name, value in plain(dict(values)).items() if name not in resolved}
    wrong = {f"fields.{name}": error for name, error in (errors | unknown).items()}
    return {**others, **{name: to_json(value) for name, value in resolved.items()}}, wrong


def ensure_not_calculated(process: CompiledProcess, names: Iterable[str]) -> None:
    """Raises InvalidInput for fields that the map calculates."""
    known = own_fields(process)
    errors = {
        name: Calculated(label=known[name].label)
        for name in names
        if name in known and known[name].type is FieldType.CALCULATED
    }
    if errors:
        raise InvalidInput(errors)


def recalculated(
    session: Session, deal: Deal, process: CompiledProcess, changed: Mapping[str, Any], *, at: datetime
) -> dict[str, Any]:
    """What has to be calculated anew when ``changed`` values are written into the deal, by name, as JSON.

    Columns of changed tables, and calculated values that the deal has and that read what changed. The deal's sum has
    the name ``deal.amount``.
    """
    fields = _calculated_after(process, deal, changed)
    if not fields:
        return {}
    stored = {**deal.fields, **changed}
    facts = DealFacts(deal, process, calendar=default_calendar(session), at=at)
    typed = {one.name: stored.get(one.name.removeprefix("deal.")) for one in fields}
    form = read_form(fields, typed, "en", known=facts.known)
    wanted = [one for one in fields if not one.is_typed or (one.columns and one.name in changed)]
    return {one.name: to_json(form.values[one.name]) for one in wanted if one.name in form.values}


def _calculated_after(process: CompiledProcess, deal: Deal, changed: Mapping[str, Any]) -> Sequence[FieldDefinition]:
    """The changed fields, and those that have to be calculated because of them, with all that these read."""
    known = {one.name: _loose(one, one.name, typed=one.is_typed) for one in own_fields(process).values()}
    stale = {name for name in changed if name in known}
    affected = True
    while affected:
        more = {
            name
            for name, one in known.items()
            if name not in stale and one.type is FieldType.CALCULATED and _is_kept(name, deal) and _reads(one) & stale
        }
        stale |= more
        affected = bool(more)
    if all(known[name].is_typed and not known[name].columns for name in stale):
        return ()
    read = {name for name in known for other in stale if name in _reads(known[other]) and known[name].is_typed}
    return tuple(one for name, one in known.items() if name in stale | read)


def _is_kept(name: str, deal: Deal) -> bool:
    return name == "deal.amount" or name.removeprefix("deal.") in deal.fields


def _reads(field: FieldDefinition) -> set[str]:
    return {name for text in reads_of(field) for name in names_read(text)}


def _loose(field: FieldDefinition, name: str, *, typed: bool = True) -> FieldDefinition:
    """The field on the deal's page: nothing is required there, and whether it applies is the step's to say."""
    loose = field.as_typed() if typed else field
    columns = tuple(column.model_copy(update={"required": False}) for column in field.columns)
    return loose.model_copy(
        update={"name": name, "required": False, "default": None, "visible_if": None, "columns": columns}
    )
