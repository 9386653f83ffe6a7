"""The reports that a person saved: found again, renamed, sent by mail, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.saved_reports import (
    GROUPINGS,
    LONGEST_NAME,
    ReportDraft,
    delete_saved_report,
    rename_saved_report,
    save_report,
    schedule_saved_report,
    send_saved_report,
    stop_saved_report,
)
from engine.errors import N_, DomainError, FieldNotUnderstood, InvalidInput, NotFound
from engine.model.notice import NoticeKind
from engine.model.person import Person
from engine.model.saved_report import ReportKind, Rhythm
from engine.policy.mail_choices import Delivery, read_times
from engine.policy.report_schedule import LAST_DAY_OF_MONTH, Schedule
from engine.queries.calendars import calendar_of_person
from engine.queries.control import ensure_controls
from engine.queries.mail_choices import mail_choices
from engine.queries.saved_reports import SavedRow, months_of, saved_reports
from engine.queries.telegram import chat_of
from webui.carrying_out import carry_out
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.formats import local, month_span
from webui.forms.typed_values import read_id
from webui.forms.working_hours import DAY_NAMES
from webui.i18n import _
from webui.messages import field_errors
from webui.periods import PERIODS
from webui.request_context import actor, now, reading, services
from webui.saved_reports import address_of, filters_given, saved_report_file

T = TypeVar("T")

blueprint = Blueprint("saved_reports", __name__, url_prefix="/reports/saved")

KINDS = {
    ReportKind.FUNNEL: N_("Funnel"),
    ReportKind.FORECAST: N_("Forecast"),
    ReportKind.LATENESS: N_("Keeping of deadlines"),
    ReportKind.APPROVALS: N_("Approvals"),
    ReportKind.ACTIVITY: N_("Managers’ activity"),
}
RHYTHMS = {
    Rhythm.DAY: N_("Each day"),
    Rhythm.WEEK: N_("Each week"),
    Rhythm.MONTH: N_("Each month"),
    Rhythm.MONTH_END: N_("On the last day of each month"),
    Rhythm.LAST_WORKING_DAY: N_("On the last working day of each month"),
}


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.get("/<int:saved_report_id>")
def open_saved(saved_report_id: int) -> ResponseReturnValue:
    """The report itself, with its days as of today. Raises NotFound."""
    ensure_controls(actor())
    with reading() as session:
        row = next((one for one in saved_reports(session, actor()) if one.id == saved_report_id), None)
    if row is None:
        raise NotFound
    return redirect(address_of(row))


@blueprint.get("/<int:saved_report_id>.<kind>")
def export_saved(saved_report_id: int, kind: str) -> ResponseReturnValue:
    """The report as a file, with its days as of today. Raises NotFound."""
    return saved_report_file(actor(), saved_report_id, kind)


@blueprint.post("/<int:saved_report_id>/send")
def send(saved_report_id: int) -> ResponseReturnValue:
    return _act(
        lambda session: send_saved_report(
            session, saved_report_id, actor=actor(), clock=services().clock, command_id=sent_command_id()
        ),
        _("The report is on its way to you."),
    )


@blueprint.post("")
def save() -> ResponseReturnValue:
    given, filters = request.form.get("report", ""), filters_given()
    if given not in set(ReportKind):
        raise NotFound
    kind = ReportKind(given)
    if kind in GROUPINGS and filters.group_by not in GROUPINGS[kind]:
        raise NotFound
    draft = ReportDraft(name=request.form.get("name", ""), report=kind, filters=filters)
    return _act(
        lambda session: save_report(
            session, draft, actor=actor(), clock=services().clock, command_id=sent_command_id()
        ),
        _("Saved. Here you may have it sent to you."),
    )


@blueprint.post("/<int:saved_report_id>/rename")
def rename(saved_report_id: int) -> ResponseReturnValue:
    name = request.form.get("name", "")
    return _act(
        lambda session: rename_saved_report(session, saved_report_id, name, actor=actor(), clock=services().clock),
        _("Saved."),
        saved_report_id,
    )


@blueprint.post("/<int:saved_report_id>/schedule")
def schedule(saved_report_id: int) -> ResponseReturnValue:
    def command(session: Session) -> None:
        wanted = _schedule_given()
        schedule_saved_report(session, saved_report_id, wanted, actor=actor(), clock=services().clock)

    return _act(command, _("The report will be sent to you."), saved_report_id)


@blueprint.post("/<int:saved_report_id>/stop")
def stop(saved_report_id: int) -> ResponseReturnValue:
    return _act(
        lambda session: stop_saved_report(session, saved_report_id, actor=actor(), clock=services().clock),
        _("The report is not sent any more. It stays saved."),
    )


@blueprint.post("/<int:saved_report_id>/delete")
def delete(saved_report_id: int) -> ResponseReturnValue:
    return _act(
        lambda session: delete_saved_report(session, saved_report_id, actor=actor(), clock=services().clock),
        lambda was_there: (
            _("The report is deleted from what you have saved.")
            if was_there
            else _("You have deleted this report already.")
        ),
    )


def _schedule_given() -> Schedule:
    form = request.form
    rhythm, at = form.get("rhythm", ""), form.get("at", "")
    is_weekly = rhythm == Rhythm.WEEK.value
    day = read_id(form.get("weekday" if is_weekly else "monthday", "")) or 1
    if rhythm not in set(Rhythm) or day > (len(DAY_NAMES) if is_weekly else LAST_DAY_OF_MONTH):
        raise NotFound
    try:
        (moment,) = read_times(at)
    except ValueError:
        unread = FieldNotUnderstood(value=at, expected=N_("a time such as 9:00"))
        raise InvalidInput({"at": unread}) from None
    return Schedule(Rhythm(rhythm), moment, day)


def _act(
    command: Callable[[Session], T], told: str | Callable[[T], str], changed: int | None = None
) -> ResponseReturnValue:
    """``changed`` is the report at which a fault is told; without one it is the new one's."""
    ensure_controls(actor())
    return carry_out(
        command,
        told,
        refused=lambda error: _page(error, changed),
        shown_at=url_for("saved_reports.show"),
    )


