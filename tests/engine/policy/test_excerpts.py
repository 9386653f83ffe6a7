"""What of a text is shown to whoever sought words in it, and which words are marked."""

from __future__ import annotations

import pytest

from engine.policy.excerpts import excerpt
from engine.policy.search_keys import query_terms

LONG = "перше слово " * 40


def shown(text: str, q: str, most: int = 220) -> str:
    return "".join(f"[{one.text}]" if one.is_found else one.text for one in excerpt(text, query_terms(q), most))


@pytest.mark.parametrize(
    ("text", "q", "told"),
    [
        ("Потрібен Кран на вівторок", "КРАН", "Потрібен [Кран] на вівторок"),
        ("кран і ще кран", "кран", "[кран] і ще [кран]"),
        ("автокраном", "кран", "авто[кран]ом"),
        ("Підйом: обʼєкт № 5", "об'єкт", "Підйом: [обʼєкт] № 5"),
        ("рядок\n\n  другий", "другий", "рядок [другий]"),
        ("Straße und Kran", "strasse kran", "[Straße] und [Kran]"),
        ("каи\u0306ф", "кайф", "[каи\u0306ф]"),
        ("телефон +38 (067) 123-45-67, дзвоніть", "0671234567", "телефон +38 ([067) 123-45-67], дзвоніть"),
        ("код 38123456", "38123456", "код [38123456]"),
        ("<b>кран</b>", "кран", "<b>[кран]</b>"),
        ("50% або .*", ".*", "50% або [.*]"),
        ("кранівник", "кран краніврик кранівник", "[кранівник]"),
        ("нічого", "кран", "нічого"),
        ("", "кран", ""),
    ],
)
def test_found_words_are_marked_as_they_are_written(text: str, q: str, told: str) -> None:
    assert shown(text, q) == told


def test_of_a_long_text_the_part_with_most_of_the_words_is_shown() -> None:
    told = shown(f"кран {LONG} а далі кран і лебідка {LONG}", "кран лебідка")
    assert told.startswith("… ")
    assert "а далі [кран] і [лебідка] перше" in told
    assert told.endswith(" …")
    assert len(told) < 240


def test_without_the_words_the_beginning_is_shown() -> None:
    assert shown(LONG, "кран", 50) == "перше слово перше слово перше слово перше слово …"


def test_a_long_word_is_cut_between_characters_and_not_between_one_and_its_marks() -> None:
    told = shown("е\u0301" * 101 + "икран" + "е\u0301" * 400, "кран", 100)
    assert told.startswith("… е\u0301")
    assert told.endswith("е\u0301 …")
    assert shown("е\u0301" * 400, "кран", 99).count("\u0301") == 50


def test_a_text_full_of_the_word_is_shown_at_once() -> None:
    assert shown("кран " * 5000, "кран", 20).startswith("[кран] [кран]")
