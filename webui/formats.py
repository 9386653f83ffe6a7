"""Amounts, dates and moments as the reader writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, get_currency_symbol
from flask import Flask
from markupsafe import Markup, escape

from engine.policy.personal_texts import ERASED
from engine.queries.inbox_counts import MOST_COUNTED
from webui.i18n import _, locale, zone
from webui.request_context import now

USUAL_CURRENCY = "UAH"
"""Of money that belongs to no deal: the company's own, and its clients'."""
_NO_VALUE = "—"
_KIBIBYTE = 1024
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_INSIDE = re.compile(r"(?<=@)|(?=\.)")
_LINE_END = "<wbr>"
_KEPT = 4096  # texts: a list that is read again shows most of its amounts and moments again


def legible(text: str) -> str:
    """Where a text was erased, the reader's language says so: what is recorded says it in both."""
    return text.replace(ERASED, _("[erased]")) if ERASED in text else text


def breaking(text: str) -> Markup:
    """With places for a line's end where a reader would break an e-mail address: behind ``@`` and before a dot."""
    return Markup(_ADDRESS.sub(lambda found: _INSIDE.sub(_LINE_END, found[0]), str(escape(text))))  # noqa: S704  # escaped


def money(amount: Decimal | int | None, currency: str = USUAL_CURRENCY) -> str:
    """``12 500 ₴``: kopecks only where there are any."""
    if amount is None:
        return _NO_VALUE
    return _money(Decimal(amount), currency, locale())


@lru_cache(maxsize=_KEPT)
def _money(amount: Decimal, currency: str, reader: Locale) -> str:
    pattern = "#,##0\N{NO-BREAK SPACE}¤" if amount == amount.to_integral_value() else "#,##0.00\N{NO-BREAK SPACE}¤"
    return format_currency(amount, currency, format=pattern, locale=reader, currency_digits=False)


def currency_sign(currency: str) -> str:
    """``₴``, as it stands behind an amount; the code itself where the reader's language knows no sign."""
    return str(get_currency_symbol(currency, locale=locale()))


def sums(amounts: Mapping[str, Decimal]) -> str:
    """Sums of several currencies side by side: money of different currencies is never added up."""
    return " + ".join(money(amount, currency) for currency, amount in sorted(amounts.items())) or _NO_VALUE


def number(value: Decimal | float | None) -> str:
    return _NO_VALUE if value is None else format_decimal(value, locale=locale())


def exact_number(value: Decimal) -> str:
    """With all decimals that a field keeps."""
    return format_decimal(value, format="#,##0.######", locale=locale())


def two_decimals(value: Decimal) -> str:
    """An amount in a column of amounts: ``12 500,00``."""
    return format_decimal(value, format="#,##0.00", locale=locale())


def counted(steps: int) -> str:
    """A number of steps as the inbox counts them: ``999+`` where it stopped counting."""
    return str(steps) if steps < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def file_size(size: int) -> str:
    """``12 kB``, ``3.4 MB``: bytes in the unit that people read."""
    if size < _KIBIBYTE:
        return _("%(num)s B", num=size)
    if size < _KIBIBYTE**2:
        return _("%(num)s kB", num=round(size / _KIBIBYTE))
    return _("%(num)s MB", num=format_decimal(round(size / _KIBIBYTE**2, 1), locale=locale()))


def plain_amount(amount: Decimal | None) -> str:
    """As a person types it into a form: ``12500,50``, without grouping."""
    if amount is None:
        return ""
    return format_decimal(amount, format="0.##", locale=locale())


def day(value: date | None) -> str:
    """``23 лист. 2026 р.``; the year is left out where it is this one."""
    if value is None:
        return _NO_VALUE
    return _day(value, "d MMM" if value.year == local(now()).year else "d MMM y", locale())


@lru_cache(maxsize=_KEPT)
def _day(value: date, pattern: str, reader: Locale) -> str:
    return format_date(value, format=pattern, locale=reader)


def month_name(day: date) -> str:
    """The month of a day, as it stands alone: «Листопад 2026»."""
    name = _month_inside(day)
    return name[:1].upper() + name[1:]


def month_span(first: date, last: date, *, inside: bool = False) -> str:
    """From the month of one day to that of another: «Листопад 2026 – січень 2027»; ``inside`` a phrase all small."""
    begins = _month_inside(first) if inside else month_name(first)
    return begins if (first.year, first.month) == (last.year, last.month) else f"{begins} – {_month_inside(last)}"


def _month_inside(day: date) -> str:
    """As it stands inside a phrase: Ukrainian writes it small, English large."""
    return format_date(day, format="LLLL y", locale=locale())


def clock_time(here: datetime) -> str:
    """``14:02``: of a moment that is on the wall clock already."""
    return f"{here:%H:%M}"


def local(moment: datetime) -> datetime:
    """``moment`` on the wall clock of the reader's zone."""
    return moment.astimezone(zone())


def when(moment: datetime | None) -> str:
    """``14:02`` today, ``21 лист., 14:02`` on another day."""
    if moment is None:
        return _NO_VALUE
    here = local(moment)
    if here.date() == local(now()).date():
        return clock_time(here)
    return f"{day(here.date())}, {clock_time(here)}"


def day_and_time(moment: datetime | None) -> str:
    """``21 лист., 14:02``, today as well: what was typed, what is printed and kept, what is told of another day."""
    if moment is None:
        return _NO_VALUE
    here = local(moment)
    return f"{day(here.date())}, {clock_time(here)}"


def exactly(moment: datetime | None) -> str:
    """The full date and time with its zone, for the hint over a deadline."""
    if moment is None:
        return _NO_VALUE
    return _exactly(moment.replace(second=0, microsecond=0), zone(), locale())


@lru_cache(maxsize=_KEPT)
def _exactly(minute: datetime, here: ZoneInfo, reader: Locale) -> str:
    return format_datetime(minute, format="EEEE, d MMMM y, HH:mm zzzz", tzinfo=here, locale=reader)


def initials(full_name: str) -> str:
    """``ОК`` of "Олена Коваль"."""
    return "".join(word[0] for word in full_name.split()[:2]).upper()


def configure_formats(app: Flask) -> None:
    for present in (
        legible,
        breaking,
        money,
        currency_sign,
        sums,
        number,
        counted,
        plain_amount,
        file_size,
        day,
        local,
        clock_time,
        when,
        day_and_time,
        exactly,
        initials,
    ):
        app.jinja_env.filters[present.__name__] = present
