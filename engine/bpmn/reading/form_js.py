"""Forms of Camunda 8 (form-js): components as fields, groups taken apart, lists as tables of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.bpmn.compiled import FieldChoice
from engine.bpmn.field_patterns import anchored
from engine.bpmn.reading.field_making import ReadForm, SaidField

_LAYOUT = frozenset({"button", "separator", "spacer"})
_LEFT_OUT = frozenset({"html", "image", "iframe", "documentPreview"})
_RULES = frozenset({"required", "min", "max", "minLength", "maxLength", "pattern", "validationType"})
_MONEY = re.compile(r"₴|грн|uah|\$|usd|€|eur", re.IGNORECASE)
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_MARKUP = re.compile(r"<[^>]*>|[*_`#]+|\{\{.*?\}\}")
_MOST_COMPONENTS = 1_000
_DEEPEST = 10
_TIME_OF_DAY = r"([01]?\d|2[0-3]):[0-5]\d"


def add_components(form: ReadForm, components: Any) -> None:
    """Everything in a form's ``components`` that can be asked or shown. What cannot is told."""
    for said in _Reading(form).fields(components, None, _DEEPEST):
        form.add(said)


class _Reading:
    def __init__(self, form: ReadForm) -> None:
        self._form = form
        self._left = _MOST_COMPONENTS

    def fields(self, components: Any, hidden_if: str | None, depth: int) -> Iterator[SaidField]:
        """``hidden_if`` is the condition under which the group around them is hidden."""
        for component in components if isinstance(components, list) else ():
            self._left -= 1
            if self._left < 0 or depth == 0:
                self._form.warn("FORM_TOO_LONG", limit=str(_MOST_COMPONENTS))
                return
            if isinstance(component, dict):
                yield from self._component(component, hidden_if, depth)

    def _component(self, component: Mapping[str, Any], hidden_if: str | None, depth: int) -> Iterator[SaidField]:
        kind = _text(component.get("type"))
        hidden_if = _either(hidden_if, self._hide(component))
        if kind in _LAYOUT:
            return
        if kind == "group":
            yield from self.fields(component.get("components"), hidden_if, depth - 1)
            return
        said = self._said(component, kind, depth)
        if said is not None:
            if hidden_if:
                said.visible_if = f"= if ({hidden_if}) then false else true"
            yield said

    def _said(self, component: Mapping[str, Any], kind: str, depth: int) -> SaidField | None:
        label = _text(component.get("label")) or _text(component.get("key")) or kind
        if kind in _LEFT_OUT:
            self._form.leave_out(label, kind)
            return None
        if kind == "text":
            return self._shown_text(component)
        if kind == "dynamiclist":
            return self._list(component, depth)
        if kind == "table":
            return self._table(component, label)
        return self._input(component, kind)

    def _hide(self, component: Mapping[str, Any]) -> str | None:
        conditional = component.get("conditional")
        hide = _text(conditional.get("hide")) if isinstance(conditional, dict) else ""
        return hide.strip().removeprefix("=").strip() or None

    def _shown_text(self, component: Mapping[str, Any]) -> SaidField | None:
        """A text between the fields stays one: a field that only shows it."""
        text = _text(component.get("text"))
        if not text.strip() or text.lstrip().startswith("="):
            if text.strip():
                self._form.leave_out(text, "text")
            return None
        plain = " ".join(_MARKUP.sub(" ", text).split())
        name = _text(component.get("id")) or f"text_{len(self._form.fields)}"
        return SaidField(name=name, label=" ", type="read_only", default=plain)

    def _list(self, component: Mapping[str, Any], depth: int) -> SaidField:
        return SaidField(
            name=_name(component.get("path")) or _name(component.get("key")) or _name(component.get("id")),
            label=_text(component.get("label")),
            type="lines",
            columns=list(self.fields(component.get("components"), None, depth - 1)),
        )

    def _table(self, component: Mapping[str, Any], label: str) -> SaidField | None:
        source = _text(component.get("dataSource")).strip().removeprefix("=").strip()
        columns = component.get("columns")
        if not _IDENTIFIER.fullmatch(source) or not isinstance(columns, list):
            self._form.leave_out(label, "table")
            return None
        named = [one for one in columns if isinstance(one, dict) and _text(one.get("key"))]
        return SaidField(
            name=source,
            label=_text(component.get("label")) or source,
            type="read_only",
            shown_as="lines",
            columns=[SaidField(_text(one["key"]), _text(one.get("label"))) for one in named],
        )

    def _input(self, component: Mapping[str, Any], kind: str) -> SaidField:
        said = SaidField(
            name=_name(component.get("key")),
            label=_text(component.get("label"))
            or _text(component.get("dateLabel"))
            or _text(component.get("timeLabel")),
            type=_type_of(component, kind),
            choices=list(choices_of(component.get("values"))),
            default=default_text(component.get("defaultValue")),
            help=_text(component.get("description")),
            placeholder=_text(component.get("placeholder")),
            several=component.get("multiple") is True,
            accept=_text(component.get("accept")),
        )
        self._add_rules(said, component.get("validate"))
        if kind == "expression":
            said.type, said.formula = "calculated", _text(component.get("expression"))
        if kind == "datetime" and component.get("subtype") == "time":
            said.type, said.pattern, said.placeholder = "text", _TIME_OF_DAY, said.placeholder or "14:30"
        if component.get("readonly") is True or component.get("disabled") is True:
            said.type, said.shown_as, said.required = "read_only", said.type, False
        elif isinstance(component.get("readonly"), str):
            self._form.ignore_rule(said.label or said.name, f"readonly {component['readonly']}")
        return said

    def _add_rules(self, said: SaidField, rules: Any) -> None:
        known = {name: value for name, value in rules.items() if name in _RULES} if isinstance(rules, dict) else {}
        for name in rules if isinstance(rules, dict) else ():
            if name not in _RULES or (isinstance(rules[name], str) and rules[name].startswith("=")):
                self._form.ignore_rule(said.label or said.name, f"{name} {_text(rules[name])}".strip())
                known.pop(name, None)
        said.required = known.get("required") is True
        said.minimum = number_text(known.get("min", known.get("minLength")))
        said.maximum = number_text(known.get("max", known.get("maxLength")))
        pattern = _text(known.get("pattern"))
        said.pattern = anchored(pattern) if pattern else None
        if known.get("validationType") in ("email", "phone"):
            said.type = str(known["validationType"])


