"""What the deals of a map opened in a period came to: sums by result, time in the stages, why none was sold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, select
from sqlalchemy.orm import Session

from engine.events import StageChanged, kind_of
from engine.model.deal import Deal, DealResult
from engine.model.history_event import HistoryEvent
from engine.model.loss_reason import LossReason
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.exchange_rates import NO_RATES, AtRate, RatedSums, Rates, by_currency
from engine.policy.permissions import Actor
from engine.queries.calendars import default_calendar
from engine.queries.exchange_rates import rate_of_deal
from engine.queries.reports import deals_opened
from engine.queries.version_figures import Timing, timing, worked

NEWEST_DEALS = 300
"""Of so many deals, the newest ones, the time in stages is taken."""
MOST_OWN_WORDS = 20
MOST_REASONS = 100


@dataclass(frozen=True, slots=True)
class LossCount:
    """Deals that ended for one reason. ``reason_id`` is that of the list; None for words of people's own.

    ``reason`` is empty for deals of which none was given.
    """

    reason_id: int | None
    reason: str
    lost: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class SalesResults:
    """``sums`` by result and currency, ``rated`` the same by the rates of their days, see rate_of_deal.

    ``rates`` are what they are added up by. ``times`` by stage: working time that a deal spent there until it left.
    """

    sums: Mapping[DealResult, Mapping[str, Decimal]]
    rated: Mapping[DealResult, RatedSums]
    rates: Rates
    times: Mapping[str, Timing]
    reasons: tuple[LossCount, ...]


def sales_results(
    session: Session,
    actor: Actor,
    definition_key: str,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    rates: Rates = NO_RATES,
) -> SalesResults:
    """Of the deals opened from ``since`` up to, not including, ``until``. Raises NotFound."""
    chosen = deals_opened(actor, definition_key, since, until)
    deals = (
        select(Deal.result, Deal.currency, Deal.amount, rate_of_deal(session, rates).label("rate"))
        .where(*chosen)
        .subquery()
    )
    columns = (deals.c.result, deals.c.currency, deals.c.rate)
    rated: dict[DealResult, dict[AtRate, Decimal]] = defaultdict(dict)
    for result, currency, rate, amount in session.execute(
        select(*columns, func.sum(deals.c.amount)).group_by(*columns).order_by(*columns)
    ):
        if amount is not None:
            rated[result][AtRate(currency, rate)] = amount
    return SalesResults(
        sums={result: by_currency(of_result) for result, of_result in rated.items()},
        rated=dict(rated),
        rates=rates,
        times=_stage_times(session, default_calendar(session), *chosen),
        reasons=_loss_counts(session, *chosen),
    )


def _loss_counts(session: Session, *chosen: ColumnElement[bool]) -> tuple[LossCount, ...]:
    """Reasons of the list first, whatever their number; of people's own words the most frequent ones."""
    said = case((Deal.loss_reason_id.is_(None), Deal.loss_reason), else_=LossReason.name)
    rows = session.execute(
        select(
            Deal.loss_reason_id,
            said,
            func.count().filter(Deal.result == DealResult.LOST),
            func.count().filter(Deal.result == DealResult.CANCELLED),
        )
        .outerjoin(LossReason, LossReason.id == Deal.loss_reason_id)
        .where(*chosen, Deal.result.in_((DealResult.LOST, DealResult.CANCELLED)))
        .group_by(Deal.loss_reason_id, said)
        .order_by(Deal.loss_reason_id.is_(None), func.count().desc(), said)
        .limit(MOST_REASONS + MOST_OWN_WORDS)
    )
    found = [LossCount(row[0], row[1] or "", row[2], row[3]) for row in rows]
    own = [one for one in found if one.reason_id is None]
    return tuple([one for one in found if one.reason_id is not None] + own[:MOST_OWN_WORDS])


def _stage_times(session: Session, calendar: BusinessCalendar, *chosen: ColumnElement[bool]) -> Mapping[str, Timing]:
    newest = (
        select(Deal.id).where(*chosen).order_by(Deal.opened_at.desc(), Deal.id.desc()).limit(NEWEST_DEALS).subquery()
    )
    rows = session.execute(
        select(Deal.id, Deal.closed_at, HistoryEvent.at, HistoryEvent.data["stage"].as_string().label("stage"))
        .join(newest, newest.c.id == Deal.id)
        .join(HistoryEvent, HistoryEvent.deal_id == Deal.id)
        .where(HistoryEvent.kind == kind_of(StageChanged))
        .order_by(Deal.id, HistoryEvent.number)
    )
    times: dict[str, list[timedelta]] = defaultdict(list)
    for _, of_deal in groupby(rows, key=lambda row: row.id):
        for stage, spent in _spent(calendar, list(of_deal)).items():
            times[stage].append(spent)
    return {stage: timing(spent) for stage, spent in times.items()}


def _spent(calendar: BusinessCalendar, changes: list[Row[Any]]) -> dict[str, timedelta]:
    """Of one deal, by stage. The stage in which an open deal stands now is left out: it has not been left yet."""
    spent: dict[str, timedelta] = {}
    now_in = changes[-1].stage if changes[-1].closed_at is None else None
    for stage, start, end in _passages(changes):
        if stage and stage != now_in and end is not None:
            for one in worked(calendar, start, end):
                spent[stage] = spent.get(stage, timedelta()) + one
    return spent


def _passages(changes: list[Row[Any]]) -> Iterator[tuple[str, datetime, datetime | None]]:
    ends = [one.at for one in changes[1:]] + [changes[-1].closed_at]
    return ((one.stage, one.at, end) for one, end in zip(changes, ends, strict=True))
