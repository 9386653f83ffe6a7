"""The fields of a step's form, from our own extension elements and from those of Camunda, Flowable and Activiti."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from engine.bpmn.compiled import FieldChoice
from engine.bpmn.reading.elements import REGLAMENT, attribute, extensions, is_true, local, namespace
from engine.bpmn.reading.field_making import ReadForm, SaidField

_CAMUNDA_RULES = frozenset({"required", "readonly", "min", "max", "minlength", "maxlength"})
_BAG = {
    "help": "help",
    "description": "help",
    "hint": "help",
    "placeholder": "placeholder",
    "pattern": "pattern",
    "visible_if": "visible_if",
    "formula": "formula",
    "shown_as": "shown_as",
}


def read_fields(element: etree._Element) -> ReadForm:
    """The fields in the order of the file."""
    form = ReadForm()
    for extension in extensions(element):
        if namespace(extension) == REGLAMENT and local(extension) == "field":
            form.add(_own(extension))
        elif local(extension) == "formData":
            for part in _named(extension, "formField"):
                _add_camunda(part, form)
        elif local(extension) == "formProperty":
            _add_flowable(extension, form)
    return form


def _named(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    return (part for part in parent if local(part) == name)


def _own(element: etree._Element) -> SaidField:
    return SaidField(
        name=attribute(element, "name"),
        label=attribute(element, "label"),
        type=attribute(element, "type") or "text",
        required=is_true(element.get("required")),
        choices=list(_choices(attribute(element, "choices"))),
        default=element.get("default"),
        help=attribute(element, "help"),
        placeholder=attribute(element, "placeholder"),
        minimum=element.get("min"),
        maximum=element.get("max"),
        pattern=element.get("pattern"),
        visible_if=element.get("visible_if"),
        formula=element.get("formula"),
        shown_as=attribute(element, "shown_as"),
        columns=[_own(column) for column in _named(element, "column")],
        total=is_true(element.get("total")),
        several=is_true(element.get("several")),
        accept=attribute(element, "accept"),
    )


def _choices(text: str) -> Iterator[FieldChoice]:
    """``a=Перший варіант;b=Другий`` or just ``Перший;Другий``."""
    for part in text.split(";"):
        value, separator, label = part.partition("=")
        if value.strip():
            yield FieldChoice(value=value.strip(), label=(label if separator else value).strip() or value.strip())


def _values(element: etree._Element) -> list[FieldChoice]:
    return [
        FieldChoice(value=attribute(value, "id"), label=attribute(value, "name") or attribute(value, "id"))
        for value in _named(element, "value")
        if attribute(value, "id")
    ]


def _add_camunda(element: etree._Element, form: ReadForm) -> None:
    name = attribute(element, "id")
    rules = {
        attribute(rule, "name"): attribute(rule, "config")
        for validation in _named(element, "validation")
        for rule in _named(validation, "constraint")
    }
    for rule, config in rules.items():
        if rule not in _CAMUNDA_RULES:
            form.ignore_rule(attribute(element, "label") or name, f"{rule} {config}".strip())
    kind = attribute(element, "type") or "string"
    said = SaidField(
        name=name,
        label=attribute(element, "label"),
        type=kind,
        required=_holds(rules, "required"),
        choices=_values(element),
        default=element.get("defaultValue"),
        minimum=rules.get("min") or rules.get("minlength"),
        maximum=rules.get("max") or rules.get("maxlength"),
    )
    if _holds(rules, "readonly"):
        said.type, said.shown_as, said.required = "read_only", kind, False
    _fill_from_bag(said, element)
    form.add(said)


def _holds(rules: Mapping[str, str], rule: str) -> bool:
    return rule in rules and rules[rule].lower() != "false"


def _fill_from_bag(said: SaidField, element: etree._Element) -> None:
    """Camunda's properties of a field, by the names of our own attributes; its other names are its other tools'."""
    for bag in _named(element, "properties"):
        for pair in _named(bag, "property"):
            key, value = attribute(pair, "id") or attribute(pair, "name"), attribute(pair, "value")
            if key in _BAG and value:
                setattr(said, _BAG[key], value)
            elif key == "type" and value:
                said.type = value


def _add_flowable(element: etree._Element, form: ReadForm) -> None:
    if element.get("readable") == "false":
        return  # never shown to anybody: a variable of the engine that the form came from
    kind = attribute(element, "type") or "string"
    is_shown = element.get("writable") == "false"
    form.add(
        SaidField(
            name=attribute(element, "variable") or attribute(element, "id"),
            label=attribute(element, "name"),
            type="read_only" if is_shown else kind,
            shown_as=kind if is_shown and kind != "string" else "",
            required=is_true(element.get("required")) and not is_shown,
            choices=_values(element),
            default=element.get("default") or element.get("expression"),
        )
    )
