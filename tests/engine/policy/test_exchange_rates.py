"""Sums of several currencies become one, exactly, and none where a rate is missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from engine.policy.exchange_rates import NO_RATES, AtRate, LatestRate, OneSum, Rates, by_currency

FRIDAY, MONDAY = date(2026, 3, 13), date(2026, 3, 16)
RATES = Rates(
    "UAH",
    {
        "USD": LatestRate("USD", MONDAY, Decimal("41.5201")),
        "EUR": LatestRate("EUR", FRIDAY, Decimal("48.005")),
    },
)


def test_sums_are_added_up_by_the_newest_rates_and_say_of_which_days_these_are() -> None:
    sums = {"EUR": Decimal("10.00"), "UAH": Decimal("100.25"), "USD": Decimal("100.00")}
    found = RATES.of_today(sums)
    assert found == OneSum("UAH", Decimal("4732.31"), (), converts=True, first=FRIDAY, last=MONDAY)


@pytest.mark.parametrize(
    ("sums", "whole"),
    [
        ({AtRate("USD", Decimal("0.005")): Decimal("1.00")}, "0.01"),  # half up, not to the even one
        ({AtRate("USD", Decimal("0.004")): Decimal("1.00"), AtRate("EUR", Decimal("0.004")): Decimal("1.00")}, "0.01"),
        ({AtRate("UAH", None): Decimal("1.00"), AtRate("USD", Decimal(40)): Decimal("1.00")}, "41.00"),
        ({AtRate("USD", Decimal(40)): Decimal("1.00"), AtRate("USD", Decimal(41)): Decimal("1.00")}, "81.00"),
        ({AtRate("USD", Decimal("999999.999999")): Decimal("9999999999999.99")}, "9999999999989990000.00"),
    ],
)
def test_it_is_rounded_once_and_after_adding(sums: dict[AtRate, Decimal], whole: str) -> None:
    found = RATES.of_their_days(sums)
    assert found is not None
    assert (found.amount, found.first) == (Decimal(whole), None)


def test_a_missing_rate_is_named_and_there_is_no_total() -> None:
    found = RATES.of_today({"GBP": Decimal(1), "PLN": Decimal(1), "USD": Decimal(1)})
    assert found is not None
    assert (found.amount, found.missing) == (None, ("GBP", "PLN"))
    assert RATES.of_their_days({AtRate("GBP", None): Decimal(1)}) == OneSum("UAH", None, ("GBP",), converts=True)


def test_the_company_s_own_money_converts_nothing_and_without_a_currency_there_is_no_total() -> None:
    own = RATES.of_today({"UAH": Decimal("5.00")})
    assert own == OneSum("UAH", Decimal("5.00"))
    assert RATES.of_today({}) is None
    assert NO_RATES.of_today({"USD": Decimal(1)}) is None
    assert NO_RATES.of_their_days({AtRate("USD", None): Decimal(1)}) is None


def test_sums_at_several_rates_are_one_sum_of_their_currency() -> None:
    rated = {AtRate("USD", Decimal(40)): Decimal(1), AtRate("USD", Decimal(41)): Decimal(2)}
    assert by_currency(rated) == {"USD": Decimal(3)}
