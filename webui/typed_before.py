"""What somebody had typed into a request that was taken back: offered where the same is asked anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.policy.field_values import read_each, to_json
from engine.queries.approval_view import TakenBack
from engine.queries.work_items import WorkItemView
from webui.forms.shown_values import shown_field
from webui.i18n import chosen_locale, zone


def typed_before(view: WorkItemView, before: TakenBack | None) -> dict[str, Any]:
    """By field, as it was typed: what the steps before had not given, and the form does not show already."""
    if before is None or not view.row.may_act:
        return {}
    fields = [field for field in view.fields if field.is_typed and field.type is not FieldType.FILE]
    then, now = _read(fields, before.fields), _read(fields, view.typed)
    offered = {}
    for field in fields:
        text = before.fields.get(field.name)
        if text and then[field.name] not in (now[field.name], before.former.get(field.name)):
            offered[field.name] = text
    return offered


def shown_before(session: Session, view: WorkItemView, typed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What ``typed`` says, by the label of its field; what cannot be read stands as it was typed."""
    fields = [field for field in view.fields if field.name in typed]
    values, _ = read_each(fields, typed, chosen_locale(), zone=zone().key)
    shown = []
    for field in fields:
        text = (
            shown_field(session, field, to_json(values[field.name]), view.row.currency) if field.name in values else ""
        )
        shown.append((field.label, text or str(typed[field.name])))
    return shown


def _read(fields: Sequence[FieldDefinition], typed: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored, so that 7,5 and 7.5 are one; what cannot be read as it was typed."""
    values, errors = read_each(fields, typed, chosen_locale(), zone=zone().key)
    return {one.name: typed.get(one.name) if one.name in errors else to_json(values.get(one.name)) for one in fields}
