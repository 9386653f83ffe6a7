"""The fields of a step's form, from our own extension elements and from those of Camunda, Flowable and Activiti."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.compiled import FieldChoice, FieldDefinition, FieldType
from engine.bpmn.reading.elements import REGLAMENT, attribute, extensions, is_true, local, namespace

_TYPES = {field_type.value: field_type for field_type in FieldType} | {
    "string": FieldType.TEXT,
    "str": FieldType.TEXT,
    "textfield": FieldType.TEXT,
    "textarea": FieldType.LONG_TEXT,
    "multi-line-text": FieldType.LONG_TEXT,
    "long": FieldType.NUMBER,
    "int": FieldType.NUMBER,
    "integer": FieldType.NUMBER,
    "double": FieldType.NUMBER,
    "float": FieldType.NUMBER,
    "decimal": FieldType.NUMBER,
    "boolean": FieldType.YES_NO,
    "bool": FieldType.YES_NO,
    "checkbox": FieldType.YES_NO,
    "datetime": FieldType.MOMENT,
    "enum": FieldType.CHOICE,
    "select": FieldType.CHOICE,
    "radio": FieldType.CHOICE,
    "dropdown": FieldType.CHOICE,
    "checklist": FieldType.MANY,
    "people": FieldType.PERSON,
    "user": FieldType.PERSON,
    "files": FieldType.FILE,
    "filepicker": FieldType.FILE,
    "file-upload": FieldType.FILE,
    "upload": FieldType.FILE,
}


def read_fields(element: etree._Element) -> Iterator[FieldDefinition]:
    """The fields in the order of the file."""
    for extension in extensions(element):
        if namespace(extension) == REGLAMENT and local(extension) == "field":
            yield from _own(extension)
        elif local(extension) == "formData":
            yield from (field for part in _named(extension, "formField") for field in _camunda(part))
        elif local(extension) == "formProperty":
            yield from _flowable(extension)


def takes_several(type_text: str, said: bool) -> bool:
    """Whether a field of files takes more than one: said so, or by the name of its type."""
    return said or type_text.strip().lower() == "files"


def field_type(text: str) -> FieldType:
    return _TYPES.get(text.strip().lower(), FieldType.TEXT)


def _named(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    return (part for part in parent if local(part) == name)


def _own(element: etree._Element) -> Iterator[FieldDefinition]:
    name = attribute(element, "name")
    if not name:
        return
    yield FieldDefinition(
        name=name,
        label=attribute(element, "label") or name,
        type=field_type(attribute(element, "type")),
        required=is_true(element.get("required")),
        choices=tuple(_choices(attribute(element, "choices"))),
        default=element.get("default"),
        help=attribute(element, "help"),
        minimum=element.get("min"),
        maximum=element.get("max"),
        pattern=element.get("pattern"),
        several=takes_several(attribute(element, "type"), is_true(element.get("several"))),
        accept=attribute(element, "accept"),
    )


def _choices(text: str) -> Iterator[FieldChoice]:
    """``a=Перший варіант;b=Другий`` or just ``Перший;Другий``."""
    for part in text.split(";"):
        value, separator, label = part.partition("=")
        if value.strip():
            yield FieldChoice(value=value.strip(), label=(label if separator else value).strip() or value.strip())


def _values(element: etree._Element) -> tuple[FieldChoice, ...]:
    return tuple(
        FieldChoice(value=attribute(value, "id"), label=attribute(value, "name") or attribute(value, "id"))
        for value in _named(element, "value")
        if attribute(value, "id")
    )


def _camunda(element: etree._Element) -> Iterator[FieldDefinition]:
    name = attribute(element, "id")
    if not name:
        return
    rules = {
        attribute(rule, "name"): attribute(rule, "config")
        for validation in _named(element, "validation")
        for rule in _named(validation, "constraint")
    }
    yield FieldDefinition(
        name=name,
        label=attribute(element, "label") or name,
        type=field_type(attribute(element, "type")),
        required="required" in rules and rules["required"].lower() != "false",
        choices=_values(element),
        default=element.get("defaultValue"),
        several=takes_several(attribute(element, "type"), said=False),
        minimum=rules.get("min") or None,
        maximum=rules.get("max") or None,
    )


def _flowable(element: etree._Element) -> Iterator[FieldDefinition]:
    kind = FieldType.READ_ONLY if element.get("writable") == "false" else field_type(attribute(element, "type"))
    name = attribute(element, "variable") or attribute(element, "id")
    if not name:
        return
    yield FieldDefinition(
        name=name,
        label=attribute(element, "name") or name,
        type=kind,
        required=is_true(element.get("required")),
        choices=_values(element),
        default=element.get("default"),
    )
