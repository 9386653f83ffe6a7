"""Forms of Camunda 7 and 8: JSON in the process or in a file beside the map, named by the user tasks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from engine.bpmn.compiled import FieldChoice, FieldDefinition
from engine.bpmn.reading.elements import attribute, extensions, local, text_of
from engine.bpmn.reading.forms import field_type

_KEY_PREFIX = re.compile(r"^camunda-forms:(?:bpmn|deployment|/)?:?/*")
_LARGEST = 1_000_000  # bytes of a form
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


def read_forms(files: Mapping[str, bytes]) -> Forms:
    """The fields of forms that are files of their own, by the form's id and by the file's name."""
    forms: dict[str, tuple[FieldDefinition, ...]] = {}
    for path, content in files.items():
        text = content[:_LARGEST].decode("utf-8-sig", "replace")
        fields, name = tuple(_fields(text)), path.rpartition("/")[2]
        for key in (_id(text), name, name.rpartition(".")[0]):
            if key and fields:
                forms.setdefault(key, fields)
    return forms


def named_form(task: etree._Element, forms: Forms) -> tuple[FieldDefinition, ...]:
    """The fields of the form that a user task names."""
    for extension in extensions(task):
        if local(extension) == "formDefinition":
            key = _KEY_PREFIX.sub("", attribute(extension, "formKey")) or attribute(extension, "formId")
            return forms.get(key, ())
    for name, value in task.attrib.items():
        if str(name).startswith("{") and str(name).rpartition("}")[2] in ("formRef", "formKey"):
            named = forms.get(_KEY_PREFIX.sub("", str(value).strip()))
            if named is not None:
                return named
    return ()


def _id(text: str) -> str:
    form = _form(text)
    return str(form.get("id") or "")


def _form(text: str) -> Mapping[str, Any]:
    try:
        form = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return form if isinstance(form, dict) else {}


def _fields(text: str) -> Iterator[FieldDefinition]:
    form = _form(text)
    components = form.get("components")
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
        several=component.get("multiple") is True,
        accept=str(component.get("accept") or ""),
    )


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, int | float) else None


def _choices(values: Any) -> Iterator[FieldChoice]:
    for value in values if isinstance(values, list) else []:
        if isinstance(value, dict) and value.get("value") not in (None, ""):
            yield FieldChoice(value=str(value["value"]), label=str(value.get("label") or value["value"]))
