"""How forecasts turned out: what was foreseen of a month when it began, beside what was won in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from engine.model.deal import Deal, DealResult
from engine.model.forecast_snapshot import ForecastSnapshot
from engine.policy.exchange_rates import NO_RATES, AtRate, RatedSums, Rates, by_currency
from engine.policy.permissions import Ability, Actor
from engine.queries.exchange_rates import rate_of_deal, rate_on
from engine.queries.forecast import Months, bucket, moment_of
from engine.queries.reports import ensure_reads_reports
from engine.queries.scopes import ensure_sees

MOST_MONTHS_BACK = 24


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Of a month, as of the day on which it was kept, by currency.

    ``sums`` are what was won of the month by then, and what might be counted on of the ``open`` deals; ``unweighed``
    stood beside it, where too few deals had ended to tell. ``rated`` and ``unweighed_rated`` are the same by the rates
    of that day.
    """

    kept_on: date
    open: int
    sums: Mapping[str, Decimal]
    unweighed: Mapping[str, Decimal]
    rated: RatedSums
    unweighed_rated: RatedSums


@dataclass(frozen=True, slots=True)
class MonthOutcome:
    """``foreseen`` None: of this month no forecast was kept. ``won`` deals came to ``won_sums``, by currency.

    ``won_rated`` are the same by the rates of the days on which they were won.
    """

    month: Months
    foreseen: Foreseen | None
    won: int
    won_sums: Mapping[str, Decimal]
    won_rated: RatedSums

    @property
    def percents(self) -> Mapping[str, int]:
        """By currency, what was won of a hundred foreseen; not of a currency of which nothing was."""
        foreseen = self.foreseen.sums if self.foreseen is not None else {}
        return {
            currency: int((100 * self.won_sums.get(currency, Decimal(0)) / amount).quantize(Decimal(1), ROUND_HALF_UP))
            for currency, amount in sorted(foreseen.items())
            if amount
        }


def forecast_outcomes(
    session: Session,
    actor: Actor,
    definition_keys: Sequence[str],
    count: int,
    *,
    now: datetime,
    zone: tzinfo,
    rates: Rates = NO_RATES,
) -> tuple[MonthOutcome, ...]:
    """The ``count`` months that are over, the newest first, of some maps, or without a key of all.

    It is told of the whole company's deals, and to those alone who see all of them. Raises NotFound.
    """
    ensure_reads_reports(actor)
    ensure_sees(actor, Ability.SEE_ALL_DEALS)
    months = Months(now.astimezone(zone).date().replace(day=1), count).before
    kept = session.scalars(
        select(ForecastSnapshot).where(ForecastSnapshot.month >= months.first, ForecastSnapshot.month <= months.last)
    )
    snapshots = {one.month: one for one in kept}
    won = _won(session, months, definition_keys, zone, rates)
    rates_then = _rates_then(session, months, rates)
    return tuple(
        MonthOutcome(
            month=one,
            foreseen=_foreseen(snapshots[one.first], definition_keys, zone, rates_then)
            if one.first in snapshots
            else None,
            won=won[number][0],
            won_sums=by_currency(won[number][1]),
            won_rated=won[number][1],
        )
        for number, one in reversed(list(enumerate(months.each)))
    )


def _won(
    session: Session, months: Months, definition_keys: Sequence[str], zone: tzinfo, rates: Rates
) -> Mapping[int, tuple[int, RatedSums]]:
    number = bucket(Deal.closed_at, [moment_of(one.first, zone) for one in months.each[1:]])
    chosen = [Deal.definition_key.in_(definition_keys)] if definition_keys else []
    deals = (
        select(number.label("part"), Deal.currency, rate_of_deal(session, rates).label("rate"), Deal.amount)
        .where(
            Deal.result == DealResult.WON,
            Deal.closed_at >= moment_of(months.first, zone),
            Deal.closed_at < moment_of(months.after, zone),
            *chosen,
        )
        .subquery()
    )
    columns = (deals.c.part, deals.c.currency, deals.c.rate)
    counts: dict[int, int] = defaultdict(int)
    sums: dict[int, dict[AtRate, Decimal]] = defaultdict(dict)
    for part, currency, rate, count, amount in session.execute(
        select(*columns, func.count(), func.sum(deals.c.amount)).group_by(*columns).order_by(*columns)
    ):
        counts[part] += count
        if amount is not None:
            sums[part][AtRate(currency, rate)] = amount
    return {part: (counts[part], sums[part]) for part in range(months.count)}


def _rates_then(session: Session, months: Months, rates: Rates) -> Mapping[tuple[date, str], Decimal]:
    """By month and currency, the rate of the day on which the month's forecast was kept."""
    if not rates.latest:
        return {}
    of_each = [
        select(
            ForecastSnapshot.month,
            literal(currency).label("currency"),
            rate_on(session, rates, literal(currency), ForecastSnapshot.taken_at.expression).label("rate"),
        ).where(ForecastSnapshot.month >= months.first, ForecastSnapshot.month <= months.last)
        for currency in rates.latest
    ]
    return {(month, currency): rate for month, currency, rate in session.execute(union_all(*of_each))}


def _foreseen(
    snapshot: ForecastSnapshot,
    definition_keys: Sequence[str],
    zone: tzinfo,
    rates_then: Mapping[tuple[date, str], Decimal],
) -> Foreseen:
    maps = [kept for key, kept in snapshot.maps.items() if not definition_keys or key in definition_keys]
    sums = _together(one[name] for one in maps for name in ("weighted", "won_sums"))
    unweighed = _together(one["unweighed"] for one in maps)

    def rated(amounts: Mapping[str, Decimal]) -> RatedSums:
        month = snapshot.month
        return {AtRate(one, rates_then.get((month, one))): amount for one, amount in amounts.items()}

    return Foreseen(
        kept_on=snapshot.taken_at.astimezone(zone).date(),
        open=sum(one["open"] for one in maps),
        sums=sums,
        unweighed=unweighed,
        rated=rated(sums),
        unweighed_rated=rated(unweighed),
    )


def _together(parts: Any) -> Mapping[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for part in parts:
        for currency, amount in part.items():
            sums[currency] += Decimal(amount)
    return dict(sums)
