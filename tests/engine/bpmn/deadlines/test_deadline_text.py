"""Deadlines and timer values, as owners and tools write them."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.compiled import TimerKind, TimerRule
from engine.bpmn.deadline_rules import (
    DeadlineRule,
    ElapsedTime,
    FixedInstant,
    MomentOfDay,
    RelativeToField,
    WorkingTime,
)
from engine.bpmn.deadline_text import DeadlineNotUnderstood, parse_deadline, parse_timer_value

HOUR, DAY = 3600, 86_400


@pytest.mark.parametrize(
    ("text", "days", "hours"),
    [
        ("3 р.д.", 3, 0),
        ("3 р. д.", 3, 0),
        ("3р.д.", 3, 0),
        ("3 рд", 3, 0),
        ("3 РОБОЧІ ДНІ", 3, 0),
        ("5 робочих днів", 5, 0),
        ("2 роб. дн.", 2, 0),
        ("2 дні робочих", 2, 0),
        ("робочий день", 1, 0),
        ("два робочі дні", 2, 0),
        ("п’ять робочих днів", 5, 0),
        ("протягом 5 (п'яти) робочих днів", 5, 0),
        ("до 3-х робочих днів", 3, 0),
        ("не пізніше ніж 2 робочі дні", 2, 0),
        ("Термін: 3 р.д.", 3, 0),
        ("3 р.д. з моменту отримання", 3, 0),
        ("«3 р.д.»", 3, 0),
        ("3\u00a0р.д.", 3, 0),
        ("2 робочі тижні", 10, 0),
        ("4 роб. год", 0, 4),
        ("4 роб.год.", 0, 4),
        ("4 робочі години", 0, 4),
        ("4 години робочого часу", 0, 4),
        ("1 р.д. 4 год", 1, 4),
        ("1 робочий день і 4 робочі години", 1, 4),
        ("2 business days", 2, 0),
        ("within 2 working days", 2, 0),
        ("2bd", 2, 0),
        ("2 business-days", 2, 0),
        ("2 бізнес-дні", 2, 0),
        ("протягом двадцяти робочих днів", 20, 0),
        ("4 business hours", 0, 4),
        ("3 Werktage", 3, 0),
        ("3 рабочих дня", 3, 0),
    ],
)
def test_working_time_is_read(text: str, days: int, hours: int) -> None:
    assert parse_deadline(text) == WorkingTime(days=days, seconds=hours * HOUR)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("P2D", ElapsedTime(days=2)),
        ('"P2D"', ElapsedTime(days=2)),
        ("'PT4H'", ElapsedTime(seconds=4 * HOUR)),
        ("pt1.5h", ElapsedTime(seconds=5400)),
        ("PT1,5H", ElapsedTime(seconds=5400)),
        ("P0.5D", ElapsedTime(seconds=12 * HOUR)),
        ("P2W", ElapsedTime(days=14)),
        ("P1Y2M3DT4H5M6S", ElapsedTime(months=14, days=3, seconds=4 * HOUR + 306)),
        ('duration("P2D")', ElapsedTime(days=2)),
        ("2 дні", ElapsedTime(days=2)),
        ("10 календарних днів", ElapsedTime(days=10)),
        ("5-ти днів", ElapsedTime(days=5)),
        ("1 доба", ElapsedTime(days=1)),
        ("2 доби", ElapsedTime(days=2)),
        ("тиждень", ElapsedTime(days=7)),
        ("2 тижні", ElapsedTime(days=14)),
        ("5 тижнів", ElapsedTime(days=35)),
        ("3 місяці", ElapsedTime(months=3)),
        ("1 квартал", ElapsedTime(months=3)),
        ("1 рік", ElapsedTime(months=12)),
        ("30 хв", ElapsedTime(seconds=1800)),
        ("30 хвилин", ElapsedTime(seconds=1800)),
        ("1 год 30 хв", ElapsedTime(seconds=5400)),
        ("півгодини", ElapsedTime(seconds=1800)),
        ("півтори години", ElapsedTime(seconds=5400)),
        ("half an hour", ElapsedTime(seconds=1800)),
        ("an hour", ElapsedTime(seconds=HOUR)),
        ("36 hours", ElapsedTime(seconds=36 * HOUR)),
        ("24 Hours", ElapsedTime(seconds=DAY)),
        ("48h", ElapsedTime(seconds=48 * HOUR)),
        ("1h30m", ElapsedTime(seconds=5400)),
        ("5 Minuten", ElapsedTime(seconds=300)),
        ("2 Tage", ElapsedTime(days=2)),
        ("after 7 days", ElapsedTime(days=7)),
        ("2 days passed", ElapsedTime(days=2)),
        ("до 24 год", ElapsedTime(seconds=24 * HOUR)),
        ("до 4 год", ElapsedTime(seconds=4 * HOUR)),
        ("протягом 18 год", ElapsedTime(seconds=18 * HOUR)),
        ("протягом доби", ElapsedTime(days=1)),
        ("протягом тижня", ElapsedTime(days=7)),
        ("протягом години", ElapsedTime(seconds=HOUR)),
        ("п'ятнадцять днів", ElapsedTime(days=15)),
        ("30 (тридцять) календарних днів", ElapsedTime(days=30)),
        ("10 к.д.", ElapsedTime(days=10)),
        ("10 кд", ElapsedTime(days=10)),
        ("3 days max", ElapsedTime(days=3)),
        ("2 години максимум", ElapsedTime(seconds=2 * HOUR)),
    ],
)
def test_elapsed_time_is_read(text: str, rule: DeadlineRule) -> None:
    assert parse_deadline(text) == rule


@pytest.mark.parametrize(
    ("text", "hour", "minute", "weekday"),
    [
        ("до 18:00", 18, 0, None),
        ("до 18.00", 18, 0, None),
        ("не пізніше 18:00", 18, 0, None),
        ("о 9:30", 9, 30, None),
        ("by 6 pm", 18, 0, None),
        ("until 6:15pm", 18, 15, None),
        ("until 12 am", 0, 0, None),
        ("до 24:00", 23, 59, None),
        ("до 18 години", 18, 0, None),
        ("до 18-ї години", 18, 0, None),
        ("не пізніше 9 години 30 хв", 9, 30, None),
        ("о 18 годині", 18, 0, None),
        ("щоп'ятниці до 18 години", 18, 0, 4),
        ("до кінця дня", 23, 59, None),
        ("EOD", 23, 59, None),
        ("щоп'ятниці 12:00", 12, 0, 4),
        ("щопʼятниці 12:00", 12, 0, 4),
        ("щоп’ятниці 12:00", 12, 0, 4),
        ("кожної п'ятниці до 12:00", 12, 0, 4),
        ("every Friday 12:00", 12, 0, 4),
        ("every Friday at noon", 12, 0, 4),
        ("по понеділках о 9:00", 9, 0, 0),
        ("до 10:00 щосереди", 10, 0, 2),
        ("нд 20:00", 20, 0, 6),
        ("до п'ятниці", 23, 59, 4),
    ],
)
def test_a_moment_of_the_day_is_read(text: str, hour: int, minute: int, weekday: int | None) -> None:
    assert parse_deadline(text) == MomentOfDay(hour=hour, minute=minute, weekday=weekday)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-12-31", "2026-12-31"),
        ("31.12.2026", "2026-12-31"),
        ("до 31.12.2026 18:00", "2026-12-31T18:00"),
        ("2026-12-31 18:00", "2026-12-31T18:00:00"),
        ("2026-12-31T18:00:00Z", "2026-12-31T18:00:00+00:00"),
        ("2026-12-31T18:00:00+02:00", "2026-12-31T18:00:00+02:00"),
        ("2026-07-31T18:00:00[Europe/Kyiv]", "2026-07-31T18:00:00+03:00"),
        ("2026-07-31T18:00:00[UTC]", "2026-07-31T18:00:00+00:00"),
    ],
)
def test_a_date_is_read(text: str, instant: str) -> None:
    assert parse_deadline(text) == FixedInstant(text=instant)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            "=deal.close_date - 3 р.д.",
            RelativeToField(expression="deal.close_date", offset=WorkingTime(days=3), before=True),
        ),
        (
            "=deal.close_date-3 р.д.",
            RelativeToField(expression="deal.close_date", offset=WorkingTime(days=3), before=True),
        ),
        (
            "= Deal.closeDate + P2D",
            RelativeToField(expression="Deal.closeDate", offset=ElapsedTime(days=2), before=False),
        ),
        (
            "${deal.close_date} − 2 дні",
            RelativeToField(expression="deal.close_date", offset=ElapsedTime(days=2), before=True),
        ),
        (
            "за 3 р.д. до deal.close_date",
            RelativeToField(expression="deal.close_date", offset=WorkingTime(days=3), before=True),
        ),
        (
            "2 days after deal.close_date",
            RelativeToField(expression="deal.close_date", offset=ElapsedTime(days=2), before=False),
        ),
        ("=deal.close_date", RelativeToField(expression="deal.close_date")),
        ("${dueDate}", RelativeToField(expression="dueDate")),
        ("=if x - 3 then a else b", RelativeToField(expression="if x - 3 then a else b")),
    ],
)
def test_a_date_of_the_deal_is_read(text: str, rule: DeadlineRule) -> None:
    assert parse_deadline(text) == rule


NOT_DEADLINES = [
    *("", " ", "банан", "3", "р.д.", "P", "PT", "P2", "P1DT", "-P2D", "0 днів", "3-5 днів", "пів робочого дня"),
    *("31.02.2026", "2026-13-01", "25:00", "до 18:75", "13 pm", "P99Y", "999999999 днів", "1 робочий місяць"),
    # By eighteen o'clock, or within eighteen hours: it may be either.
    *("до 18 год", "до 17 год 30 хв", "не пізніше 18 год"),
    *("2 дні 3 робочі години", "3 р.д. після погодження", "наступної п'ятниці", "=", "${}", "3 кг", "завтра 12:00"),
    *("2026-07-31T18:00:00[Europe/Nowhere]", "R3/PT1H", "a" * 100_000, "1 " * 1000, "\x00"),
]


@pytest.mark.parametrize("text", NOT_DEADLINES)
def test_what_names_no_deadline_is_refused_with_the_text_as_written(text: str) -> None:
    with pytest.raises(DeadlineNotUnderstood) as refused:
        parse_deadline(text)
    assert refused.value.code == "deadline_not_understood"
    assert text[:100] in str(refused.value)


@given(st.text(alphabet="3 5рд.годхвPTHDдоby:-='іщп%()/R\n", max_size=40) | st.text(max_size=60))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    with suppress(DeadlineNotUnderstood):
        parse_deadline(text)
    with suppress(DeadlineNotUnderstood):
        parse_timer_value(TimerKind.CYCLE, text)


@pytest.mark.parametrize("text", ["=" + "a-1" * 30_000, "=" + " " * 90_000 + "a", "${" + "a - 1 " * 20_000])
def test_a_long_expression_is_kept_at_once(text: str) -> None:
    started = time.thread_time()
    assert parse_timer_value(TimerKind.DATE, text).expression == text.strip()
    assert time.thread_time() - started < 1


@given(days=st.integers(1, 999), hours=st.integers(0, 99))
def test_a_written_amount_is_read_back_exactly(days: int, hours: int) -> None:
    assert parse_deadline(f"{days} р.д. {hours} роб. год") == WorkingTime(days=days, seconds=hours * HOUR)
    assert parse_deadline(f"P{days}DT{hours}H") == ElapsedTime(days=days, seconds=hours * HOUR)


@pytest.mark.parametrize(
    ("declared", "text", "kind", "rule", "repetitions"),
    [
        ("cycle", "R3/PT1H", "cycle", ElapsedTime(seconds=HOUR), 3),
        ("cycle", '"R3/PT1H"', "cycle", ElapsedTime(seconds=HOUR), 3),
        ("cycle", "R/P1D", "cycle", ElapsedTime(days=1), None),
        ("cycle", "R-1/PT5M", "cycle", ElapsedTime(seconds=300), None),
        ("cycle", "R2/1 р.д.", "cycle", WorkingTime(days=1), 2),
        ("cycle", "PT1H", "cycle", ElapsedTime(seconds=HOUR), None),
        ("duration", "every 2 hours", "cycle", ElapsedTime(seconds=2 * HOUR), None),
        ("duration", "кожні 2 дні, 3 рази", "cycle", ElapsedTime(days=2), 3),
        ("duration", "щодня", "cycle", ElapsedTime(days=1), None),
        ("duration", "щодня о 9:00", "cycle", MomentOfDay(hour=9, minute=0), None),
        ("duration", "every Friday 12:00", "cycle", MomentOfDay(hour=12, minute=0, weekday=4), None),
        ("cycle", "0 30 9 ? * MON", "cycle", MomentOfDay(hour=9, minute=30, weekday=0), None),
        ("cycle", "0 0 9 * * ?", "cycle", MomentOfDay(hour=9, minute=0), None),
        ("duration", "P7D", "duration", ElapsedTime(days=7), None),
        ("duration", "PT0S", "duration", ElapsedTime(), None),
        ("date", "2 days", "duration", ElapsedTime(days=2), None),
        ("duration", "24 Hours", "duration", ElapsedTime(seconds=DAY), None),
        ("date", "2026-12-31", "date", FixedInstant(text="2026-12-31T00:00"), None),
        ("date", "2026-12-31T10:00:00Z", "date", FixedInstant(text="2026-12-31T10:00:00+00:00"), None),
        ("duration", "до 18:00", "date", MomentOfDay(hour=18, minute=0), None),
    ],
)
def test_a_timer_says_when_it_fires_whatever_kind_it_is_filed_under(
    declared: str, text: str, kind: str, rule: DeadlineRule, repetitions: int | None
) -> None:
    read = parse_timer_value(TimerKind(declared), text)
    assert read == TimerRule(kind=TimerKind(kind), rule=rule, repetitions=repetitions)


@pytest.mark.parametrize("text", ["=deal.pause", '=duration("P1D")', "${pause}", "#{bean.pause}"])
def test_a_timer_expression_is_kept_for_run_time(text: str) -> None:
    assert parse_timer_value(TimerKind.DURATION, f" {text} ") == TimerRule(kind=TimerKind.DURATION, expression=text)


def test_a_timer_at_a_date_of_the_deal_with_a_plain_offset_is_a_rule() -> None:
    read = parse_timer_value(TimerKind.DATE, "=deal.close_date - 3 р.д.")
    expected = RelativeToField(expression="deal.close_date", offset=WorkingTime(days=3), before=True)
    assert read == TimerRule(kind=TimerKind.DATE, rule=expected)


@pytest.mark.parametrize(
    "text", ["R0/PT1H", "R/PT0S", "R3/2026-01-01/P1D", "0 0/5 * * * ?", "Friday", "Start Event Timer", "=", "", "R/R/"]
)
def test_a_timer_that_cannot_be_counted_is_refused(text: str) -> None:
    with pytest.raises(DeadlineNotUnderstood):
        parse_timer_value(TimerKind.CYCLE, text)
