"""What the deals of a map opened in a period came to: sums by result, time in the stages, why they were lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from engine.events import StageChanged, kind_of
from engine.model.deal import Deal, DealResult
from engine.model.history_event import HistoryEvent
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.permissions import Actor
from engine.queries.calendars import default_calendar
from engine.queries.reports import deals_opened
from engine.queries.version_figures import Timing, timing, worked

NEWEST_DEALS = 300
"""Of so many deals, the newest ones, the time in stages is taken."""
_MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class LossReason:
    """``reason`` is empty for deals of which none was given."""

    reason: str
    deals: int


@dataclass(frozen=True, slots=True)
class SalesResults:
    """``sums`` by result and currency. ``times`` by stage: working time that a deal spent there until it left."""

    sums: Mapping[DealResult, Mapping[str, Decimal]]
    times: Mapping[str, Timing]
    reasons: tuple[LossReason, ...]


def sales_results(
    session: Session, actor: Actor, definition_key: str, since: datetime | None = None, until: datetime | None = None
) -> SalesResults:
    """Of the deals opened from ``since`` up to, not including, ``until``. Raises NotFound."""
    chosen = deals_opened(actor, definition_key, since, until)
    sums: dict[DealResult, dict[str, Decimal]] = defaultdict(dict)
    for result, currency, amount in session.execute(
        select(Deal.result, Deal.currency, func.sum(Deal.amount))
        .where(*chosen)
        .group_by(Deal.result, Deal.currency)
        .order_by(Deal.currency)
    ):
        if amount is not None:
            sums[result][currency] = amount
    lost = session.execute(
        select(Deal.loss_reason, func.count().label("deals"))
        .where(*chosen, Deal.result == DealResult.LOST)
        .group_by(Deal.loss_reason)
        .order_by(func.count().desc(), Deal.loss_reason)
        .limit(_MOST_REASONS)
    )
    return SalesResults(
        sums=dict(sums),
        times=_stage_times(session, default_calendar(session), *chosen),
        reasons=tuple(LossReason(row.loss_reason, row.deals) for row in lost),
    )


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
