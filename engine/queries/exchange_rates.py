"""The company's own currency and the rates of others: for sums, and for the page on which they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.db.types import Rate
from engine.model.deal import Deal
from engine.model.exchange_rate import BankProblem, CompanyCurrency, ExchangeRate, RateSource
from engine.policy.exchange_rates import CURRENCIES, LatestRate, Rates
from engine.policy.permissions import Ability, Actor
from engine.queries.pages import ListOrder, Page
from engine.queries.scopes import ensure_sees

_ORDER = ListOrder("exchange_rates", (date, int))

MOST_SHOWN = 60
"""Kept rates on a page."""


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
    """``latest`` is the newest rate of each currency, ``kept`` a page of all of them, the newest day first.

    ``missing`` are the currencies of deals that have no rate. ``asked_at`` and ``problem`` tell of the National Bank.
    """

    currency: str
    asks_bank: bool
    asked_at: datetime | None
    problem: BankProblem | None
    latest: tuple[RateRow, ...]
    kept: Page[RateRow]
    missing: tuple[str, ...]


def company_rates(session: Session) -> Rates:
    """What sums are added up by. Two statements at most, one where the company has no currency of its own."""
    currency = session.scalar(select(CompanyCurrency.currency)) or ""
    if not currency:
        return Rates()
    latest = {row.currency: LatestRate(row.currency, row.day, row.rate) for row in _latest(session, currency)}
    return Rates(currency, latest)


def rate_on(
    session: Session, rates: Rates, currency: ColumnElement[str], moment: ColumnElement[Any]
) -> ColumnElement[Any]:
    """The rate of a row's currency that was in force at its moment; before the first one that is known, the first.

    None in the company's own currency, where no rate is known, and where the company has chosen no currency.
    """
    if not rates.latest:
        return cast(null(), Rate)
    if session.get_bind().dialect.name == "postgresql":
        return case(*((currency == one, _in_force(rates.currency, one, moment)) for one in rates.latest))
    of = (ExchangeRate.into_currency == rates.currency, ExchangeRate.currency == currency)
    by_then = select(ExchangeRate.rate).where(*of, ExchangeRate.since <= moment).order_by(ExchangeRate.since.desc())
    first = select(ExchangeRate.rate).where(*of).order_by(ExchangeRate.since)
    known = func.coalesce(by_then.limit(1).scalar_subquery(), first.limit(1).scalar_subquery(), type_=Rate)
    return case((currency != rates.currency, known))


def _in_force(into: str, currency: str, moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """On PostgreSQL all rates of a currency are read once and then searched: a look per row costs ten times as much."""

    def in_order(column: InstrumentedAttribute[Any]) -> ScalarSelect[Any]:
        of = (ExchangeRate.into_currency == into, ExchangeRate.currency == currency)
        return select(func.array_agg(aggregate_order_by(column, ExchangeRate.since))).where(*of).scalar_subquery()

    place = func.greatest(func.width_bucket(moment, in_order(ExchangeRate.since)), 1, type_=Integer)
    return type_coerce(in_order(ExchangeRate.rate)[place], Rate)


def rate_of_deal(session: Session, rates: Rates) -> ColumnElement[Any]:
    """The rate by which a deal counts: of the day on which it was closed, of an open one the newest."""
    by_its_day = rate_on(session, rates, Deal.currency.expression, Deal.closed_at.expression)
    if not rates.latest:
        return by_its_day
    newest = case(*((Deal.currency == one.currency, literal(one.rate, Rate)) for one in rates.latest.values()))
    return case((Deal.closed_at.is_(None), newest), else_=by_its_day)


def managed_rates(session: Session, actor: Actor, *, cursor: str | None = None) -> ManagedRates:
    """Raises NotFound for who may not keep them, CursorNotUnderstood."""
    ensure_sees(actor, Ability.MANAGE_RATES)
    chosen = session.scalar(select(CompanyCurrency))
    if chosen is None or not chosen.currency:
        return ManagedRates("", asks_bank=False, asked_at=None, problem=None, latest=(), kept=Page(()), missing=())
    currency = chosen.currency
    latest = _latest(session, currency)
    known = {one.currency for one in latest} | {currency}
    used = session.scalars(select(Deal.currency).distinct())
    return ManagedRates(
        currency=currency,
        asks_bank=chosen.asks_bank,
        asked_at=chosen.asked_at,
        problem=chosen.problem,
        latest=latest,
        kept=_kept(session, currency, cursor),
        missing=tuple(sorted(set(used) - known)),
    )


def _kept(session: Session, currency: str, cursor: str | None) -> Page[RateRow]:
    found = select(ExchangeRate).where(ExchangeRate.into_currency == currency)
    after = _ORDER.after(cursor)
    if after is not None:
        day, rate_id = after
        same_day = and_(ExchangeRate.day == day, ExchangeRate.id > rate_id)
        found = found.where(or_(ExchangeRate.day < day, same_day))
    ordered = found.order_by(ExchangeRate.day.desc(), ExchangeRate.id).limit(MOST_SHOWN + 1)
    page = _ORDER.page(
        tuple(session.scalars(ordered)), limit=MOST_SHOWN, cursor=cursor, key=lambda one: (one.day, one.id)
    )
    return Page(tuple(_row(one) for one in page.items), page.next_cursor, page.total)


def latest_rates(session: Session) -> tuple[str, tuple[RateRow, ...]]:
    """The company's currency, empty where none is chosen, and the newest rate of each other."""
    currency = session.scalar(select(CompanyCurrency.currency)) or ""
    return currency, _latest(session, currency) if currency else ()


def _latest(session: Session, currency: str) -> tuple[RateRow, ...]:
    """Each by one look into an index, however many rates were kept: every board and report asks for them."""
    newest = [
        select(ExchangeRate.id)
        .where(ExchangeRate.into_currency == currency, ExchangeRate.currency == other)
        .order_by(ExchangeRate.day.desc())
        .limit(1)
        .scalar_subquery()
        for other in CURRENCIES
        if other != currency
    ]
    found = session.scalars(select(ExchangeRate).where(ExchangeRate.id.in_(newest)).order_by(ExchangeRate.currency))
    return tuple(_row(one) for one in found)


def _row(one: ExchangeRate) -> RateRow:
    return RateRow(one.currency, one.day, one.rate, one.source, one.taken_at)
