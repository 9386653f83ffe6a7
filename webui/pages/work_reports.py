"""Reports of people's work: approvals, managers' activity, and the steps behind each number."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.errors import N_
from engine.model.saved_report import ReportKind
from engine.policy.exchange_rates import Rates
from engine.queries.activity_report import ActivityRow, activity_report
from engine.queries.approval_report import NEWEST_ANSWERS, ApprovalGroup, ApprovalRow, approval_report
from engine.queries.control import ensure_controls
from engine.queries.directories import directory
from engine.queries.exchange_rates import company_rates
from engine.queries.reported_steps import ListedReport, ReportedSteps, reported_steps
from webui.deadlines import brief_span, working_span
from webui.first_rows import first_rows
from webui.forms.typed_values import read_id
from webui.i18n import _
from webui.listed_pages import PAGE_SIZE, all_pages, cursor_asked, page_links
from webui.outcomes import decided
from webui.periods import end_of, start_of
from webui.report_periods import asked_period, period_asked, period_words, report_file
from webui.report_tables import APPROVAL_COLUMNS, APPROVAL_GROUPS, APPROVAL_HEADINGS, activity_table, approval_table
from webui.request_context import actor, now, reading
from webui.saved_reports import saved_words

blueprint = Blueprint("work_reports", __name__, url_prefix="/reports")

_LISTS = APPROVAL_COLUMNS | {
    ReportedSteps.DONE: N_("Steps done"),
    ReportedSteps.DONE_LATE: N_("Steps done late"),
    ReportedSteps.LATE_NOW: N_("Late now"),
}
_GROUPED = {"person": "person_id", "department": "department_id", "step": "step"}
"""Of whose steps a number tells: how the address calls it, and how the query does."""
_RETURNS_SHOWN = 10
_NOBODY = "none"


@blueprint.get("/approvals")
def show_approvals() -> ResponseReturnValue:
    group, rows = _approvals()
    with reading() as session:
        returned = reported_steps(
            session, actor(), ReportedSteps.RETURNED, now=now(), limit=_RETURNS_SHOWN, **_moments()
        )
    return render_template(
        "control/approvals.html",
        group=group,
        groups={one: _(label) for one, label in APPROVAL_GROUPS.items()},
        heading=_(APPROVAL_HEADINGS[group]),
        rows=first_rows(rows),
        totals={one: sum(getattr(row, one.value) for row in rows) for one in APPROVAL_COLUMNS},
        lists={one: _(_LISTS[one]) for one in APPROVAL_COLUMNS},
        returned=returned,
        brief_span=brief_span,
        working_span=working_span,
        newest=NEWEST_ANSWERS,
        **period_words(),
        **saved_words(ReportKind.APPROVALS, by=group.value, **period_asked()),
    )


@blueprint.get("/approvals.<kind>")
def export_approvals(kind: str) -> ResponseReturnValue:
    group, rows = _approvals()
    header, told = approval_table(group, rows)
    return report_file(kind, "approvals", header, told)


@blueprint.get("/activity")
def show_activity() -> ResponseReturnValue:
    rates, rows = _activity()
    saved = saved_words(ReportKind.ACTIVITY, **period_asked())
    return render_template("control/activity.html", rows=first_rows(rows), rates=rates, **period_words(), **saved)


@blueprint.get("/activity.<kind>")
def export_activity(kind: str) -> ResponseReturnValue:
    rates, rows = _activity()
    header, told = activity_table(rows, rates)
    return report_file(kind, "activity", header, told)


@blueprint.get("/steps")
def list_steps() -> ResponseReturnValue:
    """The steps that a number of a report counts."""
    which, chosen = _chosen()
    with reading() as session:
        found = _steps(session, which, chosen, cursor_asked(), PAGE_SIZE, counted=True)
        people = directory(session)
        person = people.known_person(chosen["person_id"])
        department = people.department(chosen["department_id"])
    whose = person.full_name if person else department.name if department else ""
    return render_template(
        "control/reported_steps.html",
        which=which,
        title=_(_LISTS[which]),
        whose=whose or chosen["step"] or _whose_none(chosen),
        kept={name: request.args.get(name) for name in (*_GROUPED, "report") if request.args.get(name)},
        report=_report_of(which, chosen),
        found=found,
        decided=decided,
        **page_links(found.next_cursor),
        **period_words(),
    )


@blueprint.get("/steps.<kind>")
def export_steps(kind: str) -> ResponseReturnValue:
    which, chosen = _chosen()
    header = (
        _("Step"),
        _("Deal"),
        _("Title"),
        _("Client"),
        _("Department"),
        _("Who"),
        _("Opened"),
        _("Deadline"),
        _("Done at"),
        _("Decision"),
        _("Comment"),
    )
    with reading() as session:
        rows = (
            (
                one.row.name,
                one.row.deal_number,
                one.row.deal_title,
                one.row.client_name,
                one.row.group_name,
                one.row.completed_by_name or one.row.assignee_name,
                one.row.opened_at,
                one.row.due_at,
                one.row.completed_at,
                decided(one.row.outcome) if one.row.outcome else "",
                one.comment,
            )
            for one in all_pages(lambda cursor, limit: _steps(session, which, chosen, cursor, limit, counted=False))
        )
        return report_file(kind, "steps", header, rows)


def _approvals() -> tuple[ApprovalGroup, tuple[ApprovalRow, ...]]:
    ensure_controls(actor())
    given = request.args.get("by", "")
    group = ApprovalGroup(given) if given in set(ApprovalGroup) else ApprovalGroup.DEPARTMENT
    with reading() as session:
        return group, approval_report(session, actor(), group, now=now(), **_moments())


def _activity() -> tuple[Rates, tuple[ActivityRow, ...]]:
    ensure_controls(actor())
    with reading() as session:
        rates = company_rates(session)
        return rates, activity_report(session, actor(), now=now(), rates=rates, **_moments())


def _steps(
    session: Session, which: ReportedSteps, chosen: dict[str, Any], cursor: str | None, limit: int, *, counted: bool
) -> ListedReport:
    ensure_controls(actor())
    return reported_steps(
        session, actor(), which, now=now(), cursor=cursor, limit=limit, counted=counted, **chosen, **_moments()
    )


def _chosen() -> tuple[ReportedSteps, dict[str, Any]]:
    given = request.args.get("show", "")
    which = ReportedSteps(given) if given in set(ReportedSteps) else ReportedSteps.ASKED

    def read(name: str) -> int | None:
        said = request.args.get(name, "")
        return 0 if said == _NOBODY else read_id(said)

    step = request.args.get("step") or None
    return which, {"person_id": read("person"), "department_id": read("department"), "step": step}


def _report_of(which: ReportedSteps, chosen: dict[str, Any]) -> str:
    """The address of the report whose number was pressed, grouped as it was."""
    period: dict[str, Any] = {name: request.args.get(name) or None for name in ("from", "to")}
    grouped = next((by for by, name in _GROUPED.items() if chosen[name] is not None), None)
    if which in APPROVAL_COLUMNS:
        return url_for("work_reports.show_approvals", by=grouped, **period)
    if request.args.get("report") == "lateness":
        return url_for("reports.show_lateness", by=grouped, **period)
    return url_for("work_reports.show_activity", **period)


def _whose_none(chosen: dict[str, Any]) -> str:
    if chosen["department_id"] == 0:
        return _("No department")
    return _("Nobody") if chosen["person_id"] == 0 else ""


def _moments() -> dict[str, Any]:
    first, last = asked_period()
    return {"since": start_of(first), "until": end_of(last)}
