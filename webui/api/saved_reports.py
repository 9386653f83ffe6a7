"""Saved reports over HTTP: the caller's own, as under Control → Saved."""

from __future__ import annotations

from datetime import time

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.saved_reports import (
    GROUPINGS,
    ReportDraft,
    change_filters_of_saved_report,
    delete_saved_report,
    rename_saved_report,
    save_report,
    schedule_saved_report,
    send_saved_report,
    stop_saved_report,
)
from engine.errors import N_, DomainError, FieldNotUnderstood, InvalidInput, NotFound
from engine.model.saved_report import ReportKind, Rhythm
from engine.policy.report_periods import ReportFilters
from engine.policy.report_schedule import Schedule
from engine.queries.control import ensure_controls
from engine.queries.saved_reports import SavedRow, saved_reports
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller, in_readers_language
from webui.api.models.saved_reports import (
    FiltersGiven,
    FiltersTold,
    NewSavedReport,
    SavedReportChange,
    SavedReportItem,
    SavedReportList,
    SavedReportPath,
    ScheduleGiven,
    ScheduleTold,
)
from webui.api.models.values import Paging
from webui.api.performing import carry_out, carry_out_once
from webui.api.tags import REPORTS
from webui.request_context import reading, services
from webui.saved_reports import saved_report_file

_DAYS_A_WEEK = 7
_FILE = {"schema": {"type": "string", "format": "binary"}}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_XLSX_ANSWER = {"description": "The report for Excel.", "content": {_XLSX: _FILE}}
_CSV_ANSWER = {"description": "The report as text: UTF-8, semicolons.", "content": {"text/csv": _FILE}}


@api.get("/reports/saved", tags=[REPORTS], responses={200: SavedReportList})
def list_saved_reports(query: Paging) -> Response:
    """The reports that the caller saved."""
    return listed(part_of(_own(), query), _item, SavedReportList)


@api.post("/reports/saved", tags=[REPORTS], responses={201: SavedReportItem, **conflicts("idempotency_key_reused")})
def add_saved_report(body: NewSavedReport) -> Response:
    """Save a report under a name, and have it sent."""
    ensure_controls(caller())
    filters = _filters(body.report, body.filters)
    schedule = _schedule(body.schedule) if body.schedule is not None else None

    def command(session: Session) -> int:
        clock = services().clock
        saved = save_report(session, ReportDraft(body.name, body.report, filters), actor=caller(), clock=clock)
        if schedule is not None:
            schedule_saved_report(session, saved.id, schedule, actor=caller(), clock=clock)
        return saved.id

    made = carry_out_once("save_report", body.model_dump(mode="json"), command)
    return answer(_item(_one(made)), 201, location=f"/api/v1/reports/saved/{made}")


@api.get("/reports/saved/<int:saved_report_id>", tags=[REPORTS], responses={200: SavedReportItem})
def show_saved_report(path: SavedReportPath) -> Response:
    """One of them."""
    return answer(_item(_one(path.saved_report_id)))


@api.patch("/reports/saved/<int:saved_report_id>", tags=[REPORTS], responses={200: SavedReportItem})
def change_saved_report(path: SavedReportPath, body: SavedReportChange) -> Response:
    """Rename it, narrow it otherwise, have it sent at other times or no more."""
    row = _one(path.saved_report_id)
    filters = _filters(row.report, body.filters) if body.filters is not None else None
    schedule = _schedule(body.schedule) if body.schedule is not None else None

    def command(session: Session) -> None:
        who, clock = caller(), services().clock
        if body.name is not None:
            rename_saved_report(session, row.id, body.name, actor=who, clock=clock)
        if filters is not None:
            change_filters_of_saved_report(session, row.id, filters, actor=who, clock=clock)
        if schedule is not None:
            schedule_saved_report(session, row.id, schedule, actor=who, clock=clock)
        elif body.says("schedule"):
            stop_saved_report(session, row.id, actor=who, clock=clock)

    carry_out(command)
    return answer(_item(_one(row.id)))


