"""What finds what."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.policy.phone_numbers import normalise_phone
from engine.policy.search_keys import fold, query_terms, search_text

KYIVSTAR = ["+380 (67) 123-45-67", "0671234567", "80671234567", "8 067 123 45 67", "380671234567", "+380671234567",
            "067-123-45-67", "(067) 123 45 67", "00380671234567", "67 123 45 67"]  # fmt: skip
MOSCOW = ["+7 495 123-45-67", "8 (495) 123-45-67", "84951234567", "74951234567"]


def finds(query: str, stored: str) -> bool:
    terms = query_terms(query)
    return bool(terms) and all(term in stored for term in terms)


@pytest.mark.parametrize("spelling", KYIVSTAR)
def test_every_ukrainian_spelling_is_one_number(spelling: str) -> None:
    assert normalise_phone(spelling) == "+380671234567"


@pytest.mark.parametrize("spelling", MOSCOW)
def test_seven_and_eight_are_one_number(spelling: str) -> None:
    assert normalise_phone(spelling) == "+74951234567"


@pytest.mark.parametrize(
    ("spelling", "phone"),
    [
        ("+380 44 123 45 67 дод. 12", "+380441234567"),
        ("+48 22 123 45 67", "+48221234567"),
        ("+１ 202 555 0123", "+12025550123"),
        ("12345678", None),
        ("банан", None),
        ("", None),
        ("+", None),
        ("0" * 200, None),
        ("067123456", None),
    ],
)
def test_other_numbers_are_read_or_refused(spelling: str, phone: str | None) -> None:
    assert normalise_phone(spelling) == phone


@pytest.mark.parametrize(("query", "stored"), [*product(KYIVSTAR, KYIVSTAR), *product(MOSCOW, MOSCOW)])
def test_every_spelling_of_a_phone_finds_every_other(query: str, stored: str) -> None:
    assert finds(query, search_text("ТОВ «Зоря»", stored))


@pytest.mark.parametrize(
    ("query", "stored"),
    [
        ("067 123", "+380 67 123 45 67"),
        ("+380 67 12", "0671234567"),
        ("8 067 123", "0671234567"),
        ("123-45-67", "0671234567"),
        ("1234567", "8 (067) 123 45 67"),
        ("8 495 123 45", "+7 495 123-45-67"),
        ("зоря", "ТОВ «Зоря»"),
        ("ЗОР тов", "ТОВ «Зоря»"),
        ("мар'яненко", "Ірина Мар’яненко"),
        ("марʼян", "Ірина Мар`яненко"),
        ("12345678", "ЄДРПОУ 12345678"),
        ("345678", "12345678"),
        ("0671234567", "ІПН 0671234567"),
        ("2026-0015", "Угода 2026-0015"),
        ("20260015", "Угода 2026-0015"),
        ("у-2026/15", "У-2026/15"),
        ("olena@zoria.ua", "Olena@Zoria.UA"),
        ("ＡＢＣ", "abc"),
        ("зоря  067", "Зоря 0671234567"),
    ],
)
def test_a_part_of_a_name_or_a_number_finds_it(query: str, stored: str) -> None:
    assert finds(query, search_text(stored))


@pytest.mark.parametrize(
    ("query", "stored"), [("0671234568", "0671234567"), ("зірка", "Зоря"), ("", "Зоря"), ("  ", "Зоря")]
)
def test_something_else_is_not_found(query: str, stored: str) -> None:
    assert not finds(query, search_text(stored))


def test_blank_parts_leave_no_trace() -> None:
    assert search_text("Зоря", None, "", "Зоря") == "зоря"


@given(st.text(max_size=60))
def test_a_text_finds_itself_and_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    if query_terms(text):
        assert finds(text, search_text(text))
