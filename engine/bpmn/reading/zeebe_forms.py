"""Forms of Camunda 8, which stand as JSON in the process and are named by its user tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from engine.bpmn.compiled import FieldChoice, FieldDefinition
from engine.bpmn.reading.elements import attribute, extensions, local, text_of
from engine.bpmn.reading.forms import field_type

_KEY_PREFIX = "camunda-forms:bpmn:"
_MOST_FIELDS = 200
_SHOWN_ONLY = frozenset({"text", "html", "image", "button", "separator", "spacer", "group", "dynamiclist"})

Forms = Mapping[str, tuple[FieldDefinition, ...]]


def embedded_forms(process: etree._Element) -> Forms:
    """The fields of every form in a process, by the form's id."""
    return {
        attribute(extension, "id"): tuple(_fields(text_of(extension)))
        for extension in extensions(process)
        if local(extension) == "userTaskForm" and attribute(extension, "id")
    }


def named_form(task: etree._Element, forms: Forms) -> tuple[FieldDefinition, ...]:
    """The fields of the form that a user task names."""
    for extension in extensions(task):
        if local(extension) == "formDefinition":
            key = attribute(extension, "formKey").removeprefix(_KEY_PREFIX) or attribute(extension, "formId")
            return forms.get(key, ())
    return ()


def _fields(text: str) -> Iterator[FieldDefinition]:
    try:
        form = json.loads(text)
    except (ValueError, RecursionError):
        return
    components = form.get("components") if isinstance(form, dict) else None
    for component in (components if isinstance(components, list) else [])[:_MOST_FIELDS]:
        if isinstance(component, dict) and component.get("type") not in _SHOWN_ONLY:
            yield from _field(component)


def _field(component: Mapping[str, Any]) -> Iterator[FieldDefinition]:
    name, rules = component.get("key"), component.get("validate")
    if not isinstance(name, str) or not name:
        return
    rules = rules if isinstance(rules, dict) else {}
    yield FieldDefinition(
        name=name,
        label=str(component.get("label") or name),
        type=field_type(str(component.get("type", ""))),
        required=rules.get("required") is True,
        choices=tuple(_choices(component.get("values"))),
        help=str(component.get("description") or ""),
        minimum=_text(rules.get("min")),
        maximum=_text(rules.get("max")),
    )


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, int | float) else None


def _choices(values: Any) -> Iterator[FieldChoice]:
    for value in values if isinstance(values, list) else []:
        if isinstance(value, dict) and value.get("value") not in (None, ""):
            yield FieldChoice(value=str(value["value"]), label=str(value.get("label") or value["value"]))
