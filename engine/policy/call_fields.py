"""What a call of a map writes into fields: values of expressions, and texts with places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.compiled import CallRule
from engine.bpmn.template_writing import Filling

SET = "set."


def fields_set(rule: CallRule, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields by name, for the values that the call's parameters have."""
    filling = Filling(values, {})
    places = {part.value for parts in rule.templates.values() for part in parts if part.value}
    own = {key.removeprefix(SET): value for key, value in values.items() if key.startswith(SET) and key not in places}
    texts = {key.removeprefix(SET): filling.text(parts) for key, parts in rule.templates.items() if key.startswith(SET)}
    return own | texts


def names_set(rule: CallRule) -> tuple[str, ...]:
    """The names of the fields that the call sets."""
    keys = (key.partition("#")[0] for key in (*rule.parameters, *rule.templates))
    return tuple(dict.fromkeys(key.removeprefix(SET) for key in keys if key.startswith(SET)))
