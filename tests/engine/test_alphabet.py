from __future__ import annotations

import pytest

from engine.alphabet import LONGEST_KEY, sort_key


def test_names_stand_as_in_a_ukrainian_dictionary() -> None:
    names = [
        "1-ша лікарня",
        "агро",
        "Аґрус",
        "Андрій",
        "Гай",
        "Ґалаґан",
        "Дім",
        "Енергія",
        "Євген",
        "Жито",
        "Зоря",
        "Ива",
        "Іван",
        "Їжак",
        "Йосип",
        "Ковила",
        "Щука",
        "Юлія",
        "Яр",
        "ACME",
        "Ålesund",
        "Zeppelin",
    ]
    backwards = names[::-1]
    assert sorted(backwards, key=sort_key) == names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ТОВ «Промінь»", 'тов "промінь"'),
        ("Мар'яна", "Маряна"),
        ("Мар’яна", "Марʼяна"),
        ("José", "jose"),
        ("  Два   пробіли ", "два пробіли"),
        ("и\u0306од", "йод"),  # composed of two signs
    ],
)
def test_what_people_write_in_several_ways_has_one_place(one: str, other: str) -> None:
    assert sort_key(one) == sort_key(other)


def test_a_word_comes_before_what_begins_with_it() -> None:
    assert sort_key("Нова") < sort_key("Нова пошта") < sort_key("Новатор")
    assert sort_key("Нова") < sort_key("Нова-2") < sort_key("Новатор")


def test_no_key_is_longer_than_its_column() -> None:
    assert len(sort_key("ﷺ" * 300)) <= LONGEST_KEY
