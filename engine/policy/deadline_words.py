"""How people say a deadline, as data: the edge puts it into words of the reader's language.

``ngettext`` here only marks a pair of texts for translation, under the name that extraction tools look for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from engine.bpmn.deadline_rules import DeadlineRule, ElapsedTime, FixedInstant, MomentOfDay, WorkingTime
from engine.clock import as_utc
from engine.errors import N_
from engine.policy.business_calendar import BusinessCalendar

_SECONDS_AN_HOUR = 3600
_SECONDS_A_MINUTE = 60
_MONTHS_A_YEAR = 12


class DeadlineKind(StrEnum):
    NONE = "none"  # the step has no deadline
    OVERDUE = "overdue"
    TODAY = "today"
    TOMORROW = "tomorrow"
    THIS_WEEK = "this_week"  # Monday to Sunday
    LATER = "later"


class WorkingUnit(StrEnum):
    WORKING_DAYS = "working_days"
    WORKING_HOURS = "working_hours"
    MINUTES = "minutes"


@dataclass(frozen=True, slots=True)
class DeadlinePhrase:
    """``quantity`` of ``unit`` is the working time left, or, when overdue, passed since: whole units, rounded down.

    Zero minutes overdue means that nobody was at work since. ``local`` is the deadline in the calendar's zone.
    """

    kind: DeadlineKind
    quantity: int = 0
    unit: WorkingUnit | None = None
    local: datetime | None = None


def deadline_phrase(due_at: datetime | None, now: datetime, calendar: BusinessCalendar) -> DeadlinePhrase:
    """How far off ``due_at`` is at ``now``. Raises CalendarExhausted when that is more than ten years."""
    if due_at is None:
        return DeadlinePhrase(DeadlineKind.NONE)
    local, today = calendar.local(due_at), calendar.local(now).date()
    quantity, unit = _in_units(abs(calendar.working_time_between(now, due_at)), calendar.day_length)
    days_off = (local.date() - today).days
    if as_utc(due_at) < as_utc(now):
        kind = DeadlineKind.OVERDUE
    elif days_off == 0:
        kind = DeadlineKind.TODAY
    elif days_off == 1:
        kind = DeadlineKind.TOMORROW
    elif local.date().isocalendar()[:2] == today.isocalendar()[:2]:
        kind = DeadlineKind.THIS_WEEK
    else:
        kind = DeadlineKind.LATER
    return DeadlinePhrase(kind, quantity, unit, local)


def _in_units(working: timedelta, day_length: timedelta) -> tuple[int, WorkingUnit]:
    if working >= day_length:
        return working // day_length, WorkingUnit.WORKING_DAYS
    hours = working // timedelta(hours=1)
    return (hours, WorkingUnit.WORKING_HOURS) if hours else (working // timedelta(minutes=1), WorkingUnit.MINUTES)


class Words(NamedTuple):
    """A template and what fills it. A value in ``params`` may itself be Words, or a tuple of Words to be listed.

    With a ``plural``, ``template`` is the singular and ``params["count"]`` chooses.
    """

    template: str
    params: Mapping[str, Any]
    plural: str = ""


def describe_rule(rule: DeadlineRule) -> Words:
    """What was understood of a deadline's text, for the reader to compare with what was meant."""
    if isinstance(rule, WorkingTime | ElapsedTime):
        return _amount(rule)
    if isinstance(rule, MomentOfDay):
        template = N_("by %(time)s") if rule.weekday is None else _BY_WEEKDAY[rule.weekday]
        return Words(template, {"time": f"{rule.hour:02}:{rule.minute:02}"})
    if isinstance(rule, FixedInstant):
        return Words(N_("by %(moment)s"), {"moment": datetime.fromisoformat(rule.text)})
    if rule.offset is None:
        return Words(N_("on the date in “%(field)s”"), {"field": rule.expression})
    template = N_("%(amount)s before “%(field)s”") if rule.before else N_("%(amount)s after “%(field)s”")
    return Words(template, {"amount": _amount(rule.offset), "field": rule.expression})


def ngettext(singular: str, plural: str) -> tuple[str, str]:
    """Mark a pair for translation without choosing."""
    return singular, plural


_BY_WEEKDAY = (
    N_("by %(time)s on Monday"),
    N_("by %(time)s on Tuesday"),
    N_("by %(time)s on Wednesday"),
    N_("by %(time)s on Thursday"),
    N_("by %(time)s on Friday"),
    N_("by %(time)s on Saturday"),
    N_("by %(time)s on Sunday"),
)


def _amount(amount: WorkingTime | ElapsedTime) -> Words:
    hours, rest = divmod(amount.seconds, _SECONDS_AN_HOUR)
    minutes, seconds = divmod(rest, _SECONDS_A_MINUTE)
    counted: tuple[tuple[int, tuple[str, str]], ...]
    if isinstance(amount, WorkingTime):
        counted = (
            (amount.days, ngettext("%(count)s working day", "%(count)s working days")),
            (hours, ngettext("%(count)s working hour", "%(count)s working hours")),
            (minutes, ngettext("%(count)s working minute", "%(count)s working minutes")),
            (seconds, ngettext("%(count)s working second", "%(count)s working seconds")),
        )
    else:
        years, months = divmod(amount.months, _MONTHS_A_YEAR)
        counted = (
            (years, ngettext("%(count)s year", "%(count)s years")),
            (months, ngettext("%(count)s month", "%(count)s months")),
            (amount.days, ngettext("%(count)s day", "%(count)s days")),
            (hours, ngettext("%(count)s hour", "%(count)s hours")),
            (minutes, ngettext("%(count)s minute", "%(count)s minutes")),
            (seconds, ngettext("%(count)s second", "%(count)s seconds")),
        )
    parts = tuple(Words(single, {"count": count}, many) for count, (single, many) in counted if count)
    if not parts:
        return Words(N_("at once"), {})
    return parts[0] if len(parts) == 1 else Words("%(amounts)s", {"amounts": parts})
