from __future__ import annotations

import pytest

from engine.likeness import likeness_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ТОВ «Промінь»", "Промінь, ТзОВ"),
        ("ТОВ «Промінь»", "ПРОМІНЬ LLC"),
        ('Товариство з обмеженою відповідальністю "Нова Хвиля"', "нова хвиля"),
        ("АТ «Оскар»", "Oскaр"),  # Latin O and a
        ("ФОП Петренко Іван", "Іван Петренко (фізична особа-підприємець)"),
        ("П'ятий елемент", "П’ятий Елемент"),
        ("Nova Hvylia Ltd.", "NOVA HVYLIA"),
        ("Про\u200bмінь", "Промінь"),  # with a sign that nobody sees
        ("\ufeffПро\u00adмінь\u200f", "Промінь"),
    ],
)
def test_spellings_of_one_name_are_alike(one: str, other: str) -> None:
    assert likeness_key(one) == likeness_key(other) != ""


@pytest.mark.parametrize(("one", "other"), [("Промінь", "Промінь-2"), ("ТОВ Лан", "ТОВ Лани"), ("ТОВ", "ПП")])
def test_names_of_two_are_not(one: str, other: str) -> None:
    assert likeness_key(one) != likeness_key(other)


@pytest.mark.parametrize("nothing", ["", " ", "«»", "—"])
def test_of_nothing_there_is_nothing_to_compare(nothing: str) -> None:
    assert likeness_key(nothing) == ""
