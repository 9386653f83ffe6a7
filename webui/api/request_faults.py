"""What the model of a request finds wrong, as errors of the product with its own codes and words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, get_args

from pydantic import BaseModel

from engine.errors import N_, DomainError, FieldNotUnderstood
from engine.policy.visible_names import is_invisible
from webui.api.models.values import Filled, Given


class FieldMissing(DomainError):
    code: ClassVar[str] = "field_required"
    template: ClassVar[str] = N_("This field is required.")


class FieldUnknown(DomainError):
    code: ClassVar[str] = "field_unknown"
    template: ClassVar[str] = N_("There is no such field here.")


class FieldRepeated(DomainError):
    """Which one is meant is not guessed at."""

    code: ClassVar[str] = "field_repeated"
    template: ClassVar[str] = N_("This may be given once only.")


class FieldLength(DomainError):
    code: ClassVar[str] = "field_length"
    template: ClassVar[str] = N_("Too long or too short: the limit is %(limit)s.")


class FieldBound(DomainError):
    code: ClassVar[str] = "field_out_of_range"
    template: ClassVar[str] = N_("Outside what is possible: the limit is %(limit)s.")


class FieldNotStorable(DomainError):
    """Characters that no database keeps, or data nested deeper than anybody needs."""

    code: ClassVar[str] = "field_not_storable"
    template: ClassVar[str] = N_("This holds control characters, or is nested too deeply.")


_EXPECTED: Mapping[str, str] = {
    "int": N_("a whole number"),
    "float": N_("a number"),
    "decimal": N_("an amount with at most two decimals"),
    "bool": N_("yes or no"),
    "string": N_("a text"),
    "datetime": N_("a moment such as 2026-12-31T17:30:00Z"),
    "timezone": N_("a moment such as 2026-12-31T17:30:00Z"),
    "date": N_("a date such as 2026-12-31"),
    "year": N_("a date of this century"),
    "list": N_("a list"),
    "tuple": N_("a list"),
    "dict": N_("an object"),
    "mapping": N_("an object"),
    "model": N_("an object"),
    "enum": N_("one of the known words"),
    "literal": N_("one of the known words"),
}
_OTHERWISE = N_("what this field takes")
_LIMITS = ("max_length", "min_length", "le", "ge", "lt", "gt", "max_digits", "decimal_places")
_LONGEST_SHOWN = 100
_NAMED_DECIMAL = re.compile(r"Decimal\('(.+)'\)")
_BRANCHES = frozenset({"int", "str", "bool", "constrained-int", "constrained-str"})


def blanks_of(model: type[BaseModel], given: Any) -> dict[str, DomainError]:
    """The texts in ``given`` that the command would refuse as empty, those of a nested object behind its name."""
    if not isinstance(given, dict):
        return {}
    faults: dict[str, DomainError] = {}
    for name, info in model.model_fields.items():
        value = given.get(name)
        if isinstance(value, str) and Filled in info.metadata and is_invisible(value):
            faults[name] = FieldMissing()
        for one in (info.annotation, *get_args(info.annotation)):
            if isinstance(one, type) and issubclass(one, BaseModel):
                faults |= {f"{name}.{inner}": fault for inner, fault in blanks_of(one, value).items()}
    return faults


def missed_by(model: type[Given], given: Any) -> dict[str, DomainError]:
    """What the command would miss in ``given``, though the model does not."""
    faults = blanks_of(model, given)
    if model.needs_one_of and isinstance(given, dict) and not any(given.get(one) for one in model.needs_one_of):
        faults[model.needs_one_of[0]] = FieldMissing()
    return faults


def fault_of(found: Mapping[str, Any]) -> tuple[str, DomainError]:
    """The name of the field and its error, from one of pydantic's errors. Parts of nested names are joined by dots."""
    kind, context = str(found["type"]), found.get("ctx", {})
    name = _name_of([str(part) for part in found["loc"]])
    limit = _limit_of(context)
    if kind == "missing":
        return name, FieldMissing()
    if kind == "extra_forbidden":
        return name, FieldUnknown()
    if kind.endswith(("too_long", "too_short")):
        return name, FieldLength(limit=limit)
    if kind.startswith(("greater_than", "less_than")):
        return name, FieldBound(limit=limit)
    expected = _EXPECTED.get(kind.partition("_")[0], _OTHERWISE)
    return name, FieldNotUnderstood(value=_as_sent(found.get("input")), expected=expected)


def _limit_of(context: Mapping[str, Any]) -> Any:
    """Of a field of several types pydantic tells a decimal limit as Python would write it."""
    limit = next((context[one] for one in _LIMITS if one in context), None)
    named = _NAMED_DECIMAL.fullmatch(limit) if isinstance(limit, str) else None
    return Decimal(named[1]) if named else limit


def _as_sent(value: Any) -> str:
    """What the caller wrote: a text as it is, all else as JSON."""
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))[:_LONGEST_SHOWN]


def _name_of(parts: list[str]) -> str:
    """Where a field takes one of several types, pydantic adds the type that it tried: callers know only the field."""
    if len(parts) > 1 and (parts[-1] in _BRANCHES or parts[-1].startswith("function-")):
        parts = parts[:-1]
    return ".".join(parts) or "body"
