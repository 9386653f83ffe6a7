"""Saved reports: a person's own, and what one of them tells now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.alphabet import sort_key
from engine.model.saved_report import ReportKind, Rhythm, SavedReport
from engine.policy.exchange_rates import NO_RATES, Rates
from engine.policy.permissions import Actor
from engine.policy.report_periods import ReportFilters
from engine.queries.activity_report import ActivityRow, activity_report
from engine.queries.approval_report import ApprovalGroup, ApprovalRow, approval_report
from engine.queries.control import controls
from engine.queries.exchange_rates import company_rates
from engine.queries.forecast import MOST_MONTHS, Forecast, ForecastGroup, Months, forecast
from engine.queries.reports import Funnel, LatenessGroup, LatenessRow, funnel, lateness
from engine.queries.sales_results import SalesResults, sales_results


@dataclass(frozen=True, slots=True)
class FunnelFigures:
    funnel: Funnel
    results: SalesResults


Figures = FunnelFigures | Forecast | tuple[LatenessRow, ...] | tuple[ApprovalRow, ...] | tuple[ActivityRow, ...]


@dataclass(frozen=True, slots=True)
class SavedRow:
    """``at`` is local to the owner ("09:00"), ``rhythm`` None where it is not sent. ``is_refused``: it was stopped
    because its owner could read reports no more.
    """

    id: int
    name: str
    report: ReportKind
    filters: ReportFilters
    rhythm: Rhythm | None
    day: int
    at: str
    next_at: datetime | None
    is_refused: bool


@dataclass(frozen=True, slots=True)
class ToldReport:
    """``first`` and ``last`` are its days, both included. ``figures`` None: its owner may read reports no more.

    ``rates`` are what its sums are added up by.
    """

    row: SavedRow
    first: date
    last: date
    figures: Figures | None
    rates: Rates = NO_RATES


def saved_reports(session: Session, actor: Actor, report: ReportKind | None = None) -> tuple[SavedRow, ...]:
    """The actor's own, by name; all, or those of one kind."""
    chosen = [SavedReport.person_id == actor.person_id]
    chosen += [SavedReport.report == report] if report is not None else []
    rows = [_row(one) for one in session.scalars(select(SavedReport).where(*chosen))]
    return tuple(sorted(rows, key=lambda one: sort_key(one.name)))


def told_report(
    session: Session, actor: Actor, saved_report_id: int, *, now: datetime, as_of: datetime, zone: tzinfo
) -> ToldReport | None:
    """What the actor's report tells now, within what they may see now. None where it was deleted meanwhile.

    Periods such as "this month" are those of the day of ``as_of``, in ``zone``.
    """
    saved = session.get(SavedReport, saved_report_id)
    if saved is None or saved.person_id != actor.person_id:
        return None
    row, today = _row(saved), as_of.astimezone(zone).date()
    months = months_of(row.filters, today)
    is_forecast = row.report is ReportKind.FORECAST
    first, last = (months.first, months.last) if is_forecast else row.filters.days(today)
    if not controls(actor):
        return ToldReport(row, first, last, None)
    rates = company_rates(session)
    return ToldReport(row, first, last, _figures(session, actor, row, today, now=now, zone=zone, rates=rates), rates)


def months_of(filters: ReportFilters, today: date) -> Months:
    """The months of a saved forecast, as of ``today``."""
    this = today.year * 12 + today.month - 1 + filters.months_on
    return Months(date(this // 12, this % 12 + 1, 1), max(1, min(filters.months, MOST_MONTHS)))


def _figures(
    session: Session, actor: Actor, row: SavedRow, today: date, *, now: datetime, zone: tzinfo, rates: Rates
) -> Figures:
    filters = row.filters
    first, last = filters.days(today)
    since, until = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    key, by = filters.definition_key, filters.group_by
    match row.report:
        case ReportKind.FUNNEL:
            chosen = (session, actor, key, since, until)
            return FunnelFigures(funnel(*chosen), sales_results(*chosen, rates=rates))
        case ReportKind.FORECAST:
            months = months_of(filters, today)
            group = ForecastGroup(by)
            return forecast(session, actor, filters.maps, months, group, now=now, zone=zone, rates=rates)
        case ReportKind.LATENESS:
            return lateness(session, actor, LatenessGroup(by), since=since, until=until, now=now)
        case ReportKind.APPROVALS:
            return approval_report(session, actor, ApprovalGroup(by), since=since, until=until, now=now)
        case ReportKind.ACTIVITY:
            return activity_report(session, actor, since=since, until=until, now=now, rates=rates)


def _row(saved: SavedReport) -> SavedRow:
    filters: Mapping[str, Any] = saved.filters
    return SavedRow(
        id=saved.id,
        name=saved.name,
        report=saved.report,
        filters=ReportFilters.kept(filters),
        rhythm=saved.rhythm,
        day=saved.day,
        at=saved.at,
        next_at=saved.next_at,
        is_refused=saved.refused_at is not None,
    )
