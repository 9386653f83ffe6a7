"""When and where somebody is written to.

At once, at the times of their digest, or never; not outside their working hours; by letter, in Telegram, or both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from engine.clock import as_utc
from engine.model.letter import Channel
from engine.model.notice import NoticeKind
from engine.policy.business_calendar import BusinessCalendar, CalendarExhausted


class Delivery(StrEnum):
    AT_ONCE = "at_once"
    DIGEST = "digest"
    NEVER = "never"


class Place(StrEnum):
    BOTH = "both"
    TELEGRAM = "telegram"
    MAIL = "mail"


USUAL_TIMES = (time(9),)
MOST_TIMES = 6
ALWAYS = frozenset({NoticeKind.REPLY_UNDERSTOOD, NoticeKind.REPLY_UNREAD, NoticeKind.REPLY_LATE})
"""Answers to what the person has just written themselves: nobody chooses whether and when they come."""

_IN_DIGESTS = frozenset({NoticeKind.STEP_TO_TAKE, NoticeKind.STEP_WITHDRAWN, NoticeKind.DEAL_CHANGED})
_CHANNELS: Mapping[Place, tuple[Channel, ...]] = {
    Place.BOTH: (Channel.MAIL, Channel.TELEGRAM),
    Place.TELEGRAM: (Channel.TELEGRAM,),
    Place.MAIL: (Channel.MAIL,),
}
_TIME = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")
_ONE_DAY = timedelta(days=1)
_DAYS_LOOKED_AHEAD = 2


def usual_delivery(kind: NoticeKind) -> Delivery:
    """How a kind comes to who has chosen nothing."""
    return Delivery.DIGEST if kind in _IN_DIGESTS else Delivery.AT_ONCE


@dataclass(frozen=True, slots=True)
class MailChoices:
    """One person's. ``times`` are local to their calendar, in order."""

    deliveries: Mapping[NoticeKind, Delivery] = field(default_factory=dict)
    places: Mapping[NoticeKind, Place] = field(default_factory=dict)
    times: tuple[time, ...] = USUAL_TIMES
    keeps_quiet: bool = True

    def delivery_of(self, kind: NoticeKind) -> Delivery:
        return Delivery.AT_ONCE if kind in ALWAYS else self.deliveries.get(kind, usual_delivery(kind))

    def place_of(self, kind: NoticeKind) -> Place:
        """Where a kind comes to who can be reached in Telegram. What answers a letter comes as one."""
        return Place.MAIL if kind in ALWAYS else self.places.get(kind, Place.BOTH)


def channels_of(kind: NoticeKind, choices: MailChoices, reached: Collection[Channel]) -> tuple[Channel, ...]:
    """By which of the channels that reach a person a notice goes: in another place than chosen rather than nowhere."""
    chosen = tuple(one for one in _CHANNELS[choices.place_of(kind)] if one in reached)
    return chosen or tuple(one for one in Channel if one in reached)[:1]


def told_at(kind: NoticeKind, choices: MailChoices, calendar: BusinessCalendar, at: datetime) -> datetime | None:
    """The UTC instant at which a notice that arose at ``at`` is told, or None: never."""
    delivery = choices.delivery_of(kind)
    if delivery is Delivery.NEVER:
        return None
    if kind in ALWAYS:
        return as_utc(at)
    told = next_digest_at(choices.times, calendar, at) if delivery is Delivery.DIGEST else as_utc(at)
    if not choices.keeps_quiet:
        return told
    try:
        return calendar.next_working_moment(told)
    except CalendarExhausted:  # a calendar without working hours keeps nobody's mail for ever
        return told


def next_digest_at(times: tuple[time, ...], calendar: BusinessCalendar, at: datetime) -> datetime:
    """The first of the local ``times`` after ``at``."""
    today = calendar.local(at).date()
    moments = (
        _instant(calendar, today + _ONE_DAY * days, one)
        for days in range(_DAYS_LOOKED_AHEAD + 1)
        for one in sorted(times or USUAL_TIMES)
    )
    return next(moment for moment in moments if moment > at)


def read_times(text: str) -> tuple[time, ...]:
    """Times such as "9:00, 14:30" in order, each once. Raises ValueError for anything else, or for too many."""
    times = set()
    for word in re.split(r"[\s,;]+", text.strip()):
        found = _TIME.fullmatch(word)
        if found is None:
            raise ValueError(word)
        times.add(time(int(found[1]), int(found[2])))
    if len(times) > MOST_TIMES:
        raise ValueError(text)
    return tuple(sorted(times))


def _instant(calendar: BusinessCalendar, day: date, at: time) -> datetime:
    return as_utc(datetime.combine(day, at, calendar.tzinfo))
