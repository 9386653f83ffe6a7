"""Reports as tables for spreadsheets: what a page exports, and what a program fetches of a saved report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from engine.errors import N_
from engine.model.saved_report import ReportKind
from engine.policy.exchange_rates import NO_RATES, AtRate, OneSum, RatedSums, Rates
from engine.queries.activity_report import ActivityRow
from engine.queries.approval_report import ApprovalGroup, ApprovalRow
from engine.queries.forecast import Expected, Forecast, ForecastGroup, ForecastRow
from engine.queries.forecast_outcomes import MonthOutcome
from engine.queries.reported_steps import ReportedSteps
from engine.queries.reports import Funnel, FunnelStage, LatenessGroup, LatenessRow
from engine.queries.sales_results import SalesResults
from engine.queries.saved_reports import FunnelFigures, ToldReport
from webui.deadlines import working_span
from webui.formats import month_name
from webui.i18n import _

LATENESS_HEADINGS = {
    LatenessGroup.PERSON: N_("Person"),
    LatenessGroup.DEPARTMENT: N_("Department"),
    LatenessGroup.STEP: N_("Step"),
}
LATENESS_GROUPS = {
    LatenessGroup.PERSON: N_("By person"),
    LatenessGroup.DEPARTMENT: N_("By department"),
    LatenessGroup.STEP: N_("By step"),
}
APPROVAL_HEADINGS = {ApprovalGroup.DEPARTMENT: N_("Department"), ApprovalGroup.PERSON: N_("Person")}
APPROVAL_GROUPS = {ApprovalGroup.DEPARTMENT: N_("By department"), ApprovalGroup.PERSON: N_("By person")}
APPROVAL_COLUMNS = {
    ReportedSteps.ASKED: N_("Asked for"),
    ReportedSteps.APPROVED: N_("Approved"),
    ReportedSteps.RETURNED: N_("Returned for rework"),
    ReportedSteps.REJECTED: N_("Rejected"),
    ReportedSteps.WAITING: N_("Still waiting"),
    ReportedSteps.WITHDRAWN: N_("Withdrawn"),
    ReportedSteps.LATE: N_("Late"),
}
FORECAST_HEADINGS = {
    ForecastGroup.MONTH: N_("Month"),
    ForecastGroup.PERSON: N_("Person"),
    ForecastGroup.DEPARTMENT: N_("Department"),
}
_COUNTED_ON = N_("May be counted on, %(currency)s")
_WEIGHED = (
    (_COUNTED_ON, "weighted", "weighted"),
    (N_("Not weighed, %(currency)s"), "unweighed", "unweighed"),
)

Sums = Mapping[str, Decimal]
_Column = tuple[str, Sequence[Any]]
"""A heading, and what stands below it."""
Table = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""The headings, and the rows."""


@dataclass(frozen=True, slots=True)
class NamedTable:
    """``name`` is the file's, without its ending."""

    name: str
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]


def table_of(told: ToldReport) -> NamedTable:
    """A saved report as the page of its kind exports it. Without figures, there are no rows."""
    by, figures = told.row.filters.group_by, told.figures
    match told.row.report:
        case ReportKind.FUNNEL:
            found = figures if isinstance(figures, FunnelFigures) else None
            return NamedTable(
                "funnel", *funnel_table(found.funnel if found else None, found.results if found else None)
            )
        case ReportKind.FORECAST:
            foreseen = figures if isinstance(figures, Forecast) else None
            return NamedTable("forecast", *forecast_table(foreseen, ForecastGroup(by)))
        case ReportKind.LATENESS:
            late = [row for row in _rows(figures) if isinstance(row, LatenessRow)]
            return NamedTable("deadlines", *lateness_table(LatenessGroup(by), late))
        case ReportKind.APPROVALS:
            approvals = [row for row in _rows(figures) if isinstance(row, ApprovalRow)]
            return NamedTable("approvals", *approval_table(ApprovalGroup(by), approvals))
        case ReportKind.ACTIVITY:
            activity = [row for row in _rows(figures) if isinstance(row, ActivityRow)]
            return NamedTable("activity", *activity_table(activity, told.rates))


