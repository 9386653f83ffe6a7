"""From a deadline rule or a timer rule to the instant that it means, on a given calendar."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from engine.bpmn.compiled import TimerRule
from engine.bpmn.deadline_rules import (
    DeadlineRule,
    ElapsedTime,
    FixedInstant,
    MomentOfDay,
    RelativeToField,
    WorkingTime,
)
from engine.bpmn.deadline_text import END_OF_DAY, parse_deadline, parse_timer_value
from engine.bpmn.duration_text import is_nothing
from engine.clock import as_utc
from engine.errors import N_, DomainError
from engine.policy.business_calendar import BusinessCalendar, CalendarExhausted

Evaluate = Callable[[str], Any]

_ONE_DAY = timedelta(days=1)
_MONTHS_A_YEAR = 12
_LONGEST_MONTH = timedelta(days=31)
_DAY_WITH_CLOCK_CHANGE = timedelta(hours=25)
_MOST_DAYS_OFF = 366


class DeadlineDateMissing(DomainError):
    """The deadline depends on data that nobody has filled in yet."""

    code = "deadline_date_missing"
    template = N_("The deadline depends on “%(expression)s”, which is empty.")


class DeadlineDateNotADate(DomainError):
    """The deadline depends on data that is no date."""

    code = "deadline_date_not_a_date"
    template = N_("The deadline depends on “%(expression)s”, but “%(value)s” is no date.")


class DueDateOutOfRange(DomainError):
    """The instant would lie outside the years that a computer can name."""

    code = "due_date_out_of_range"
    template = N_("The deadline lies too far away.")


def due_at(
    rule: DeadlineRule, start: datetime, calendar: BusinessCalendar, evaluate: Evaluate | None = None
) -> datetime:
    """The aware UTC instant by which a step opened at ``start`` is due.

    Months and days are counted on local dates, at the same local time; a day that a month does not have becomes its
    last. A date without a time lasts until 23:59. "By 18:00" without a weekday is the next 18:00 of a working day:
    a deadline on a day off moves to the next working day (Civil Code of Ukraine, article 254, part 5).
    ``evaluate`` gives the value of an expression over the deal's data; without it, such a value counts as missing.
    Raises DeadlineDateMissing, DeadlineDateNotADate, DueDateOutOfRange, CalendarExhausted.
    """
    if isinstance(rule, WorkingTime | ElapsedTime):
        return moved(start, rule, calendar)
    if isinstance(rule, MomentOfDay):
        return _next_moment(rule, as_utc(start), calendar, only_working_days=rule.weekday is None)
    if isinstance(rule, FixedInstant):
        return _fixed(rule.text, calendar)
    base = _base_of(rule, start, calendar, evaluate)
    return moved(base, rule.offset, calendar, before=rule.before)


def moved(
    moment: datetime, offset: WorkingTime | ElapsedTime | None, calendar: BusinessCalendar, *, before: bool = False
) -> datetime:
    """The UTC instant ``offset`` after ``moment``, or before it. Raises CalendarExhausted."""
    if offset is None:
        return as_utc(moment)
    if isinstance(offset, ElapsedTime):
        return _elapsed(moment, offset, calendar, sign=-1 if before else 1)
    return (calendar.subtract_working_time if before else calendar.add_working_time)(moment, offset)


class CalendarDueTimes:
    """When timers fire, on one calendar. Implements engine.bpmn.runtime.DueTimes.

    ``evaluate`` gives the values of expressions that a timer rule names.
    """

    def __init__(self, calendar: BusinessCalendar, evaluate: Evaluate | None = None) -> None:
        self._calendar = calendar
        self._evaluate = evaluate

    def first(self, rule: TimerRule, at: datetime) -> datetime:
        """A date that is past fires at once; a cycle fires first after one interval."""
        return self._after(self._rule_of(rule), at)

    def next(self, rule: TimerRule, fired: datetime, at: datetime) -> datetime:
        """Ticks stay on the grid that ``fired`` lies on; those missed before ``at`` are skipped."""
        interval, last, now = self._rule_of(rule), as_utc(fired), as_utc(at)
        if isinstance(interval, WorkingTime | ElapsedTime) and is_nothing(interval):
            raise DeadlineDateNotADate(expression=rule.expression or "", value="PT0S")  # it would fire for ever
        if isinstance(interval, WorkingTime) and not interval.days:
            return self._next_of_working_seconds(interval, last, now)
        if isinstance(interval, ElapsedTime):
            return self._next_of_elapsed(interval, last, now)
        if isinstance(interval, MomentOfDay):
            return self._after(interval, max(last, now))
        tick = self._after(interval, last)
        while tick <= now and tick > last:
            last, tick = tick, self._after(interval, tick)
        return tick

    def _after(self, rule: DeadlineRule, at: datetime) -> datetime:
        if isinstance(rule, MomentOfDay):
            return _next_moment(rule, as_utc(at), self._calendar)
        return due_at(rule, at, self._calendar, self._evaluate)

    def _rule_of(self, rule: TimerRule) -> DeadlineRule:
        if rule.rule is not None:
            return rule.rule
        expression = rule.expression or ""
        value = _value_of(expression, self._evaluate)
        if isinstance(value, timedelta):
            return ElapsedTime(seconds=round(value.total_seconds()))
        if isinstance(value, date):
            return FixedInstant(text=value.isoformat())
        if isinstance(value, str) and not value.startswith(("=", "${", "#{")):
            read = parse_timer_value(rule.kind, value).rule
            if read is not None:
                return read
        raise DeadlineDateNotADate(expression=expression, value=str(value))

    def _next_of_working_seconds(self, interval: WorkingTime, last: datetime, now: datetime) -> datetime:
        passed = max(self._calendar.working_time_between(last, now), timedelta())
        ticks = int(passed.total_seconds()) // interval.seconds + 1
        return self._calendar.add_working_time(last, WorkingTime(seconds=ticks * interval.seconds))

    def _next_of_elapsed(self, interval: ElapsedTime, last: datetime, now: datetime) -> datetime:
        # No interval is longer than this, so so many ticks are past for certain; the few that remain are tried.
        longest = (
            interval.months * _LONGEST_MONTH
            + interval.days * _DAY_WITH_CLOCK_CHANGE
            + timedelta(seconds=interval.seconds)
        )
        ticks = max(1, (now - last) // longest)
        while True:
            multiple = ElapsedTime(
                months=interval.months * ticks, days=interval.days * ticks, seconds=interval.seconds * ticks
            )
            tick = _elapsed(last, multiple, self._calendar, sign=1)
            if tick > max(last, now):
                return tick
            ticks += 1


def _value_of(expression: str, evaluate: Evaluate | None) -> Any:
    value = evaluate(expression) if evaluate is not None else None
    if value is None or value == "":
        raise DeadlineDateMissing(expression=expression)
    return value


def _base_of(rule: RelativeToField, start: datetime, calendar: BusinessCalendar, evaluate: Evaluate | None) -> datetime:
    value = _value_of(rule.expression, evaluate)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return as_utc(value)
    if isinstance(value, date):
        return _fixed(value.isoformat(), calendar)
    if isinstance(value, str):
        read = parse_deadline(value)
        if not isinstance(read, RelativeToField):
            return due_at(read, start, calendar)
    raise DeadlineDateNotADate(expression=rule.expression, value=str(value))


def _fixed(text: str, calendar: BusinessCalendar) -> datetime:
    if "T" not in text:
        return _local_instant(date.fromisoformat(text), END_OF_DAY, calendar)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=calendar.tzinfo)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise DueDateOutOfRange from error


def _next_moment(
    rule: MomentOfDay, start: datetime, calendar: BusinessCalendar, *, only_working_days: bool = False
) -> datetime:
    day = calendar.local(start).date()
    for _ in range(_MOST_DAYS_OFF):
        found = _local_instant(day, time(rule.hour, rule.minute), calendar)
        wanted = rule.weekday in {None, day.weekday()} and (not only_working_days or calendar.is_working_day(day))
        if found > start and wanted:
            return found
        day += _ONE_DAY
    raise CalendarExhausted


def _local_instant(day: date, at: time, calendar: BusinessCalendar) -> datetime:
    return datetime.combine(day, at, calendar.tzinfo).astimezone(UTC)


def _elapsed(moment: datetime, amount: ElapsedTime, calendar: BusinessCalendar, *, sign: int) -> datetime:
    at = as_utc(moment)
    try:
        if amount.months or amount.days:
            local = calendar.local(at)
            year, month = divmod(local.year * _MONTHS_A_YEAR + local.month - 1 + sign * amount.months, _MONTHS_A_YEAR)
            day = date(year, month + 1, min(local.day, monthrange(year, month + 1)[1])) + sign * amount.days * _ONE_DAY
            at = _local_instant(day, local.time(), calendar)
        return at + sign * timedelta(seconds=amount.seconds)
    except (OverflowError, ValueError) as error:
        raise DueDateOutOfRange from error
