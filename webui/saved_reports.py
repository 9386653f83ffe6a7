"""Saved reports as pages know them: what a page saves of its address, and the address of what was saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for

from engine.errors import NotFound
from engine.model.saved_report import ReportKind
from engine.policy.permissions import Actor
from engine.policy.report_periods import MOST_MAPS, ReportFilters
from engine.queries.control import ensure_controls
from engine.queries.forecast import MOST_MONTHS
from engine.queries.saved_reports import SavedRow, months_of, saved_reports, told_report
from webui.formats import local
from webui.forms.typed_values import read_id
from webui.i18n import zone
from webui.periods import iso_date, usual_periods
from webui.report_periods import report_file
from webui.report_tables import table_of
from webui.request_context import actor, now, reading

ENDPOINTS: Mapping[ReportKind, str] = {
    ReportKind.FUNNEL: "reports.show_funnel",
    ReportKind.FORECAST: "forecasts.show_forecast",
    ReportKind.LATENESS: "reports.show_lateness",
    ReportKind.APPROVALS: "work_reports.show_approvals",
    ReportKind.ACTIVITY: "work_reports.show_activity",
}


def saved_words(report: ReportKind, **asked: str) -> dict[str, Any]:
    """What the page of a report needs to show those saved of it, and to save itself with what was ``asked``."""
    with reading() as session:
        saved = saved_reports(session, actor(), report)
    return {
        "saved": saved,
        "saved_address": address_of,
        "to_save": {"report": report.value, **{name: value for name, value in asked.items() if value}},
    }


def address_of(row: SavedRow) -> str:
    """The page of a saved report, with its days as of today."""
    today = local(now()).date()
    filters = row.filters
    asked: dict[str, Any] = {"map": list(filters.maps) or None, "by": filters.group_by or None}
    if row.report is ReportKind.FORECAST:
        months = months_of(filters, today)
        asked |= {"first": months.first.isoformat(), "months": months.count}
    else:
        first, last = filters.days(today)
        asked |= {"from": first.isoformat(), "to": last.isoformat(), "period": filters.period}
    return url_for(ENDPOINTS[row.report], **asked)


def saved_report_file(reader: Actor, saved_report_id: int, kind: str) -> Response:
    """What a saved report tells now, with the days as of today, as its page exports it. Raises NotFound."""
    ensure_controls(reader)
    with reading() as session:
        told = told_report(session, reader, saved_report_id, now=now(), as_of=now(), zone=zone())
    if told is None:
        raise NotFound
    table = table_of(told)
    return report_file(kind, table.name, table.header, table.rows)


def filters_given() -> ReportFilters:
    """What a page sent to be saved. Days that are a usual period's of today move with the day from now on."""
    form, today = request.form, local(now()).date()
    first, last = iso_date(form.get("from", "")), iso_date(form.get("to", ""))
    fitting = [one for one in usual_periods(today) if (one.first, one.last) == (first, last)]
    chosen = (one for one in fitting if one.usual.value == form.get("period"))
    usual = next(chosen, fitting[0] if fitting else None)
    is_fixed = usual is None and first is not None and last is not None
    begins, months = iso_date(form.get("first", "")), min(read_id(form.get("months", "")) or 1, MOST_MONTHS)
    maps = tuple(dict.fromkeys(key[:200] for key in form.get("map", "").split(",")[:MOST_MAPS] if key))
    return ReportFilters(
        definition_key=maps[0] if len(maps) == 1 else "",
        definition_keys=maps if len(maps) > 1 else (),
        group_by=form.get("by", "")[:24],
        period=usual.usual if usual is not None else None,
        first=first if is_fixed else None,
        last=last if is_fixed else None,
        months_on=(begins.year - today.year) * 12 + begins.month - today.month if begins is not None else 0,
        months=months,
    )
