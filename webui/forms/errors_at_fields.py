"""What is wrong with each field of a form, its values as the field shows them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition
from engine.errors import DomainError
from engine.policy.field_values import to_json
from engine.policy.simultaneous_edits import ChangedTo, EditedMeanwhile
from webui.formats import USUAL_CURRENCY
from webui.forms.shown_values import shown_field
from webui.messages import error_text, field_errors


def errors_at_fields(
    session: Session, error: DomainError | None, fields: Mapping[str, FieldDefinition], currency: str = USUAL_CURRENCY
) -> dict[str, str]:
    """The sentence for each field at fault. ``fields`` are known by the names under which ``error`` tells of them.

    What another has put into a field is told as the field shows it: a choice by its label, a person by the name.
    """
    if not isinstance(error, EditedMeanwhile):
        return field_errors(error) if error is not None else {}
    told = dict(error.errors)
    for name, fault in told.items():
        if isinstance(fault, ChangedTo) and name in fields:
            shown = shown_field(session, fields[name], to_json(fault.params["value"]), currency)
            told[name] = ChangedTo(**{**fault.params, "value": shown})
    return {name: error_text(fault) for name, fault in told.items()}
