"""Working calendars: weekly hours and the days that differ; putting one away, deleting one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.arranging import take_turn_arranging
from engine.commands.history import record
from engine.errors import N_, Conflict, DomainError, FieldRequired, InvalidInput, NotFound
from engine.events import CalendarArchived, CalendarChanged, CalendarDeleted, CalendarRestored
from engine.model.calendar import Calendar, CalendarException
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.uses import calendar_uses, deleted_calendar

Spans = Sequence[tuple[str, str]]

STANDARD_WEEK: Mapping[str, list[list[str]]] = {
    str(weekday): [["09:00", "13:00"], ["14:00", "18:00"]] for weekday in range(5)
}
"""Monday to Friday, 9 to 18 with a break from 13 to 14: the forty hours of article 50 of the Ukrainian Labour Code."""


class HoursNotUnderstood(DomainError):
    code: ClassVar[str] = "hours_not_understood"
    template: ClassVar[str] = N_(
        "“%(value)s” is no working time: write spans such as 09:00–13:00, one after the other."
    )


class HoursMissing(DomainError):
    code: ClassVar[str] = "hours_missing"
    template: ClassVar[str] = N_("Give at least one day working hours, for example 09:00–13:00, 14:00–18:00.")


class ZoneUnknown(DomainError):
    code: ClassVar[str] = "zone_unknown"
    template: ClassVar[str] = N_("There is no time zone “%(zone)s”. It is written like Europe/Kyiv.")


class CalendarIsArchived(Conflict):
    code: ClassVar[str] = "calendar_archived"
    template: ClassVar[str] = N_("The calendar “%(name)s” is archived. Take it into use again first.")


class CalendarInUse(Conflict):
    """Archived, it would leave people without their hours."""

    code: ClassVar[str] = "calendar_in_use"
    template: ClassVar[str] = N_("The calendar “%(name)s” is still in use: its page says where.")


class CalendarWasUsed(Conflict):
    """History names it."""

    code: ClassVar[str] = "calendar_was_used"
    template: ClassVar[str] = N_("The calendar “%(name)s” was in use, and history names it: archive it instead.")


class CalendarExists(DomainError):
    code: ClassVar[str] = "calendar_exists"
    template: ClassVar[str] = N_("There is a calendar “%(name)s” already.")


def add_calendar(
    session: Session, name: str, zone: str, weekly: Mapping[str, Spans], *, actor: Actor, clock: Clock
) -> Calendar:
    """``weekly`` maps a weekday ("0" is Monday) to spans of local time. Raises NotAllowed, InvalidInput."""
    ensure_may(actor, Ability.MANAGE_CALENDARS)
    if not name.strip():
        raise InvalidInput({"name": FieldRequired(label=N_("Name"))})
    take_turn_arranging(session)
    same = session.scalar(select(Calendar).where(Calendar.name == name.strip()))
    if same is not None:
        known = CalendarIsArchived if same.archived_at is not None else CalendarExists
        raise InvalidInput({"name": known(name=same.name)})
    _ensure_zone(zone)
    first = session.query(Calendar).first() is None
    calendar = Calendar(name=name.strip(), zone=zone, weekly=_week(weekly), is_default=first)
    session.add(calendar)
    session.flush()
    record(
        session, CalendarChanged(calendar_id=calendar.id, changes={"name": [None, name]}), actor=actor, at=clock.now()
    )
    return calendar


def update_weekly_hours(
    session: Session, calendar_id: int, weekly: Mapping[str, Spans], *, actor: Actor, clock: Clock
) -> Calendar:
    """Raises NotFound, NotAllowed, InvalidInput. Deadlines already counted stay as they were promised."""
    calendar = _calendar(session, calendar_id, actor)
    before, calendar.weekly = calendar.weekly, _week(weekly)
    record(
        session,
        CalendarChanged(calendar_id=calendar.id, changes={"weekly": [before, calendar.weekly]}),
        actor=actor,
        at=clock.now(),
    )
    return calendar


def set_calendar_exception(
    session: Session, calendar_id: int, day: date, spans: Spans, name: str, *, actor: Actor, clock: Clock
) -> CalendarException:
    """Make ``day`` a holiday (no spans) or a day with hours of its own. Raises NotFound, NotAllowed, InvalidInput."""
    calendar = _calendar(session, calendar_id, actor)
    wanted = _spans(spans)
    exception = next((one for one in calendar.exceptions if one.day == day), None)
    before = exception.spans if exception else None
    if exception is None:
        exception = CalendarException(calendar_id=calendar.id, day=day, spans=wanted, name=name.strip())
        calendar.exceptions.append(exception)
    else:
        exception.spans, exception.name = wanted, name.strip()
    record(
        session,
        CalendarChanged(calendar_id=calendar.id, changes={day.isoformat(): [before, wanted]}),
        actor=actor,
        at=clock.now(),
    )
    return exception


def remove_calendar_exception(session: Session, calendar_id: int, day: date, *, actor: Actor, clock: Clock) -> None:
    """Make ``day`` an ordinary one again. Where it is one already, nothing happens. Raises NotFound, NotAllowed."""
    calendar = _calendar(session, calendar_id, actor)
    exception = next((one for one in calendar.exceptions if one.day == day), None)
    if exception is None:
        return  # a second press, or somebody else was faster: it is as was asked for
    calendar.exceptions.remove(exception)
    record(
        session,
        CalendarChanged(calendar_id=calendar.id, changes={day.isoformat(): [exception.spans, None]}),
        actor=actor,
        at=clock.now(),
    )


def make_default(session: Session, calendar_id: int, *, actor: Actor, clock: Clock) -> None:
    """Count by this calendar wherever a department has none of its own. Raises NotFound, NotAllowed."""
    calendar = _calendar(session, calendar_id, actor)
    session.execute(update(Calendar).where(Calendar.id != calendar.id).values(is_default=False))
    calendar.is_default = True
    record(
        session,
        CalendarChanged(calendar_id=calendar.id, changes={"is_default": [False, True]}),
        actor=actor,
        at=clock.now(),
    )


def archive_calendar(session: Session, calendar_id: int, *, actor: Actor, clock: Clock) -> Calendar:
    """Count nothing new by it. Archived already, nothing happens. Raises NotFound, NotAllowed, CalendarInUse."""
    calendar = _locked(session, calendar_id, actor)
    if calendar.archived_at is not None:
        return calendar
    if calendar_uses(session, calendar.id).now:
        raise CalendarInUse(name=calendar.name)
    calendar.archived_at = clock.now()
    record(session, CalendarArchived(calendar_id=calendar.id, name=calendar.name), actor=actor, at=clock.now())
    return calendar


def restore_calendar(session: Session, calendar_id: int, *, actor: Actor, clock: Clock) -> Calendar:
    """Let it be chosen again. In use already, nothing happens. Raises NotFound, NotAllowed."""
    calendar = _locked(session, calendar_id, actor)
    if calendar.archived_at is not None:
        calendar.archived_at = None
        record(session, CalendarRestored(calendar_id=calendar.id, name=calendar.name), actor=actor, at=clock.now())
    return calendar


def delete_calendar(session: Session, calendar_id: int, *, actor: Actor, clock: Clock) -> str:
    """Remove one that was made by mistake and never counted by; what it was called.

    Deleted already, by whomever, it is as was asked for. Raises NotFound, NotAllowed, CalendarWasUsed.
    """
    ensure_may(actor, Ability.MANAGE_CALENDARS)
    deleted = deleted_calendar(session, calendar_id)
    if deleted is not None:
        return deleted
    calendar = _locked(session, calendar_id, actor)
    if calendar_uses(session, calendar.id).ever:
        raise CalendarWasUsed(name=calendar.name)
    session.delete(calendar)
    session.flush()
    record(session, CalendarDeleted(calendar_id=calendar_id, name=calendar.name), actor=actor, at=clock.now())
    return calendar.name


def _calendar(session: Session, calendar_id: int, actor: Actor) -> Calendar:
    """One that may be changed."""
    calendar = _locked(session, calendar_id, actor)
    if calendar.archived_at is not None:
        raise CalendarIsArchived(name=calendar.name)
    return calendar


def _locked(session: Session, calendar_id: int, actor: Actor) -> Calendar:
    """One who puts a calendar away and one who lets a department count by it come one after the other."""
    ensure_may(actor, Ability.MANAGE_CALENDARS)
    take_turn_arranging(session)
    calendar = session.get(Calendar, calendar_id, with_for_update=True)
    if calendar is None:
        raise NotFound
    return calendar


def _week(weekly: Mapping[str, Spans]) -> dict[str, Any]:
    week = {day: _spans(spans) for day, spans in weekly.items() if spans}
    if not week:
        raise InvalidInput({"weekly": HoursMissing()})
    if not set(week) <= {str(day) for day in range(7)}:
        raise InvalidInput({"weekly": HoursNotUnderstood(value=", ".join(weekly))})
    return week


def _spans(spans: Spans) -> list[list[str]]:
    """Read spans in order, without overlap; a span past midnight ends on the next day."""
    read: list[list[str]] = []
    for start, end in spans:
        try:
            opened, closed = time.fromisoformat(start), time.fromisoformat(end)
        except ValueError:
            raise InvalidInput({"spans": HoursNotUnderstood(value=f"{start}–{end}")}) from None
        overlaps = bool(read) and time.fromisoformat(read[-1][1]) > opened
        if opened == closed or overlaps:
            raise InvalidInput({"spans": HoursNotUnderstood(value=f"{start}–{end}")})
        read.append([opened.strftime("%H:%M"), closed.strftime("%H:%M")])
    return read


def _ensure_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, a name longer than files may have
        raise InvalidInput({"zone": ZoneUnknown(zone=zone)}) from None
