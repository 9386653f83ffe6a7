"""How people say a deadline, in the reader's language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from babel.dates import format_date, format_datetime
from flask import g

from engine.bpmn.deadline_rules import DeadlineRule, WorkingTime
from engine.errors import N_
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.deadline_words import (
    DeadlineKind,
    DeadlinePhrase,
    Words,
    WorkingUnit,
    deadline_phrase,
    describe_rule,
)
from engine.queries.calendars import default_calendar
from webui.formats import clock_time, day
from webui.i18n import _, locale, ngettext
from webui.request_context import now, reading


@dataclass(frozen=True, slots=True)
class Said:
    """``tone`` colours it, ``icon`` and ``words`` say the same without colour."""

    words: str
    tone: str
    icon: str
    kind: DeadlineKind
    moment: datetime


_LOOKS = {
    DeadlineKind.OVERDUE: ("overdue", "alert-triangle"),
    DeadlineKind.TODAY: ("today", "clock"),
    DeadlineKind.TOMORROW: ("soon", "calendar-due"),
    DeadlineKind.THIS_WEEK: ("soon", "calendar-due"),
    DeadlineKind.LATER: ("later", "calendar"),
}


_COUNT_BEFORE_ITS_WORD = re.compile(r"\b(\d{1,3}) (?=\w)")


def said(due_at: datetime | None) -> Said | None:
    """The deadline as people say it now, its number held to its word at the end of a line; None without one."""
    if due_at is None:
        return None
    phrase = deadline_phrase(due_at, now(), company_calendar())
    tone, icon = _LOOKS[phrase.kind]
    words = _COUNT_BEFORE_ITS_WORD.sub("\\1\N{NO-BREAK SPACE}", _in_words(phrase, due_at))
    return Said(words, tone, icon, phrase.kind, due_at)


def company_calendar() -> BusinessCalendar:
    """The company's calendar, read once per request."""
    if "calendar" not in g:
        with reading() as session:
            g.calendar = default_calendar(session)
    return cast("BusinessCalendar", g.calendar)


def rule_words(rule: DeadlineRule) -> str:
    """What was understood of a map's deadline: "3 working days"."""
    return _filled(describe_rule(rule))


def working_time(seconds: int) -> str:
    """A span of working time: days of the company's longest day, then hours, then minutes."""
    days, rest = divmod(seconds, int(company_calendar().day_length.total_seconds()))
    hours, minutes = rest // 3600, rest % 3600 // 60
    if days:
        return ngettext("%(num)s working day", "%(num)s working days", days)
    if hours:
        return ngettext("%(num)s working hour", "%(num)s working hours", hours)
    return ngettext("%(num)s minute", "%(num)s minutes", minutes) if minutes else _("under a minute")


def working_span(worked: timedelta) -> str:
    """A span of working time to compare with another: days with hours, or hours with minutes."""
    days, hours, minutes = _span_parts(worked)
    if not (days or hours or minutes):
        return _("under a minute")
    return rule_words(WorkingTime(days=days, seconds=hours * 3600 + minutes * 60))


def brief_span(worked: timedelta) -> str:
    """The same where there is little room and a heading says that it is working time: "6 h 40 min"."""
    days, hours, minutes = _span_parts(worked)
    units = ((days, N_("%(num)s wd")), (hours, N_("%(num)s h")), (minutes, N_("%(num)s min")))
    return " ".join(_(unit, num=count) for count, unit in units if count) or _("under a minute")


def _span_parts(worked: timedelta) -> tuple[int, int, int]:
    """Days, hours, minutes; beside days nobody looks at minutes."""
    days, rest = divmod(worked, company_calendar().day_length)
    hours, minutes = divmod(round(rest.total_seconds() / 60), 60)
    return days, hours, 0 if days else minutes


def _in_words(phrase: DeadlinePhrase, due_at: datetime) -> str:
    here = phrase.local or due_at
    time = clock_time(here)
    match phrase.kind:
        case DeadlineKind.OVERDUE:
            return _late(phrase)
        case DeadlineKind.TODAY:
            return _("today by %(time)s", time=time)
        case DeadlineKind.TOMORROW:
            return _("tomorrow by %(time)s", time=time)
        case DeadlineKind.THIS_WEEK:
            return _("%(day)s by %(time)s", day=format_date(here, format="EEE", locale=locale()), time=time)
        case _:
            return _("%(day)s by %(time)s", day=day(here.date()), time=time)


def _late(phrase: DeadlinePhrase) -> str:
    count = phrase.quantity
    if not count:
        return _("overdue")
    match phrase.unit:
        case WorkingUnit.WORKING_DAYS:
            return ngettext("overdue by %(num)s working day", "overdue by %(num)s working days", count)
        case WorkingUnit.WORKING_HOURS:
            return ngettext("overdue by %(num)s working hour", "overdue by %(num)s working hours", count)
        case _:
            return ngettext("overdue by %(num)s minute", "overdue by %(num)s minutes", count)


def _filled(words: Words) -> str:
    places = {name: _place(value) for name, value in words.params.items()}
    if words.plural:
        return ngettext(words.template, words.plural, words.params["count"], **places)
    return _(words.template, **places) if places else _(words.template)


def _place(value: Any) -> Any:
    if isinstance(value, Words):
        return _filled(value)
    if isinstance(value, tuple):
        return " ".join(_filled(one) for one in value)
    if isinstance(value, datetime):
        return format_datetime(value, format="d MMM y, HH:mm", locale=locale())
    return value
