"""The company's own currency, rates of exchange, and sums that are added up by them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

from engine.model.exchange_rate import RateSource
from engine.policy.exchange_rates import OneSum
from webui.api.models.values import Day, Given, Instant, Listed, Told, exact_number

ExactRate = Annotated[
    Decimal,
    BeforeValidator(exact_number),
    PlainSerializer(lambda rate: format(rate.normalize(), "f"), return_type=str, when_used="json"),
]
TotalAmount = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


class OneSumItem(Told):
    """Sums of several currencies in the company's own, rounded half up to hundredths after adding."""

    currency: str = Field(description="The company's own.")
    amount: TotalAmount | None = Field(description="Null where a rate is missing.")
    missing: tuple[str, ...] = Field(description="Currencies of which no rate is known.")
    first: date | None = Field(
        description="The day of the oldest rate that it is by; null where deals count by the rates of their own days."
    )
    last: date | None = Field(description="The day of the newest rate that it is by.")


class ExchangeRateItem(Told):
    """What one of a currency is worth in the company's own."""

    currency: str
    day: date = Field(description="From this day of the company's zone on, until the next rate.")
    rate: ExactRate = Field(description="A text: exact, with at most six decimals.")
    source: RateSource
    taken_at: Instant


class ExchangeRateList(Listed[ExchangeRateItem]):
    """The newest rate of each currency."""

    currency: str | None = Field(description="The company's own; null where sums are shown by currency alone.")


class ExchangeRatePath(Given):
    currency: str = Field(max_length=3, description="ISO 4217: UAH, USD, EUR, GBP or PLN.")
    day: Day


class ExchangeRateGiven(Given):
    rate: ExactRate = Field(description="A number or its text, above 0, at most 1,000,000, with up to six decimals.")


def one_sum_item(one: OneSum | None) -> OneSumItem | None:
    """Null where the company has no currency of its own, and of nothing."""
    if one is None:
        return None
    return OneSumItem(currency=one.currency, amount=one.amount, missing=one.missing, first=one.first, last=one.last)
