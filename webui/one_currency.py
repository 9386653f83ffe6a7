"""What sums of several currencies come to in the company's own, in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from babel.numbers import format_decimal
from flask import Flask

from engine.policy.exchange_rates import OneSum
from webui.formats import money
from webui.i18n import _, locale


def together(one: OneSum | None) -> str:
    """``≈ 1 250 000 ₴``, or of which currencies a rate is missing. Empty where nothing was in another currency."""
    if one is None or not one.converts:
        return ""
    if one.amount is None:
        return _("no total: no rate of %(currencies)s", currencies=", ".join(one.missing))
    return f"≈ {money(one.amount, one.currency)}"


def together_by(one: OneSum | None) -> str:
    """The same, and by the rates of which days."""
    said = together(one)
    if one is None or one.amount is None or one.first is None or one.last is None:
        return said
    if one.first == one.last:
        return _("%(sum)s at the rate of %(day)s", sum=said, day=numeric_day(one.last))
    return _(
        "%(sum)s at the rates of %(first)s – %(last)s",
        sum=said,
        first=numeric_day(one.first),
        last=numeric_day(one.last),
    )


def numeric_day(day: date) -> str:
    """``29.11.2026``."""
    return f"{day:%d.%m.%Y}"


def rate_number(rate: Decimal) -> str:
    """``41,5200``: with four decimals, as banks tell rates, and with more where there are more."""
    return format_decimal(rate, format="#,##0.0000##", locale=locale())


def configure_one_currency(app: Flask) -> None:
    for present in (together, together_by, numeric_day, rate_number):
        app.jinja_env.filters[present.__name__] = present