def _rows(figures: object) -> tuple[object, ...]:
    return figures if isinstance(figures, tuple) else ()


def funnel_table(found: Funnel | None, results: SalesResults | None) -> Table:
    header = (
        _("Stage"),
        _("Reached it"),
        _("Share of all opened"),
        _("Are in it now"),
        _("Ended in it unwon"),
        _("Working time in it, median"),
    )
    return header, [_stage_cells(stage, found, results) for stage in found.stages] if found and results else []


def _stage_cells(stage: FunnelStage, found: Funnel, results: SalesResults) -> tuple[Any, ...]:
    timing = results.times.get(stage.name)
    spent = working_span(timing.median) if timing is not None and timing.median is not None else ""
    return stage.name, stage.reached, share(stage.reached, found.opened), stage.here, stage.ended, spent


def share(part: int, whole: int) -> int | None:
    """Of a hundred; None of nothing."""
    return round(100 * part / whole) if whole else None


def lateness_table(group: LatenessGroup, rows: Sequence[LatenessRow]) -> Table:
    header = (_(LATENESS_HEADINGS[group]), _("Done"), _("Done late"), _("In time, of a hundred"), _("Late now"))
    return header, [
        (row.name or lateness_no_name(group), row.done, row.done_late, in_time(row), row.open_late) for row in rows
    ]


def lateness_no_name(group: LatenessGroup) -> str:
    """Of the row of steps that ask no department, or that nobody has taken."""
    return _("No department") if group is LatenessGroup.DEPARTMENT else _("Nobody")


def in_time(row: LatenessRow) -> int | None:
    """Of a hundred done steps, how many in time; None where none was done."""
    return share(row.done - row.done_late, row.done)


def approval_table(group: ApprovalGroup, rows: Sequence[ApprovalRow]) -> Table:
    header = (
        _(APPROVAL_HEADINGS[group]),
        *(_(label) for label in APPROVAL_COLUMNS.values()),
        _("Working time to an answer, median"),
    )
    return header, [
        (row.name or approval_no_name(group), *(getattr(row, one.value) for one in APPROVAL_COLUMNS), _median(row))
        for row in rows
    ]


def approval_no_name(group: ApprovalGroup) -> str:
    return _("No department") if group is ApprovalGroup.DEPARTMENT else _("Nobody has taken")


def _median(row: ApprovalRow) -> str:
    return working_span(row.timing.median) if row.timing.median is not None else ""


