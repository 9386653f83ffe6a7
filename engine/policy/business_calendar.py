"""Working time: weekly hours with breaks, days that differ, a zone, and the arithmetic on them.

Spans are built in local time and compared in UTC, so that an hour is an hour on the days when clocks change.
Days are counted by the Civil Code of Ukraine: a period begins on the day after the event (article 253), and only
days with working hours count. Where article 255 would let it last until the end of the last day, the product promises
the same time of day: "3 working days" from Monday 15:00 is Thursday 15:00, the earliest answer that both agree on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.bpmn.deadline_rules import WorkingTime
from engine.clock import as_utc
from engine.errors import N_, DomainError

Span = tuple[time, time]  # local times; an end that is not after the start lies on the next day
Day = tuple[Span, ...]  # empty: nobody works

LONGEST_SEARCH = timedelta(days=3660)  # ten years
_KEPT = 256
"""Moments that a calendar remembers."""
_ONE_DAY = timedelta(days=1)
_DAYS_A_WEEK = 7
_OFFICE_DAY: Day = ((time(9), time(13)), (time(14), time(18)))
OFFICE_WEEK: tuple[Day, ...] = (_OFFICE_DAY,) * 5 + ((), ())


class CalendarExhausted(DomainError):
    """The calendar has too little working time within ten years: the question has no useful answer."""

    code = "calendar_exhausted"
    template = N_("The working calendar has no such moment within ten years. Look at its hours and holidays.")


class CalendarNotUsable(DomainError):
    """The hours contradict themselves or name an unknown zone."""

    code = "calendar_not_usable"
    template = N_("The working calendar cannot be used: %(problem)s")


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Hours per weekday (Monday first); ``exceptions`` replace them: a holiday is empty, a moved day has hours.

    Raises CalendarNotUsable for an unknown zone, hours that overlap or a week without any.
    """

    zone: str = "Europe/Kyiv"
    week: tuple[Day, ...] = OFFICE_WEEK
    exceptions: Mapping[date, Day] = field(default_factory=dict)
    _counted: dict[tuple[datetime, int, int], datetime] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What was counted last: steps that open together, and their escalations, ask for the same moments."""

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise CalendarNotUsable(problem=self.zone) from error
        if len(self.week) != _DAYS_A_WEEK or not any(self.week):
            raise CalendarNotUsable(problem=N_("the week has no working hours"))
        for day in (*self.week, *self.exceptions.values()):
            _ensure_in_order(day)

    @property
    def tzinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def day_length(self) -> timedelta:
        """Working time of the longest day of an ordinary week: what "a working day" means in "late by two days"."""
        return _longest_day(self.week)

    def hours_of(self, day: date) -> Day:
        return self.exceptions.get(day, self.week[day.weekday()])

    def is_working_day(self, day: date) -> bool:
        return bool(self.hours_of(day))

    def is_working_moment(self, moment: datetime) -> bool:
        """The moment of closing is no working moment any more."""
        at = as_utc(moment)
        return any(start <= at < end for _, start, end in self._spans_from(at, at))

    def next_working_moment(self, moment: datetime) -> datetime:
        """``moment`` itself if somebody works then, else the next opening, in UTC. Raises CalendarExhausted."""
        at = as_utc(moment)
        for _, start, end in self._spans_from(at, at + LONGEST_SEARCH):
            if end > at:
                return max(start, at)
        raise CalendarExhausted

    def add_working_time(self, start: datetime, amount: WorkingTime) -> datetime:
        """The UTC instant ``amount`` after ``start``: first the days, then the seconds.

        N working days later means: the N-th day with working hours after the day of ``start``, at the same local time;
        before that day's opening or in its break it is moved to the next opening, after its closing to the closing.
        A start outside working hours counts from the next opening. Raises CalendarExhausted.
        """
        at = as_utc(start)
        asked = at, amount.days, amount.seconds
        known = self._counted.get(asked)
        if known is not None:
            return known
        if amount.days:
            at = self._days_later(at, amount.days)
        return self._keep(asked, self._seconds_later(at, timedelta(seconds=amount.seconds)) if amount.seconds else at)

    def subtract_working_time(self, end: datetime, amount: WorkingTime) -> datetime:
        """The UTC instant ``amount`` before ``end``: the mirror image of add_working_time.

        An end outside working hours counts back from the closing before it. Raises CalendarExhausted.
        """
        at = as_utc(end)
        asked = at, -amount.days, -amount.seconds
        known = self._counted.get(asked)
        if known is not None:
            return known
        if amount.days:
            at = self._days_earlier(at, amount.days)
        return self._keep(asked, self._seconds_earlier(at, timedelta(seconds=amount.seconds)) if amount.seconds else at)

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from ``start`` to ``end``, negative when ``end`` is first. Raises CalendarExhausted."""
        first, last = as_utc(start), as_utc(end)
        if last < first:
            return -self.working_time_between(last, first)
        if last - first > LONGEST_SEARCH:
            raise CalendarExhausted
        total = timedelta()
        for _, opens, closes in self._spans_from(first, last):
            total += max(min(closes, last) - max(opens, first), timedelta())
        return total

    def local(self, moment: datetime) -> datetime:
        return as_utc(moment).astimezone(self.tzinfo)

    def _keep(self, asked: tuple[datetime, int, int], counted: datetime) -> datetime:
        if len(self._counted) >= _KEPT:
            self._counted.clear()
        self._counted[asked] = counted
        return counted

    def _instant(self, day: date, at: time) -> datetime:
        return _instant(self.zone, day, at)

    def _spans_of(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        return _spans(self.zone, day, self.hours_of(day))

    def _spans_from(self, first: datetime, last: datetime) -> Iterator[tuple[date, datetime, datetime]]:
        """Spans that may touch [first, last], in order, none twice: a night shift may run into the next day's hours."""
        day = self.local(first).date() - _ONE_DAY
        last_day = self.local(last).date()
        reached: datetime | None = None
        while day <= last_day:
            for start, end in self._spans_of(day):
                opens = start if reached is None else max(start, reached)
                if end > opens:
                    yield day, opens, end
                    reached = end
            day += _ONE_DAY

    def _spans_back_from(self, last: datetime) -> Iterator[tuple[date, datetime, datetime]]:
        """The same spans as _spans_from, latest first, for ten years back."""
        day = self.local(last).date()
        oldest = day - LONGEST_SEARCH
        while day >= oldest:
            before = self._spans_of(day - _ONE_DAY)
            reached = before[-1][1] if before else None
            spans = []
            for start, end in self._spans_of(day):
                opens = start if reached is None else max(start, reached)
                if end > opens:
                    spans.append((day, opens, end))
            yield from reversed(spans)
            day -= _ONE_DAY

    def _seconds_later(self, at: datetime, left: timedelta) -> datetime:
        for _, start, end in self._spans_from(at, at + LONGEST_SEARCH):
            opens = max(start, at)
            if end <= opens:
                continue
            if end - opens >= left:
                return opens + left
            left -= end - opens
        raise CalendarExhausted

    def _seconds_earlier(self, at: datetime, left: timedelta) -> datetime:
        for _, start, end in self._spans_back_from(at):
            closes = min(end, at)
            if closes <= start:
                continue
            if closes - start >= left:
                return closes - left
            left -= closes - start
        raise CalendarExhausted

    def _days_later(self, at: datetime, days: int) -> datetime:
        for day, start, end in self._spans_from(at, at + LONGEST_SEARCH):
            if end >= at:
                return self._same_time_on(self._working_day_away(day, days, _ONE_DAY), day, max(start, at))
        raise CalendarExhausted

    def _days_earlier(self, at: datetime, days: int) -> datetime:
        for day, start, end in self._spans_back_from(at):
            if start <= at:
                return self._same_time_on(self._working_day_away(day, days, -_ONE_DAY), day, min(end, at))
        raise CalendarExhausted

    def _working_day_away(self, day: date, days: int, step: timedelta) -> date:
        found = day
        for _ in range(LONGEST_SEARCH.days):
            found += step
            days -= self.is_working_day(found)
            if days == 0:
                return found
        raise CalendarExhausted

    def _same_time_on(self, target: date, day: date, at: datetime) -> datetime:
        """The local time of ``at``, an instant in the hours of ``day``, on ``target``, moved into its hours."""
        local = self.local(at)
        wanted = self._instant(target + (local.date() - day), local.time())
        spans = self._spans_of(target)
        for start, end in spans:
            if wanted <= end:
                return max(start, wanted)
        return spans[-1][1] if spans else wanted


def _instant(zone: str, day: date, at: time) -> datetime:
    """A local time that clocks skip is read by the clock before the change, and so lies after it."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=4096)  # every step of every deal asks for the same few days
def _spans(zone: str, day: date, hours: Day) -> tuple[tuple[datetime, datetime], ...]:
    spans = []
    for opens, closes in hours:
        start = _instant(zone, day, opens)
        end = _instant(zone, day if closes > opens else day + _ONE_DAY, closes)
        if end > start:
            spans.append((start, end))
    return tuple(spans)


def _ensure_in_order(day: Day) -> None:
    for (opens, closes), (opens_next, _) in pairwise(day):
        if closes <= opens or opens_next < closes:
            raise CalendarNotUsable(problem=N_("working hours overlap"))


@lru_cache(maxsize=64)  # each row of a list asks for it
def _longest_day(week: tuple[Day, ...]) -> timedelta:
    return max(sum((_length(span) for span in day), timedelta()) for day in week)


def _length(span: Span) -> timedelta:
    opens, closes = (timedelta(hours=at.hour, minutes=at.minute, seconds=at.second) for at in span)
    return closes - opens if closes > opens else closes - opens + _ONE_DAY


DEFAULT_CALENDAR = BusinessCalendar()
"""Monday to Friday 9–18, a break 13–14, Europe/Kyiv; no holidays, because under martial law they are working days."""
