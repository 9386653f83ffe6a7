"""Stored values as the reader of a letter writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.errors import N_
from engine.policy.exchange_rates import OneSum

_NUMBERS = frozenset({FieldType.NUMBER, FieldType.MONEY, FieldType.PERCENT})
_LONGEST_VALUE = 500


@dataclass(frozen=True, slots=True)
class ValueWords:
    """``gettext`` translates, ``zone`` is the reader's."""

    locale: str
    zone: str
    gettext: Callable[[str], str]

    def money(self, amount: Decimal | None, currency: str) -> str:
        if amount is None:
            return "—"
        pattern = "#,##0 ¤" if amount == amount.to_integral_value() else "#,##0.00 ¤"
        return str(format_currency(amount, currency, format=pattern, locale=self.locale, currency_digits=False))

    def sums(self, sums: Mapping[str, Decimal], together: OneSum | None) -> str:
        """Sums of several currencies side by side, and what they come to in the company's own."""
        apart = " + ".join(self.money(amount, currency) for currency, amount in sorted(sums.items()))
        if together is None or not together.converts:
            return apart
        if together.amount is None:
            missing = self.gettext(N_("no total: no rate of %(currencies)s"))
            return f"{apart} ({missing % {'currencies': ', '.join(together.missing)}})"
        return f"{apart} ≈ {self.money(together.amount, together.currency)}"

    def moment(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        return str(format_datetime(moment, "d MMMM, HH:mm", tzinfo=ZoneInfo(self.zone), locale=self.locale))

    def of_field(self, field: FieldDefinition, value: Any, currency: str) -> str:
        """A field's value on one line or several, never longer than a letter bears."""
        labels = {choice.value: choice.label for choice in field.choices}
        if isinstance(value, list):
            shown = ", ".join(labels.get(str(one), self._one(field.type, one, currency)) for one in value)
        else:
            shown = labels.get(str(value)) or self._one(field.type, value, currency)
        return shown if len(shown) <= _LONGEST_VALUE else shown[: _LONGEST_VALUE - 1] + "…"

    def _one(self, kind: FieldType, value: Any, currency: str) -> str:
        if isinstance(value, bool) or kind is FieldType.YES_NO:
            return self.gettext(N_("yes")) if value in {True, "true", "yes"} else self.gettext(N_("no"))
        try:
            return self._exact(kind, value, currency)
        except (ValueError, InvalidOperation):  # typed before the map said what it is
            return str(value)

    def _exact(self, kind: FieldType, value: Any, currency: str) -> str:
        if kind is FieldType.DATE:
            return str(format_date(date.fromisoformat(value), "d MMMM y", locale=self.locale))
        if kind is FieldType.MOMENT:
            return self.moment(datetime.fromisoformat(value))
        if kind not in _NUMBERS:
            return str(value)
        exact = Decimal(str(value))
        if kind is FieldType.MONEY:
            return self.money(exact, currency)
        written = str(format_decimal(exact, locale=self.locale))
        return f"{written} %" if kind is FieldType.PERCENT else written
