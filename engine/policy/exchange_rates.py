"""Sums of several currencies as one: what they come to in the company's own currency, by known rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import NamedTuple

CURRENCIES = ("UAH", "USD", "EUR", "GBP", "PLN")
"""ISO 4217; each has a hundred parts."""
MOST_DECIMALS = 6
LARGEST_RATE = Decimal(1_000_000)

_HUNDREDTH = Decimal("0.01")
_DIGITS = 60  # the longest sum times the longest rate: nothing is rounded before the end


class AtRate(NamedTuple):
    """A currency and what one of it is worth; None where nobody has said it. Of the company's own it is None, too."""

    currency: str
    rate: Decimal | None


RatedSums = Mapping[AtRate, Decimal]
"""Sums of deals that count by the rates of different days."""


def by_currency(sums: RatedSums) -> dict[str, Decimal]:
    """The same sums, whatever their rates."""
    together: dict[str, Decimal] = {}
    for one, amount in sums.items():
        together[one.currency] = together.get(one.currency, Decimal(0)) + amount
    return together


@dataclass(frozen=True, slots=True)
class LatestRate:
    """One of ``currency`` is worth ``rate`` of the company's currency from ``day`` on."""

    currency: str
    day: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class OneSum:
    """What sums come to in ``currency``. ``amount`` is None where no rate of the ``missing`` currencies is known.

    ``converts``: some of it was in another currency. ``first`` and ``last`` are the days of the oldest and of the
    newest rate that it is by; None where each deal counts by the rate of a day of its own, and where nothing converts.
    """

    currency: str
    amount: Decimal | None
    missing: tuple[str, ...] = ()
    converts: bool = False
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """``currency`` is the company's own, empty where it has chosen none. ``latest`` are the others' newest rates."""

    currency: str = ""
    latest: Mapping[str, LatestRate] = field(default_factory=dict)

    def converts(self, sums: Iterable[Mapping[str, Decimal]]) -> bool:
        """Whether any of these sums by currency holds another currency than the company's."""
        return bool(self.currency) and any(one != self.currency for each in sums for one in each)

    def of_today(self, sums: Mapping[str, Decimal]) -> OneSum | None:
        """Sums by currency, by the newest rates. None where the company adds up nothing, and of nothing."""
        used = [self.latest[one] for one in sums if one in self.latest]
        rated = {
            AtRate(currency, self.latest[currency].rate if currency in self.latest else None): amount
            for currency, amount in sums.items()
        }
        days = sorted(one.day for one in used)
        return self._one(rated, days[0] if days else None, days[-1] if days else None)

    def of_their_days(self, sums: RatedSums) -> OneSum | None:
        """Sums of deals that each count by the rate of a day of its own."""
        return self._one(sums, None, None)

    def _one(self, sums: RatedSums, first: date | None, last: date | None) -> OneSum | None:
        if not self.currency or not sums:
            return None
        others = [one for one in sums if one.currency != self.currency]
        missing = sorted({one.currency for one in others if one.rate is None})
        amount = None if missing else self._added_up(sums.items())
        return OneSum(self.currency, amount, tuple(missing), bool(others), first, last)

    def _added_up(self, sums: Iterable[tuple[AtRate, Decimal]]) -> Decimal:
        with localcontext() as context:
            context.prec = _DIGITS
            whole = sum((amount if one.rate is None else amount * one.rate for one, amount in sums), Decimal(0))
            return whole.quantize(_HUNDREDTH, ROUND_HALF_UP)


NO_RATES = Rates()
"""Of a company that has chosen no currency of its own."""
