"""Forms as JSON schema with a schema of their looks beside it, as SpiffWorkflow's tools and others write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from engine.bpmn.compiled import FieldChoice
from engine.bpmn.field_patterns import anchored
from engine.bpmn.reading.field_making import ReadForm, SaidField
from engine.bpmn.reading.form_js import default_text, number_text

_DEEPEST: Final = 6
_FORMATS = {"date": "date", "date-time": "moment", "email": "email", "phone": "phone", "uri": "text", "time": "text"}
_WIDGETS = {"textarea": "long_text", "date": "date", "alt-date": "date", "datetime": "moment", "email": "email"}
_PLAIN_WIDGETS = frozenset(
    {"text", "radio", "select", "checkbox", "checkboxes", "updown", "range", "password", "hidden"}
)
_NOT_HAD = ("if", "then", "else", "allOf", "anyOf", "not", "dependencies", "dependentSchemas", "multipleOf", "const")


def is_schema(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("properties"), dict)


def read_schema(schema: Mapping[str, Any], looks: Mapping[str, Any]) -> ReadForm:
    """The fields of a schema of an object. ``looks`` is the schema of its looks ("uiSchema"), if there is one."""
    form = ReadForm()
    reading = _Reading(form, schema)
    for said in reading.properties(schema, looks, "", _DEEPEST):
        form.add(said)
    return form


class _Reading:
    def __init__(self, form: ReadForm, root: Mapping[str, Any]) -> None:
        self._form, self._root = form, root

    def properties(
        self, schema: Mapping[str, Any], looks: Mapping[str, Any], prefix: str, depth: int
    ) -> list[SaidField]:
        found = schema.get("properties")
        parts: Mapping[str, Any] = found if isinstance(found, dict) else {}
        for rule in _NOT_HAD:
            if rule in schema:
                self._form.ignore_rule(_text(schema.get("title")) or prefix or "{}", rule)
        wanted = schema.get("required")
        required = {one for one in wanted if isinstance(one, str)} if isinstance(wanted, list) else set()
        said: list[SaidField] = []
        for name in _ordered(parts, looks.get("ui:order")):
            part = self._resolved(parts[name])
            if isinstance(part, dict):
                said += self._property(prefix + name, part, _mapping(looks.get(name)), depth, required=name in required)
        return said

    def _property(
        self, name: str, schema: Mapping[str, Any], looks: Mapping[str, Any], depth: int, *, required: bool
    ) -> list[SaidField]:
        if depth == 0:
            self._form.leave_out(name, "object")
            return []
        kind = _kind(schema)
        if kind == "object":
            inner = self.properties(schema, looks, f"{name}_", depth - 1)
            for one in inner:
                self._form.tell("FIELD_RENAMED", field=f"{name}.{one.name.removeprefix(f'{name}_')}", name=one.name)
            return inner
        said = SaidField(
            name=name,
            label=_text(looks.get("ui:title")) or _text(schema.get("title")),
            required=required,
            default=default_text(schema.get("default")),
            help=_text(looks.get("ui:help")) or _text(looks.get("ui:description")) or _text(schema.get("description")),
            placeholder=_text(looks.get("ui:placeholder")),
            choices=_choices(schema),
        )
        if kind == "array":
            self._fill_list(said, schema, looks, depth)
        else:
            self._fill_plain(said, schema, looks, kind)
        for rule in _NOT_HAD:
            if rule in schema:
                self._form.ignore_rule(said.label or name, rule)
        if looks.get("ui:readonly") is True or looks.get("ui:disabled") is True or schema.get("readOnly") is True:
            said.type, said.shown_as, said.required = "read_only", said.type, False
        return [] if _text(looks.get("ui:widget")) == "hidden" else [said]

    def _fill_plain(self, said: SaidField, schema: Mapping[str, Any], looks: Mapping[str, Any], kind: str) -> None:
        widget = _text(looks.get("ui:widget")) or _text(_mapping(looks.get("ui:options")).get("widget"))
        said.type = _FORMATS.get(_text(schema.get("format")), kind)
        if said.choices and kind != "boolean":
            said.type = "choice"
        elif widget in _WIDGETS:
            said.type = _WIDGETS[widget]
        elif widget and widget not in _PLAIN_WIDGETS:
            self._form.ignore_rule(said.label or said.name, f"ui:widget {widget}")
        low, high = ("minLength", "maxLength") if kind == "string" else ("minimum", "maximum")
        said.minimum, said.maximum = number_text(schema.get(low)), number_text(schema.get(high))
        pattern = _text(schema.get("pattern"))
        said.pattern = anchored(pattern) if pattern else None

    def _fill_list(self, said: SaidField, schema: Mapping[str, Any], looks: Mapping[str, Any], depth: int) -> None:
        """Several of fixed values, or a table; a list of anything else is a column of its own."""
        items = self._resolved(schema.get("items"))
        items = items if isinstance(items, dict) else {}
        said.choices = _choices(items)
        said.minimum, said.maximum = number_text(schema.get("minItems")), number_text(schema.get("maxItems"))
        if said.choices:
            said.type = "many"
            return
        said.type = "lines"
        if _kind(items) == "object":
            said.columns = self.properties(items, _mapping(looks.get("items")), "", depth - 1)
        else:
            said.columns = self._property("value", items, _mapping(looks.get("items")), depth - 1, required=True)
            self._form.tell("FIELD_RENAMED", field=said.name, name=f"{said.name}.value")

    def _resolved(self, schema: Any) -> Any:
        """What a reference inside the same file means; a few in a row, so that a circle of them ends."""
        for _ in range(_DEEPEST):
            reference = schema.get("$ref") if isinstance(schema, dict) else None
            if not isinstance(reference, str):
                return schema
            if not reference.startswith("#/"):
                self._form.ignore_rule(reference, "$ref")
                return {}
            found: Any = self._root
            for part in reference[2:].split("/"):
                found = found.get(part) if isinstance(found, dict) else None
            schema = found
        self._form.ignore_rule(str(reference), "$ref")
        return {}


def _ordered(parts: Mapping[str, Any], order: Any) -> list[str]:
    first = [one for one in order if isinstance(one, str) and one in parts] if isinstance(order, list) else []
    return list(dict.fromkeys([*first, *parts]))


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "string")
    return kind if isinstance(kind, str) else "object" if "properties" in schema else "string"


def _choices(schema: Mapping[str, Any]) -> list[FieldChoice]:
    values, names, one_of = schema.get("enum"), schema.get("enumNames"), schema.get("oneOf")
    if isinstance(values, list):
        labels = names if isinstance(names, list) and len(names) == len(values) else values
        pairs = list(zip(values, labels, strict=True))
    else:
        found = one_of if isinstance(one_of, list) else []
        pairs = [(one["const"], one.get("title")) for one in found if isinstance(one, dict) and "const" in one]
    return [
        FieldChoice(value=_text(value), label=_text(label) or _text(value)) for value, label in pairs if _text(value)
    ]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return ""
    return str(value)
