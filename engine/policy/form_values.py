"""A form as a whole: which of its fields apply, what is calculated, and what is wrong with what was typed.

The server decides it all; what a browser says of visibility or of a calculated value is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.bpmn.expressions import CompiledExpression, compile_expression, is_formula
from engine.bpmn.field_order import in_order, reads_of
from engine.errors import DomainError, InvalidInput
from engine.policy.field_values import Locale, read_each, read_value, to_json

Known = Callable[[Iterable[str]], Mapping[str, Any]]
"""The typed values of the deal, its client and its fields, by the root names that an expression reads."""

_NUMBERS = frozenset({FieldType.NUMBER, FieldType.MONEY, FieldType.PERCENT})
_CENT, _SMALLEST = Decimal("0.01"), Decimal("0.000001")
_LARGEST = Decimal(10) ** 15


def nothing_known(_names: Iterable[str]) -> Mapping[str, Any]:
    return {}


@dataclass(slots=True)
class FormState:
    """A form with what is typed into it so far.

    ``values`` holds the typed and the calculated values of the fields that apply, ``hidden`` the names of the others,
    ``errors`` what is wrong by field, of a table's cell by ``<field>.<line from 0>.<column>``.
    """

    values: dict[str, Any] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    errors: dict[str, DomainError] = field(default_factory=dict)


def read_form(
    fields: Sequence[FieldDefinition],
    typed: Mapping[str, Any],
    locale: Locale,
    *,
    known: Known = nothing_known,
    zone: str = "Europe/Kyiv",
) -> FormState:
    """What ``typed`` makes of the form. A field that does not apply is not required, and its value is not taken.

    ``typed`` are texts or JSON values by field name; one that is not mentioned takes its default. ``zone`` is that of
    moments written without one. Nothing is raised: see ``FormState.errors``.
    """
    typed = _with_defaults(fields, typed, known)
    values, errors = read_each(fields, typed, locale, zone=zone)
    if not _depends(fields):
        return FormState(values, set(), errors)
    state = FormState(errors=errors)
    _Settling(tuple(fields), values, known, state).settle_all()
    return state


def values_of_form(
    fields: Sequence[FieldDefinition],
    typed: Mapping[str, Any],
    locale: Locale,
    *,
    known: Known = nothing_known,
    zone: str = "Europe/Kyiv",
) -> dict[str, Any]:
    """The values that the form gives. Raises InvalidInput with the error of every field."""
    state = read_form(fields, typed, locale, known=known, zone=zone)
    if state.errors:
        raise InvalidInput(state.errors)
    return state.values


def default_of(field: FieldDefinition, known: Known = nothing_known) -> Any:
    """What the field holds before anybody types: a text in the map's own spelling, or a stored JSON value."""
    if field.default is None or not is_formula(field.default):
        return field.default
    value = _answer(field.default, _scope(known, (field.default,)))
    return to_json(_rounded(value, field.type))