class _SumColumns:
    """Columns of sums, one for each currency and then one for all of them in the company's: numbers, not texts."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates

    def of(self, title: str, sums: Sequence[Sums], rated: Sequence[Sums | RatedSums]) -> Iterator[_Column]:
        """``title`` has a place for the currency. ``rated`` are the same sums by row, as they are added up."""
        for currency in sorted({one for of_row in sums for one in of_row}):
            yield title % {"currency": currency}, [of_row.get(currency) for of_row in sums]
        together = [self._together(of_row) for of_row in rated]
        if any(one is not None and one.converts for one in together):
            heading = title % {"currency": f"≈ {self._rates.currency}"}
            yield heading, [one.amount if one is not None else None for one in together]

    def _together(self, sums: Sums | RatedSums) -> OneSum | None:
        if any(isinstance(one, AtRate) for one in sums):
            return self._rates.of_their_days(cast("RatedSums", sums))
        return self._rates.of_today(cast("Sums", sums))


def activity_table(rows: Sequence[ActivityRow], rates: Rates) -> Table:
    """A column for each currency: sums stay numbers that a spreadsheet adds up."""
    columns = _SumColumns(rates)
    parts = (
        (_("Deals opened"), _("Opened for, %(currency)s"), [row.opened for row in rows]),
        (_("Deals won"), _("Won for, %(currency)s"), [row.won for row in rows]),
        (_("Deals lost"), _("Lost for, %(currency)s"), [row.lost for row in rows]),
        (_("Deals cancelled"), "", [row.cancelled for row in rows]),
    )
    header = [_("Person"), _("Steps done"), _("Steps done late")]
    told: list[list[Any]] = [[row.name, row.done, row.done_late] for row in rows]
    for counted, summed, of_rows in parts:
        _add_column(header, told, (counted, [part.count for part in of_rows]))
        sums = columns.of(summed, [part.sums for part in of_rows], [part.rated for part in of_rows]) if summed else ()
        for column in sums:
            _add_column(header, told, column)
    return header, told


def forecast_table(found: Forecast | None, group: ForecastGroup) -> Table:
    """A column for each currency; of several maps, also what may be counted on of each of them."""
    rows = found.rows if found else ()
    parts = (
        (_("Open deals"), "open", ((_("Their sum, %(currency)s"), "sums", "sums"), *_WEIGHED)),
        (_("Without an amount"), "unpriced", ()),
        (_("Already won"), "won", ((_("Won for, %(currency)s"), "won_sums", "won_rated"),)),
        (
            _("Won the period before"),
            "won_before",
            ((_("Won before for, %(currency)s"), "won_before_sums", "won_before_rated"),),
        ),
    )
    header = [_(FORECAST_HEADINGS[group])]
    told: list[list[Any]] = [[forecast_row_name(row)] for row in rows]

    columns = _SumColumns(found.rates if found else NO_RATES)

    def add_sums(title: str, of_rows: Sequence[Expected], name: str, rated: str) -> None:
        sums = [getattr(one, name) for one in of_rows]
        for column in columns.of(title, sums, [getattr(one, rated) for one in of_rows]):
            _add_column(header, told, column)

    for title, count, summed in parts:
        _add_column(header, told, (title, [getattr(row.expected, count) for row in rows]))
        for words, name, rated in summed:
            add_sums(_(words), [row.expected for row in rows], name, rated)
    maps = found.maps if found and len(found.maps) > 1 else ()
    for one in maps:
        parts_of_map = [row.by_map.get(one.definition_key, Expected()) for row in rows]
        for words, name, rated in _WEIGHED:
            add_sums(f"{one.name.replace('%', '%%')}: {_(words)}", parts_of_map, name, rated)
    return header, told


def _add_column(header: list[str], lines: Sequence[list[Any]], column: _Column) -> None:
    title, values = column
    header.append(title)
    for line, value in zip(lines, values, strict=True):
        line.append(value)


def forecast_row_name(row: ForecastRow) -> str:
    return month_name(row.months.first) if row.months is not None else row.name or _("No department")


def outcome_table(outcomes: Sequence[MonthOutcome], rates: Rates) -> Table:
    """A month in a row, its forecast beside what came of it; columns for each currency."""
    header = [_("Month"), _("Forecast of"), _("Won")]
    told: list[list[Any]] = [
        [month_name(one.month.first), one.foreseen.kept_on if one.foreseen is not None else None, one.won]
        for one in outcomes
    ]
    columns = _SumColumns(rates)
    foreseen = [(one.foreseen.sums, one.foreseen.rated) if one.foreseen is not None else ({}, {}) for one in outcomes]
    for column in columns.of(_("Foreseen, %(currency)s"), [one[0] for one in foreseen], [one[1] for one in foreseen]):
        _add_column(header, told, column)
    won = [(one.won_sums, one.won_rated) for one in outcomes]
    for column in columns.of(_("Won for, %(currency)s"), [one[0] for one in won], [one[1] for one in won]):
        _add_column(header, told, column)
    for currency in sorted({currency for one in outcomes for currency in one.percents}):
        percents = [one.percents.get(currency) for one in outcomes]
        _add_column(header, told, (_("Won of a hundred foreseen, %(currency)s") % {"currency": currency}, percents))
    return header, told
