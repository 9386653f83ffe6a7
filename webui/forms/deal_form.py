"""What is typed about a deal, read in the reader's spelling; everything that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.commands.clients import ClientDraft
from engine.commands.deals import DealDraft
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput
from engine.policy.field_values import read_each, read_value, to_json
from engine.policy.personal_texts import ERASED
from engine.queries.deal_view import DealView, FieldValue
from webui.forms.typed_values import chosen_id
from webui.i18n import _, chosen_locale, zone

_CLIENT_FIELDS = ("name", "edrpou", "segment", "source", "phone", "email")


def read_new_deal(form: Mapping[str, str], own: Sequence[FieldDefinition], typed_own: Mapping[str, Any]) -> DealDraft:
    """``own`` are the company's own fields of clients, which a new client has. Raises InvalidInput with all errors."""
    errors: dict[str, DomainError] = {}
    title, amount, close_date = _common(form, errors)
    client_id = chosen_id(form, "client_id")
    client = None
    if client_id is None:
        typed: dict[str, Any] = {name: form.get(f"client.{name}", "").strip() for name in _CLIENT_FIELDS}
        if any(typed.values()):
            client = ClientDraft(**typed, fields=_own_values(own, typed_own, errors))
        elif form.get("client_id_text", "").strip():
            errors["client_id"] = FieldNotUnderstood(value=form["client_id_text"], expected=N_("a client"))
        else:
            errors["client_id"] = FieldRequired(label=N_("Client"))
    if not form.get("definition_key"):
        errors["definition_key"] = FieldRequired(label=N_("Sales map"))
    owner_id = _owner(form, errors)
    if errors:
        raise InvalidInput(errors)
    return DealDraft(
        title=title,
        definition_key=form["definition_key"],
        client_id=client_id,
        client=client,
        amount=amount,
        currency=form.get("currency", "UAH"),
        owner_id=owner_id,
        close_date=close_date,
    )


def _own_values(
    own: Sequence[FieldDefinition], typed: Mapping[str, Any], errors: dict[str, DomainError]
) -> dict[str, Any]:
    """Nothing is required of a client that comes with a deal: its page asks for the rest."""
    asked = [one.model_copy(update={"required": False}) for one in own if one.name in typed]
    read, wrong = read_each(asked, typed, chosen_locale(), zone=zone().key)
    errors |= {f"client.fields.{name}": error for name, error in wrong.items()}
    return {name: to_json(value) for name, value in read.items() if value is not None}


def read_changes(
    form: Mapping[str, str], fields: tuple[FieldDefinition, ...], typed: Mapping[str, Any]
) -> dict[str, Any]:
    """The changes that the edit form asks for, ``typed`` being the map's own ``fields``. Raises InvalidInput."""
    errors: dict[str, DomainError] = {}
    title, amount, close_date = _common(form, errors)
    owner_id = _owner(form, errors)
    asked = [field for field in fields if field.name in typed and typed[field.name] != ERASED]
    read, wrong = read_each(asked, typed, chosen_locale(), zone=zone().key)
    changed = {name: to_json(value) for name, value in read.items()}
    errors |= wrong
    if errors:
        raise InvalidInput(errors)
    changes = {"title": title, "amount": amount, "currency": form.get("currency", "UAH"), "close_date": close_date}
    return changes | ({"owner_id": owner_id} if owner_id else {}) | {"fields": changed}


def with_erased(typed: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """``typed`` with the mark of an erased text wherever the input that stood for it was left empty: it stays erased.

    In a table that holds as long as it has as many lines as before.
    """
    return {name: _or_erased(value, stored.get(name)) for name, value in typed.items()}


def _or_erased(typed: Any, stored: Any) -> Any:
    if stored == ERASED:
        return typed or ERASED
    if isinstance(typed, list) and isinstance(stored, list) and len(typed) == len(stored):
        return [
            with_erased(line, before) if isinstance(line, Mapping) and isinstance(before, Mapping) else line
            for line, before in zip(typed, stored, strict=True)
        ]
    return typed


def editable_fields(view: DealView, known: Mapping[str, FieldDefinition]) -> tuple[FieldDefinition, ...]:
    """The values that steps gave to the deal, as inputs of its own page; ``known`` are the map's fields by name.

    What a table of the map gives, or a formula, is nobody's to edit.
    """
    return tuple(
        _loose(definition_of(field, known), field.name)
        for field in view.fields
        if not isinstance(field.value, dict)
        and field.name not in view.decided
        and _is_edited(definition_of(field, known))
    )


def _loose(definition: FieldDefinition, name: str) -> FieldDefinition:
    """Nothing is required on the deal's page, and whether a field applies is its step's to say."""
    columns = tuple(column.model_copy(update={"required": False}) for column in definition.columns)
    return definition.model_copy(update={"name": name, "required": False, "visible_if": None, "columns": columns})


def _is_edited(field: FieldDefinition) -> bool:
    """Files are given in steps, where they are bound to what is decided on."""
    return field.is_typed and field.type is not FieldType.FILE


def definition_of(field: FieldValue, known: Mapping[str, FieldDefinition]) -> FieldDefinition:
    """The map's definition of a value; a text where the map has none, or only shows it."""
    definition = known.get(field.name) or known.get(f"deal.{field.name}")
    if definition is None or definition.type is FieldType.READ_ONLY:
        return FieldDefinition(name=field.name, label=field.label, type=FieldType.TEXT)
    return definition


def _common(form: Mapping[str, str], errors: dict[str, DomainError]) -> tuple[str, Decimal | None, date | None]:
    title = form.get("title", "").strip()
    if not title:
        errors["title"] = FieldRequired(label=N_("What is sold"))
    amount = _read(form, FieldDefinition(name="amount", label=_("Amount"), type=FieldType.MONEY), errors)
    close_date = _read(form, FieldDefinition(name="close_date", label=_("Close date"), type=FieldType.DATE), errors)
    return title, amount, close_date


def _read(form: Mapping[str, str], field: FieldDefinition, errors: dict[str, DomainError]) -> Any:
    try:
        return read_value(field, form.get(field.name, ""), chosen_locale())
    except DomainError as error:
        errors[field.name] = error
        return None


def _owner(form: Mapping[str, str], errors: dict[str, DomainError]) -> int | None:
    owner_id = chosen_id(form, "owner_id")
    if owner_id is None and form.get("owner_id_text", "").strip():
        errors["owner_id"] = FieldNotUnderstood(value=form["owner_id_text"], expected=N_("a sales manager"))
    return owner_id