def choices_of(values: Any) -> Iterator[FieldChoice]:
    """The fixed choices of a form in JSON: objects with a value and a label, or bare values."""
    for value in values if isinstance(values, list) else []:
        if isinstance(value, dict) and value.get("value") not in (None, ""):
            yield FieldChoice(value=_text(value["value"]), label=_text(value.get("label")) or _text(value["value"]))
        elif isinstance(value, str | int) and value != "":
            yield FieldChoice(value=_text(value), label=_text(value))


def number_text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value == "":
        return None
    return str(value)


def default_text(value: Any) -> str | None:
    """A default of JSON as the map's own attribute would say it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_text(one) for one in value) or None
    return str(value) if isinstance(value, int | float | str) and value != "" else None


def _type_of(component: Mapping[str, Any], kind: str) -> str:
    if kind == "datetime":
        return "date" if component.get("subtype", "date") == "date" else "moment"
    appearance = component.get("appearance")
    if kind == "number" and isinstance(appearance, dict):
        sign = f"{_text(appearance.get('prefixAdorner'))} {_text(appearance.get('suffixAdorner'))}"
        return "percent" if "%" in sign else "money" if _MONEY.search(sign) else "number"
    return kind


def _name(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _either(one: str | None, other: str | None) -> str | None:
    return f"({one}) or ({other})" if one and other else one or other


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return ""
    return str(value)
