"""The company's own currency and the rates of others: for sums, and for the page on which they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, cast, func, literal, null, select, tuple_
from sqlalchemy.orm import Session

from engine.db.types import Moment, Rate
from engine.model.deal import Deal
from engine.model.exchange_rate import BankProblem, CompanyCurrency, ExchangeRate, RateSource
from engine.policy.exchange_rates import LatestRate, Rates
from engine.policy.permissions import Ability, Actor
from engine.queries.scopes import ensure_sees

MOST_SHOWN = 60
"""Of the rates that were kept, the newest."""
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RateRow:
    """``rate`` of the company's currency for one of ``currency`` from ``day`` on; ``taken_at`` is when it was kept."""

    currency: str
    day: date
    rate: Decimal
    source: RateSource
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class ManagedRates:
    """``latest`` is the newest rate of each currency, ``kept`` the newest of all of them.

    ``missing`` are the currencies of deals that have no rate. ``asked_at`` and ``problem`` tell of the National Bank.
    """

    currency: str
    asks_bank: bool
    asked_at: datetime | None
    problem: BankProblem | None
    latest: tuple[RateRow, ...]
    kept: tuple[RateRow, ...]
    missing: tuple[str, ...]


def company_rates(session: Session) -> Rates:
    """What sums are added up by. Two statements at most, one where the company has no currency of its own."""
    currency = session.scalar(select(CompanyCurrency.currency)) or ""
    if not currency:
        return Rates()
    latest = {row.currency: LatestRate(row.currency, row.day, row.rate) for row in _latest(session, currency)}
    return Rates(currency, latest)


def rate_on(rates: Rates, currency: ColumnElement[str], moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """The rate of a row's currency that was in force at its moment; before the first one that is known, the first.

    None in the company's own currency, where no rate is known, and where the company has chosen no currency.
    """
    if not rates.currency:
        return cast(null(), Rate)
    of = (ExchangeRate.into_currency == rates.currency, ExchangeRate.currency == currency)
    by_then = select(ExchangeRate.rate).where(*of, ExchangeRate.since <= moment).order_by(ExchangeRate.since.desc())
    first = select(ExchangeRate.rate).where(*of).order_by(ExchangeRate.since)
    known = func.coalesce(by_then.limit(1).scalar_subquery(), first.limit(1).scalar_subquery(), type_=Rate)
    return case((currency != rates.currency, known))


def rate_of_deal(rates: Rates) -> ColumnElement[Any]:
    """The rate by which a deal counts: of the day on which it was closed, of an open one the newest."""
    moment = func.coalesce(Deal.closed_at, literal(_NEVER, Moment), type_=Moment)
    return rate_on(rates, Deal.currency.expression, moment)


def managed_rates(session: Session, actor: Actor) -> ManagedRates:
    """Raises NotFound for who may not keep them."""
    ensure_sees(actor, Ability.MANAGE_RATES)
    chosen = session.scalar(select(CompanyCurrency))
    if chosen is None or not chosen.currency:
        return ManagedRates("", asks_bank=False, asked_at=None, problem=None, latest=(), kept=(), missing=())
    currency = chosen.currency
    latest = _latest(session, currency)
    kept = session.scalars(
        select(ExchangeRate)
        .where(ExchangeRate.into_currency == currency)
        .order_by(ExchangeRate.day.desc(), ExchangeRate.currency)
        .limit(MOST_SHOWN)
    )
    known = {one.currency for one in latest} | {currency}
    used = session.scalars(select(Deal.currency).distinct())
    return ManagedRates(
        currency=currency,
        asks_bank=chosen.asks_bank,
        asked_at=chosen.asked_at,
        problem=chosen.problem,
        latest=latest,
        kept=tuple(_row(one) for one in kept),
        missing=tuple(sorted(set(used) - known)),
    )


def latest_rates(session: Session) -> tuple[str, tuple[RateRow, ...]]:
    """The company's currency, empty where none is chosen, and the newest rate of each other."""
    currency = session.scalar(select(CompanyCurrency.currency)) or ""
    return currency, _latest(session, currency) if currency else ()


def _latest(session: Session, currency: str) -> tuple[RateRow, ...]:
    newest = (
        select(ExchangeRate.currency, func.max(ExchangeRate.day))
        .where(ExchangeRate.into_currency == currency)
        .group_by(ExchangeRate.currency)
    )
    found = session.scalars(
        select(ExchangeRate)
        .where(ExchangeRate.into_currency == currency, tuple_(ExchangeRate.currency, ExchangeRate.day).in_(newest))
        .order_by(ExchangeRate.currency)
    )
    return tuple(_row(one) for one in found)


def _row(one: ExchangeRate) -> RateRow:
    return RateRow(one.currency, one.day, one.rate, one.source, one.taken_at)