def totals_of(field: FieldDefinition, lines: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    """The sums of the columns of a table that are added up, over typed values."""
    wanted = [column.name for column in field.columns if column.total]
    sums = dict.fromkeys(wanted, Decimal(0))
    for line in lines:
        for name in wanted:
            value = line.get(name)
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                sums[name] += value
    return sums


def _depends(fields: Iterable[FieldDefinition]) -> bool:
    return any(True for one in fields for _ in reads_of(one)) or any(not one.is_typed for one in fields)


def _with_defaults(fields: Iterable[FieldDefinition], typed: Mapping[str, Any], known: Known) -> Mapping[str, Any]:
    """``typed`` with the values of those defaults that are expressions."""
    asked = {
        one.name: default_of(one, known)
        for one in fields
        if one.is_typed and one.name not in typed and one.default is not None and is_formula(one.default)
    }
    return {**typed, **asked} if asked else typed


def _scope(known: Known, texts: Iterable[str]) -> dict[str, Any]:
    names = {name for text in texts for name in compile_expression(text).names}
    return dict(known(names)) if names else {}


def _answer(text: str, scope: Mapping[str, Any]) -> Any:
    """The value of an accepted expression; None where it has none for this data."""
    compiled: CompiledExpression = compile_expression(text)
    try:
        return compiled.evaluate(scope)
    except DomainError:
        return None


def _rounded(value: Any, kind: FieldType) -> Any:
    """A calculated number as it is kept: money in hundredths, half of one up; others with six decimals at most."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or abs(value) >= _LARGEST:
        return value
    if kind is FieldType.MONEY:
        return value.quantize(_CENT, ROUND_HALF_UP)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < _SMALLEST.as_tuple().exponent:  # type: ignore[operator]
        value = value.quantize(_SMALLEST, ROUND_HALF_UP).normalize()
    return value + 0 if value != value.to_integral_value() else value.quantize(Decimal(1))


class _Settling:
    """One form, field by field in the order in which they read each other."""

    def __init__(
        self, fields: tuple[FieldDefinition, ...], read: Mapping[str, Any], known: Known, state: FormState
    ) -> None:
        self._fields, self._read, self._state = fields, read, state
        self._scope = _scope(known, (text for one in fields for text in reads_of(one)))
        self._zeros: dict[str, int] = {}

    def settle_all(self) -> None:
        for one in _order(self._fields):
            self._settle(one)
        # In the order of the form, whatever was calculated first.
        values = self._state.values
        self._state.values = {one.name: values[one.name] for one in self._fields if one.name in values}

    def _settle(self, one: FieldDefinition) -> None:
        if one.visible_if and not self._applies(one.visible_if):
            self._state.hidden.add(one.name)
            self._forget_errors(one)
            self._say(one, None)
            return
        if one.type is FieldType.READ_ONLY:
            return
        if one.type is FieldType.CALCULATED:
            self._state.values[one.name] = value = self._calculated(one, self._scope | self._zeros)
        elif one.name not in self._read:  # what could not be read is told as an error already
            self._say(one, None)
            return
        else:
            value = self._read[one.name]
            if one.type is FieldType.LINES:
                calculated = [column for column in _order(one.columns) if column.type is FieldType.CALCULATED]
                value = [self._line(one, calculated, place, line) for place, line in enumerate(value)]
            self._state.values[one.name] = value
        self._say(one, value)

    def _applies(self, text: str) -> bool:
        """Only what holds: a missing value gives no yes. What fails applies: better ask once too often than not ask."""
        try:
            return compile_expression(text).evaluate(self._scope) is True
        except DomainError:
            return True

    def _line(
        self, table: FieldDefinition, calculated: Sequence[FieldDefinition], place: int, line: Mapping[str, Any]
    ) -> dict[str, Any]:
        zeros = {one.name: 0 for one in table.columns if one.type in _NUMBERS and line.get(one.name) is None}
        scope = {**self._scope, **self._zeros, **line, **zeros}
        full = dict(line)
        for column in calculated:
            value = self._calculated(column, scope, f"{table.name}.{place}.")
            full[column.name] = value
            scope[column.name] = 0 if value is None and column.value_type in _NUMBERS else value
        return {one.name: full.get(one.name) for one in table.columns if one.type is not FieldType.READ_ONLY}

    def _calculated(self, one: FieldDefinition, scope: Mapping[str, Any], prefix: str = "") -> Any:
        value = None if one.formula is None else _answer(one.formula, scope)
        value = _rounded(value, one.value_type)
        if value is None or (one.shown_as is None and not isinstance(value, Decimal)):
            return value if isinstance(value, str | bool | date | datetime) else None
        try:
            return read_value(_as_read(one), value, "en")
        except DomainError as error:
            self._state.errors[prefix + one.name] = error
            return None

    def _say(self, one: FieldDefinition, value: Any) -> None:
        """Let the expressions behind read the value, under every name that they may use for it."""
        root, _, attribute = one.name.partition(".")
        if attribute:
            self._scope[root] = {**(self._scope.get(root) or {}), attribute: value}
        else:
            self._scope[one.name] = value
            if isinstance(self._scope.get("deal"), dict):
                self._scope["deal"] = {**self._scope["deal"], one.name: value}
            if value is None and one.value_type in _NUMBERS:
                self._zeros[one.name] = 0

    def _forget_errors(self, one: FieldDefinition) -> None:
        cells = f"{one.name}."
        for name in [name for name in self._state.errors if name == one.name or name.startswith(cells)]:
            del self._state.errors[name]


@lru_cache(500)
def _as_read(calculated: FieldDefinition) -> FieldDefinition:
    """The field that a calculated value has to fit, its limits among it."""
    return calculated.as_typed().model_copy(update={"required": False})


@lru_cache(500)
def _order(fields: tuple[FieldDefinition, ...]) -> tuple[FieldDefinition, ...]:
    return in_order(fields)[0]