@api.delete("/reports/saved/<int:saved_report_id>", tags=[REPORTS], responses={204: None})
def remove_saved_report(path: SavedReportPath) -> Response:
    """Delete it from what is saved."""
    ensure_controls(caller())
    carry_out(
        lambda session: delete_saved_report(session, path.saved_report_id, actor=caller(), clock=services().clock)
    )
    return Response(status=204)


@api.post(
    "/reports/saved/<int:saved_report_id>/send",
    tags=[REPORTS],
    responses={204: None, **conflicts("idempotency_key_reused")},
)
def send_report_now(path: SavedReportPath) -> Response:
    """Have it sent to the caller now, besides its schedule: by the caller's choices for notices."""

    def command(session: Session) -> int:
        send_saved_report(session, path.saved_report_id, actor=caller(), clock=services().clock)
        return path.saved_report_id

    carry_out_once("send_saved_report", {"id": path.saved_report_id}, command)
    return Response(status=204)


@api.get("/reports/saved/<int:saved_report_id>/file.xlsx", tags=[REPORTS], responses={200: _XLSX_ANSWER})
def fetch_report_for_excel(path: SavedReportPath) -> Response:
    """Run it now and take what it tells as a file, as its page exports it."""
    with in_readers_language():
        return saved_report_file(caller(), path.saved_report_id, "xlsx")


@api.get("/reports/saved/<int:saved_report_id>/file.csv", tags=[REPORTS], responses={200: _CSV_ANSWER})
def fetch_report_as_text(path: SavedReportPath) -> Response:
    """The same as CSV."""
    with in_readers_language():
        return saved_report_file(caller(), path.saved_report_id, "csv")


def _own() -> tuple[SavedRow, ...]:
    ensure_controls(caller())
    with reading() as session:
        return saved_reports(session, caller())


def _one(saved_report_id: int) -> SavedRow:
    """Raises NotFound."""
    row = next((one for one in _own() if one.id == saved_report_id), None)
    if row is None:
        raise NotFound
    return row


def _filters(report: ReportKind, given: FiltersGiven) -> ReportFilters:
    """Raises InvalidInput for what the report cannot be narrowed by."""
    faults: dict[str, DomainError] = {}
    groups = GROUPINGS.get(report, ())
    group_by = given.group_by if given.group_by is not None else next(iter(groups), "")
    if group_by not in (groups or ("",)):
        expected = N_("one of the known words") if groups else N_("nothing: this report has no groups")
        faults["filters.group_by"] = FieldNotUnderstood(value=group_by, expected=expected)
    keys = tuple(dict.fromkeys(given.definition_keys))
    if report is ReportKind.FUNNEL and len(keys) != 1:
        faults["filters.definition_keys"] = FieldNotUnderstood(value=", ".join(keys), expected=N_("exactly one map"))
    is_fixed = given.period is None and given.first is not None and given.last is not None
    if given.first is not None and given.last is not None and given.first > given.last:
        expected = N_("a day that is not before the first one")
        faults["filters.last"] = FieldNotUnderstood(value=given.last.isoformat(), expected=expected)
    if faults:
        raise InvalidInput(faults)
    return ReportFilters(
        definition_key=keys[0] if len(keys) == 1 else "",
        definition_keys=keys if len(keys) > 1 else (),
        group_by=group_by,
        period=given.period,
        first=given.first if is_fixed else None,
        last=given.last if is_fixed else None,
        months_on=given.months_on if report is ReportKind.FORECAST else 0,
        months=given.months if report is ReportKind.FORECAST else 0,
    )


def _schedule(given: ScheduleGiven) -> Schedule:
    """Raises InvalidInput."""
    if given.rhythm is Rhythm.WEEK and given.day > _DAYS_A_WEEK:
        unknown = FieldNotUnderstood(value=str(given.day), expected=N_("a day of the week from 1 to 7"))
        raise InvalidInput({"schedule.day": unknown})
    return Schedule(given.rhythm, time.fromisoformat(given.at), given.day)


def _item(row: SavedRow) -> SavedReportItem:
    return SavedReportItem(
        id=row.id,
        name=row.name,
        report=row.report,
        filters=FiltersTold.of(row.filters),
        schedule=ScheduleTold(rhythm=row.rhythm, day=row.day, at=row.at, next_at=row.next_at) if row.rhythm else None,
        is_refused=row.is_refused,
    )
