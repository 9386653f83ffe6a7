"""The variables of a map with their values, for whoever looks why it went as it did: by label, names with links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType
from engine.bpmn.variables import outcome_variable
from engine.errors import N_, DomainError, FieldNotUnderstood, InvalidInput
from engine.model.client import Client
from engine.model.person import Person
from engine.queries.map_fields import map_fields
from webui.forms.file_fields import file_links
from webui.forms.shown_values import name_of, shown_field
from webui.forms.typed_values import read_id
from webui.i18n import _
from webui.outcomes import decided
from webui.tellings.words import is_files, readable

_SET, _TYPED_NAME = "set.", "shown:set."


def given_variables(form: Mapping[str, str]) -> dict[str, str]:
    """What is to be set, by name; what stays empty is left out.

    Raises InvalidInput for the name of a person or client that was typed and not chosen: it must not be lost.
    """
    given = {name.removeprefix(_SET): text for name, text in form.items() if name.startswith(_SET) and text.strip()}
    typed = {
        name.removeprefix(_TYPED_NAME): text.strip()
        for name, text in form.items()
        if name.startswith(_TYPED_NAME) and text.strip()
    }
    unknown: dict[str, DomainError] = {
        name: FieldNotUnderstood(value=text, expected=N_("one of those that are offered while you type"))
        for name, text in typed.items()
        if name not in given
    }
    if unknown:
        raise InvalidInput(unknown)
    return given


@dataclass(frozen=True, slots=True)
class ShownVariable:
    """``label`` is what people call it, ``name`` what the map does: empty where that is the label."""

    label: str
    name: str
    value: str


def shown_variables(
    session: Session, process: CompiledProcess | None, values: Mapping[str, Any], currency: str
) -> tuple[ShownVariable, ...]:
    """Stored values by the order of their labels, written as elsewhere. ``currency`` is the deal's."""
    fields = map_fields(process) if process is not None else {}
    decisions = {outcome_variable(key): step for key, step in process.steps.items()} if process is not None else {}
    shown = []
    for name, value in values.items():
        if name in decisions:
            step = decisions[name]
            word = decided(value, step.outcomes) if isinstance(value, str) else "—"
            shown.append(ShownVariable(_("The decision at “%(step)s”", step=step.name), name, word))
        elif name in fields:
            label = fields[name].label or name
            told = _linked(session, fields[name], value, currency)
            shown.append(ShownVariable(label, name if name != label else "", told))
        else:
            shown.append(ShownVariable(name, "", _plain(value)))
    return tuple(sorted(shown, key=lambda one: one.label.casefold()))


def _linked(session: Session, field: FieldDefinition, value: Any, currency: str) -> str:
    key = None if isinstance(value, list | dict) else read_id(str(value))
    if key is not None and field.value_type is FieldType.PERSON:
        return _link(name_of(session, Person, key, Person.full_name), url_for("people.show", person_id=key))
    if key is not None and field.value_type is FieldType.CLIENT:
        return _link(name_of(session, Client, key, Client.name), url_for("clients.show", client_id=key))
    return shown_field(session, field, value, currency)


def _link(name: str, address: str) -> str:
    return Markup('<a href="{}">{}</a>').format(address, name) if name else "—"


def _plain(value: Any) -> str:
    """A variable that no form asks for: the map's own, or what is inside a repetition."""
    return file_links(value) if isinstance(value, list) and value and is_files(value) else readable(value)