def _page(error: DomainError | None = None, changed: int | None = None) -> ResponseReturnValue:
    ensure_controls(actor())
    with reading() as session:
        saved = saved_reports(session, actor())
        zone = calendar_of_person(session, actor().person_id).zone
        is_reached, is_wanted = _comes(session, actor().person_id)
    page = render_template(
        "control/saved_reports.html",
        saved=saved,
        kinds={one: _(label) for one, label in KINDS.items()},
        rhythms={one: _(label) for one, label in RHYTHMS.items()},
        weekdays=[(number, _(label)) for number, label in enumerate(DAY_NAMES, start=1)],
        last_day=LAST_DAY_OF_MONTH,
        period_of=_period_of,
        address_of=address_of,
        zone=zone,
        is_reached=is_reached,
        is_wanted=is_wanted,
        longest=LONGEST_NAME,
        errors=field_errors(error) if error else {},
        changed=changed,
        typed=request.form if error else {},
    )
    return page, status_of(error) if error else 200


def _comes(session: Session, person_id: int) -> tuple[bool, bool]:
    """Whether letters or messages reach the person, and whether they want to be told of saved reports."""
    has_telegram = services().settings.telegram_bot_id is not None and chat_of(session, person_id) is not None
    choices = mail_choices(session, [person_id])[person_id]
    is_wanted = choices.delivery_of(NoticeKind.SAVED_REPORT) is not Delivery.NEVER
    return has_telegram or bool(session.get_one(Person, person_id).email), is_wanted


def _period_of(row: SavedRow) -> str:
    """The period in words: a usual one, or its days."""
    filters = row.filters
    if row.report is ReportKind.FORECAST:
        months = months_of(filters, local(now()).date())
        return month_span(months.first, months.last, inside=True)
    if filters.period is not None:
        return _(PERIODS[filters.period])
    first, last = filters.days(local(now()).date())
    return f"{first:%d.%m.%Y} – {last:%d.%m.%Y}"
