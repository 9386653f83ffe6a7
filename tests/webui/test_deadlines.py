from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask_babel import force_locale
from support.office import MONDAY_10, Office

from engine.bpmn.deadline_text import parse_deadline
from webui.deadlines import brief_span, rule_words, said, working_span


@pytest.mark.parametrize(
    ("due_in", "uk", "en"),
    [
        (timedelta(hours=5), "сьогодні до 15:00", "today by 15:00"),
        (timedelta(days=1), "завтра до 10:00", "tomorrow by 10:00"),
        (timedelta(days=3), "чт до 10:00", "Thu by 10:00"),
        (timedelta(days=10), "12 бер. до 10:00", "12 Mar by 10:00"),
        (timedelta(minutes=-20), "прострочено на 20 хвилин", "overdue by 20 minutes"),
        (timedelta(hours=-1), "прострочено на 1 робочу годину", "overdue by 1 working hour"),
        (timedelta(days=-3), "прострочено на 1 робочий день", "overdue by 1 working day"),
        (timedelta(days=-4), "прострочено на 2 робочі дні", "overdue by 2 working days"),
        (timedelta(days=-7), "прострочено на 5 робочих днів", "overdue by 5 working days"),
        (timedelta(days=-31), "прострочено на 21 робочий день", "overdue by 21 working days"),
    ],
)
def test_deadline_is_said_as_people_say_it(app: Flask, due_in: timedelta, uk: str, en: str) -> None:
    for locale, words in (("uk", uk), ("en", en)):
        with app.test_request_context(), force_locale(locale):
            told = said(MONDAY_10 + due_in)
            assert told is not None
            assert told.words.replace("\N{NO-BREAK SPACE}", " ") == words


@pytest.mark.parametrize(
    ("due_in", "held"),
    [(timedelta(days=-4), "2 робочі"), (timedelta(days=-31), "21 робочий"), (timedelta(days=10), "12 бер.")],
)
def test_the_end_of_a_line_does_not_part_a_number_from_its_word(app: Flask, due_in: timedelta, held: str) -> None:
    """A column of the daily control ended with “overdue by 2”."""
    with app.test_request_context(), force_locale("uk"):
        told = said(MONDAY_10 + due_in)
        assert told is not None
        assert held.replace(" ", "\N{NO-BREAK SPACE}") in told.words


def test_colour_is_never_the_only_sign(app: Flask) -> None:
    with app.test_request_context():
        late, today = said(MONDAY_10 - timedelta(hours=1)), said(MONDAY_10 + timedelta(hours=1))
    assert late is not None
    assert today is not None
    assert late.icon != today.icon
    assert late.words != today.words


def test_no_deadline_says_nothing(app: Flask) -> None:
    with app.test_request_context():
        assert said(None) is None


@pytest.mark.parametrize(
    ("text", "uk", "en"),
    [
        ("3 р.д.", "3 робочі дні", "3 working days"),
        ("1 р.д. 4 роб. год", "1 робочий день 4 робочі години", "1 working day 4 working hours"),
        ("до 18:00", "до 18:00", "by 18:00"),
        ("P2D", "2 дні", "2 days"),
    ],
)
def test_understood_rule_is_told_for_comparison(app: Flask, text: str, uk: str, en: str) -> None:
    for locale, words in (("uk", uk), ("en", en)):
        with app.test_request_context(), force_locale(locale):
            assert rule_words(parse_deadline(text)) == words


def test_clock_of_the_office_is_the_clock_of_the_page(office: Office, app: Flask) -> None:
    office.clock.advance(timedelta(days=2))
    with app.test_request_context():
        told = said(MONDAY_10 + timedelta(days=2, hours=1))
    assert told is not None
    assert told.tone == "today"


@pytest.mark.parametrize(
    ("worked", "brief", "whole", "in_english"),
    [
        (timedelta(hours=6, minutes=40), "6 год 40 хв", "6 робочих годин 40 робочих хвилин", "6 h 40 min"),
        (timedelta(hours=20, minutes=5), "2 р.д. 4 год", "2 робочі дні 4 робочі години", "2 wd 4 h"),
        (timedelta(minutes=5), "5 хв", "5 робочих хвилин", "5 min"),
        (timedelta(seconds=20), "менше хвилини", "менше хвилини", "under a minute"),
    ],
)
def test_where_space_is_narrow_a_span_is_told_briefly(
    app: Flask, worked: timedelta, brief: str, whole: str, in_english: str
) -> None:
    with app.test_request_context(), force_locale("uk"):
        assert (brief_span(worked), working_span(worked)) == (brief, whole)
    with app.test_request_context(), force_locale("en"):
        assert brief_span(worked) == in_english
