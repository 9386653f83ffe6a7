"""Working calendars: the week, the holidays, the days with hours of their own. The administrator's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.calendars import (
    STANDARD_WEEK,
    add_calendar,
    archive_calendar,
    delete_calendar,
    make_default,
    remove_calendar_exception,
    restore_calendar,
    set_calendar_exception,
    update_weekly_hours,
)
from engine.errors import N_, DomainError, InvalidInput, NotFound
from engine.policy.holidays_ua import ukrainian_holidays
from engine.policy.permissions import Ability
from engine.queries.people import CalendarRow, calendars
from engine.queries.scopes import ensure_sees
from engine.queries.uses import calendar_uses
from webui.carrying_out import carry_out, made_once
from webui.error_pages import status_of
from webui.formats import local
from webui.forms.typed_values import read_date
from webui.forms.working_hours import DAY_NAMES, WEEKDAYS, read_spans, read_week, written
from webui.i18n import _
from webui.messages import error_text, field_errors
from webui.request_context import actor, now, reading, services, writing

T = TypeVar("T")

blueprint = Blueprint("calendars", __name__, url_prefix="/settings/calendars")

_FURTHEST_YEARS = 5


@blueprint.get("")
def list_calendars() -> ResponseReturnValue:
    return _list()


@blueprint.post("")
def create() -> ResponseReturnValue:
    """A new calendar starts with the forty-hour week."""
    _ensure_manages()
    form = request.form
    week = {day: [(start, end) for start, end in spans] for day, spans in STANDARD_WEEK.items()}
    zone = form.get("zone", "").strip() or services().settings.time_zone
    add = made_once(
        lambda session: (
            add_calendar(session, form.get("name", ""), zone, week, actor=actor(), clock=services().clock).id
        )
    )
    try:
        with writing() as session:
            calendar_id = add(session)
    except DomainError as error:
        return _list(error)
    return redirect(url_for("calendars.show", calendar_id=calendar_id), code=303)


@blueprint.get("/<int:calendar_id>")
def show(calendar_id: int) -> ResponseReturnValue:
    return _page(calendar_id)


@blueprint.post("/<int:calendar_id>/week")
def set_week(calendar_id: int) -> ResponseReturnValue:
    return _act(
        calendar_id,
        lambda session: update_weekly_hours(
            session, calendar_id, read_week(request.form), actor=actor(), clock=services().clock
        ),
        _("Saved. Deadlines that were promised already stay as they are."),
    )


@blueprint.post("/<int:calendar_id>/days")
def set_day(calendar_id: int) -> ResponseReturnValue:
    """A holiday where no hours are written, else a day with hours of its own."""

    def command(session: Session) -> None:
        errors: dict[str, DomainError] = {}
        day = read_date(request.form, "day", N_("Day"), errors)
        try:
            spans = read_spans(request.form.get("spans", ""))
        except DomainError as error:
            errors["spans"] = error
        if errors or day is None:
            raise InvalidInput(errors)
        name = request.form.get("name", "")[:200]
        set_calendar_exception(session, calendar_id, day, spans, name, actor=actor(), clock=services().clock)

    return _act(calendar_id, command, _("The day is in the calendar."))


@blueprint.post("/<int:calendar_id>/days/<day>/remove")
def remove_day(calendar_id: int, day: str) -> ResponseReturnValue:
    return _act(
        calendar_id,
        lambda session: remove_calendar_exception(
            session, calendar_id, _day(day), actor=actor(), clock=services().clock
        ),
        _("The day is an ordinary one again."),
    )


@blueprint.post("/<int:calendar_id>/holidays/<int:year>")
def add_holidays(calendar_id: int, year: int) -> ResponseReturnValue:
    """Every Ukrainian holiday of the year that is not in the calendar yet."""
    _ensure_year(year)

    def command(session: Session) -> None:
        row = _row(session, calendar_id)
        for day, name in _offered(row, year):
            set_calendar_exception(session, calendar_id, day, [], name, actor=actor(), clock=services().clock)

    return _act(calendar_id, command, _("The holidays are in the calendar."))


@blueprint.post("/<int:calendar_id>/default")
def set_default(calendar_id: int) -> ResponseReturnValue:
    return _act(
        calendar_id,
        lambda session: make_default(session, calendar_id, actor=actor(), clock=services().clock),
        _("The company counts by this calendar now."),
    )


@blueprint.post("/<int:calendar_id>/archive")
def archive(calendar_id: int) -> ResponseReturnValue:
    return _put(
        calendar_id,
        lambda session: archive_calendar(session, calendar_id, actor=actor(), clock=services().clock),
        _("The calendar is archived: nothing new is counted by it."),
    )


@blueprint.post("/<int:calendar_id>/restore")
def restore(calendar_id: int) -> ResponseReturnValue:
    return _put(
        calendar_id,
        lambda session: restore_calendar(session, calendar_id, actor=actor(), clock=services().clock),
        _("The calendar is in use again."),
    )


@blueprint.post("/<int:calendar_id>/delete")
def delete(calendar_id: int) -> ResponseReturnValue:
    return _put(
        calendar_id,
        lambda session: delete_calendar(session, calendar_id, actor=actor(), clock=services().clock),
        lambda name: _("The calendar “%(name)s” is deleted.", name=name),
    )


def _ensure_manages() -> None:
    ensure_sees(actor(), Ability.MANAGE_CALENDARS)


def _ensure_year(year: int) -> None:
    if abs(year - local(now()).year) > _FURTHEST_YEARS:
        raise NotFound


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound from None


def _row(session: Session, calendar_id: int) -> CalendarRow:
    row = next((one for one in calendars(session) if one.id == calendar_id), None)
    if row is None:
        raise NotFound
    return row


def _offered(row: CalendarRow, year: int) -> list[tuple[date, str]]:
    known = {one.day for one in row.exceptions}
    return [(day, name) for day, name in ukrainian_holidays(year) if day not in known]


def _year() -> int:
    """The year whose holidays are offered: the one asked for, else this one."""
    asked = request.args.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() else local(now()).year
    _ensure_year(year)
    return year


def _act(calendar_id: int, command: Callable[[Session], Any], told: str) -> ResponseReturnValue:
    _ensure_manages()
    return carry_out(
        command,
        told,
        refused=lambda error: _page(calendar_id, error),
        shown_at=url_for("calendars.show", calendar_id=calendar_id, year=request.form.get("year")),
    )


def _put(calendar_id: int, command: Callable[[Session], T], told: str | Callable[[T], str]) -> ResponseReturnValue:
    _ensure_manages()
    return carry_out(
        command,
        told,
        refused=lambda error: _page(calendar_id, error),
        shown_at=url_for("calendars.list_calendars"),
    )


def _list(error: DomainError | None = None) -> ResponseReturnValue:
    _ensure_manages()
    with reading() as session:
        found = calendars(session)
    page = render_template(
        "settings/calendars.html",
        calendars=[(one, _summary(one)) for one in found if not one.is_archived],
        archived=[one for one in found if one.is_archived],
        zone=services().settings.time_zone,
        typed=request.form,
        errors=field_errors(error) if error else {},
    )
    return page, status_of(error) if error else 200


def _summary(row: CalendarRow) -> list[tuple[str, str]]:
    return [(_(DAY_NAMES[day]), written(row.weekly.get(str(day), []))) for day in WEEKDAYS]


def _page(calendar_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    _ensure_manages()
    year = _year()
    with reading() as session:
        row = _row(session, calendar_id)
        uses = calendar_uses(session, calendar_id)
    typed = request.form if error else {}
    page = render_template(
        "settings/calendar.html",
        row=row,
        uses=uses,
        week=[
            (day, _(DAY_NAMES[day]), typed.get(f"day-{day}", written(row.weekly.get(str(day), [])))) for day in WEEKDAYS
        ],
        exceptions=[(one, written(one.spans)) for one in row.exceptions],
        offered=_offered(row, year),
        year=year,
        typed=typed,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200
