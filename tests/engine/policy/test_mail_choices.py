from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time

import pytest

from engine.model.letter import Channel
from engine.model.notice import NoticeKind
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.mail_choices import ALWAYS, Delivery, MailChoices, Place, channels_of, read_times, told_at

KYIV = BusinessCalendar()  # Monday to Friday, 9 to 18, a break from 13 to 14


def kyiv(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in March 2026, which begins on a Sunday, before the clocks change."""
    return datetime(2026, 3, day, hour - 2, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (kyiv(2, 10), kyiv(2, 10)),
        (kyiv(2, 8, 15), kyiv(2, 9)),
        (kyiv(2, 13, 30), kyiv(2, 14)),
        (kyiv(2, 18), kyiv(3, 9)),
        (kyiv(6, 22), kyiv(9, 9)),
    ],
    ids=["at work", "before work", "in the break", "after work", "on Friday night"],
)
def test_what_goes_at_once_waits_in_quiet_hours_for_the_next_working_moment(at: datetime, told: datetime) -> None:
    assert told_at(NoticeKind.STEP_OPENED, MailChoices(), KYIV, at) == told


def test_who_wants_no_quiet_hours_is_told_at_night() -> None:
    choices = MailChoices(keeps_quiet=False)
    assert told_at(NoticeKind.STEP_OPENED, choices, KYIV, kyiv(6, 22)) == kyiv(6, 22)


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (kyiv(2, 9), kyiv(2, 16, 30)),
        (kyiv(2, 16, 30), kyiv(3, 9)),
        (kyiv(6, 17), kyiv(9, 9)),
    ],
    ids=["later today", "tomorrow", "over the weekend"],
)
def test_a_digest_comes_at_the_next_of_its_times(at: datetime, told: datetime) -> None:
    choices = MailChoices({NoticeKind.STEP_OPENED: Delivery.DIGEST}, times=(time(16, 30), time(9)))
    assert told_at(NoticeKind.STEP_OPENED, choices, KYIV, at) == told


def test_what_nobody_wants_is_never_told() -> None:
    choices = MailChoices({NoticeKind.STEP_OPENED: Delivery.NEVER})
    assert told_at(NoticeKind.STEP_OPENED, choices, KYIV, kyiv(2, 10)) is None


@pytest.mark.parametrize("kind", sorted(ALWAYS))
def test_an_answer_to_an_answer_comes_at_once_whatever_is_chosen(kind: NoticeKind) -> None:
    choices = MailChoices({kind: Delivery.NEVER})
    assert told_at(kind, choices, KYIV, kyiv(6, 22)) == kyiv(6, 22)


@pytest.mark.parametrize(
    ("text", "times"),
    [("9:00", (time(9),)), ("16.30, 9:00 9:00", (time(9), time(16, 30))), (" 23:59;00:00 ", (time(0), time(23, 59)))],
)
def test_times_are_read_as_people_write_them(text: str, times: tuple[time, ...]) -> None:
    assert read_times(text) == times


@pytest.mark.parametrize("text", ["", "24:00", "9", "о дев'ятій", "1:00 2:00 3:00 4:00 5:00 6:00 7:00", "9:60"])
def test_anything_else_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_times(text)


@pytest.mark.parametrize(
    ("kind", "place", "reached", "expected"),
    [
        (NoticeKind.STEP_OPENED, None, Channel, (Channel.MAIL, Channel.TELEGRAM)),
        (NoticeKind.STEP_OPENED, Place.TELEGRAM, Channel, (Channel.TELEGRAM,)),
        (NoticeKind.STEP_OPENED, Place.TELEGRAM, (Channel.MAIL,), (Channel.MAIL,)),
        (NoticeKind.STEP_OPENED, Place.MAIL, (Channel.TELEGRAM,), (Channel.TELEGRAM,)),
        (NoticeKind.STEP_OPENED, Place.BOTH, (), ()),
        (NoticeKind.REPLY_UNREAD, Place.TELEGRAM, Channel, (Channel.MAIL,)),
    ],
)
def test_it_comes_where_it_is_wanted_or_elsewhere_rather_than_nowhere(
    kind: NoticeKind, place: Place | None, reached: Iterable[Channel], expected: tuple[Channel, ...]
) -> None:
    choices = MailChoices(places={kind: place} if place is not None else {})
    assert channels_of(kind, choices, tuple(reached)) == expected
