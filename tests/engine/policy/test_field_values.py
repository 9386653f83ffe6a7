"""What people type into fields."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.compiled import UNTYPED, FieldChoice, FieldDefinition, FieldType
from engine.bpmn.field_patterns import anchored, is_usable_pattern
from engine.errors import DomainError, FieldNotUnderstood, FieldOutOfRange, FieldRequired, InvalidInput
from engine.policy.field_errors import (
    FieldDoesNotFit,
    FieldTooLarge,
    FieldTooLong,
    FieldTooShort,
    FieldTooSmall,
    NotAChoice,
    TooFewEntries,
    TooManyEntries,
)
from engine.policy.field_values import (
    Locale,
    from_json,
    is_as_shown,
    read_value,
    read_values,
    to_json,
)
from engine.policy.personal_texts import ERASED

CHOICES = (FieldChoice(value="a", label="Передоплата"), FieldChoice(value="b", label="Відстрочка"))


def field(kind: FieldType, **more: Any) -> FieldDefinition:
    return FieldDefinition(name="value", label="Значення", type=kind, **more)


@pytest.mark.parametrize(
    ("raw", "uk", "en"),
    [
        ("12,50", "12.50", "12.50"),
        ("12.50", "12.50", "12.50"),
        ("1 250 000,00", "1250000.00", "1250000.00"),
        ("1\u00a0250\u00a0000,00", "1250000.00", "1250000.00"),
        ("1\u202f250,5", "1250.5", "1250.5"),
        ("1'250", "1250", "1250"),
        ("1,250,000.00", "1250000.00", "1250000.00"),
        ("1.250.000,00", "1250000.00", "1250000.00"),
        ("1,250,000", "1250000", "1250000"),
        ("1,250", "1.250", "1250"),
        ("1.250", "1.250", "1.250"),
        ("-5", "-5", "-5"),
        ("−5", "-5", "-5"),
        ("0", "0", "0"),
        (1250000, "1250000", "1250000"),
        (12.5, "12.5", "12.5"),
        (Decimal("12.50"), "12.50", "12.50"),
    ],
)
def test_a_number_is_read_as_the_reader_writes_it(raw: Any, uk: str, en: str) -> None:
    assert read_value(field(FieldType.NUMBER), raw, "uk") == Decimal(uk)
    assert read_value(field(FieldType.NUMBER), raw, "en") == Decimal(en)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (FieldType.MONEY, "1 250 000,00 грн", Decimal("1250000.00")),
        (FieldType.MONEY, "₴1250", Decimal(1250)),
        (FieldType.PERCENT, "12,5 %", Decimal("12.5")),
        (FieldType.DATE, "2026-12-31", date(2026, 12, 31)),
        (FieldType.DATE, "31.12.2026", date(2026, 12, 31)),
        (FieldType.DATE, "1.2.2026", date(2026, 2, 1)),
        (FieldType.MOMENT, "2026-12-31T17:30", datetime(2026, 12, 31, 15, 30, tzinfo=UTC)),
        (FieldType.MOMENT, "2026-12-31T17:30:00Z", datetime(2026, 12, 31, 17, 30, tzinfo=UTC)),
        (FieldType.MOMENT, "31.07.2026 17:30", datetime(2026, 7, 31, 14, 30, tzinfo=UTC)),
        (FieldType.YES_NO, "так", True),
        (FieldType.YES_NO, "on", True),
        (FieldType.YES_NO, "Ні", False),
        (FieldType.YES_NO, False, False),
        (FieldType.YES_NO, "", False),
        (FieldType.CHOICE, "a", "a"),
        (FieldType.CHOICE, "відстрочка", "b"),
        (FieldType.MANY, ["a", "b", "a"], ["a", "b"]),
        (FieldType.MANY, "Передоплата; b", ["a", "b"]),
        (FieldType.MANY, None, []),
        (FieldType.PERSON, "12", 12),
        (FieldType.PERSON, "olena", "olena"),
        (FieldType.CLIENT, 7, 7),
        (FieldType.PHONE, "067 123 45 67", "+380671234567"),
        (FieldType.EMAIL, "Olena@Zoria.UA", "Olena@zoria.ua"),
        (FieldType.TEXT, "  Зоря\x00 ", "Зоря"),
        (FieldType.LONG_TEXT, "рядок\nдругий", "рядок\nдругий"),
        (FieldType.TEXT, "", None),
        (FieldType.DATE, None, None),
    ],
)
def test_a_value_is_read_and_survives_storage(kind: FieldType, raw: Any, value: Any) -> None:
    definition = field(kind, choices=CHOICES if kind in {FieldType.CHOICE, FieldType.MANY} else ())
    read = read_value(definition, raw, "uk")
    assert read == value
    assert type(read) is type(value)
    assert from_json(definition, to_json(read)) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        *(
            (FieldType.NUMBER, raw)
            for raw in ("банан", "1e5", "1.2.3", "12,50,3", "--5", "1 25", "∞", "9" * 16, "5 грн")
        ),
        *(
            (FieldType.NUMBER, raw)
            for raw in (True, [1], {"a": 1}, float("nan"), float("inf"), "0.1234567", "1,25.000,0")
        ),
        *((FieldType.MONEY, raw) for raw in ("12.505", 12.505, "грн")),
        *((FieldType.DATE, raw) for raw in ("31.02.2026", "2026-13-01", "завтра", "1.1.0001", "12/2026", 5)),
        *((FieldType.MOMENT, raw) for raw in ("2026-12-31", "31.12.2026 25:00", "17:30", 5)),
        *((FieldType.YES_NO, raw) for raw in ("можливо", 2)),
        *((FieldType.CHOICE, raw) for raw in ("c", True, ["a"])),
        *((FieldType.MANY, raw) for raw in ("a, c", {"a": 1}, 5)),
        *((FieldType.PERSON, raw) for raw in (True, ["olena"], 1.5)),
        *((FieldType.PHONE, raw) for raw in ("123", "телефон")),
        *((FieldType.EMAIL, raw) for raw in ("olena", "olena@", "@zoria.ua", "a b@zoria.ua", "a@b", "a@-b.ua")),
        *((FieldType.TEXT, raw) for raw in ({"a": 1}, True)),
    ],
)
@pytest.mark.parametrize("locale", ["uk", "en"])
def test_what_cannot_be_read_is_refused_by_name(kind: FieldType, raw: Any, locale: Locale) -> None:
    definition = field(kind, choices=CHOICES if kind in {FieldType.CHOICE, FieldType.MANY} else ())
    with pytest.raises(FieldNotUnderstood) as refused:
        read_value(definition, raw, locale)
    assert refused.value.field == "value"
    assert str(refused.value)


@pytest.mark.parametrize("kind", [FieldType.NUMBER, FieldType.MONEY, FieldType.PERCENT])
def test_a_number_that_is_too_long_is_not_blamed_on_its_decimals(kind: FieldType) -> None:
    assert read_value(field(kind), "9" * 15, "uk") == Decimal("9" * 15)
    with pytest.raises(FieldNotUnderstood) as refused:
        read_value(field(kind), "9" * 16, "uk")
    assert refused.value.params["expected"] == "a number with at most 15 digits before the decimal mark"


@pytest.mark.parametrize("kind", [kind for kind in FieldType if kind not in UNTYPED])
@pytest.mark.parametrize("raw", [None, "", "  ", []])
def test_a_required_field_has_to_be_filled_in(kind: FieldType, raw: Any) -> None:
    with pytest.raises(FieldRequired):
        read_value(field(kind, required=True), raw, "uk")


@pytest.mark.parametrize(
    ("kind", "minimum", "maximum", "raw", "error"),
    [
        (FieldType.PERCENT, "0", "100", "101", FieldOutOfRange),
        (FieldType.PERCENT, "0", "100", "100", None),
        (FieldType.MONEY, "0", None, "-1", FieldTooSmall),
        (FieldType.NUMBER, None, "5", "6", FieldTooLarge),
        (FieldType.DATE, "2026-01-01", None, "31.12.2025", FieldTooSmall),
        (FieldType.MOMENT, None, "2026-01-01T00:00", "2026-01-01T00:01", FieldTooLarge),
        (FieldType.TEXT, None, "3", "чотири", FieldTooLong),
        (FieldType.TEXT, None, None, "а" * 2001, FieldTooLong),
        (FieldType.TEXT, "8", None, "1234567", FieldTooShort),
        (FieldType.MANY, "2", None, ["a"], TooFewEntries),
        (FieldType.MANY, None, "1", ["a", "b"], TooManyEntries),
        (FieldType.MANY, None, None, ["a"] * 501, TooManyEntries),
        (FieldType.FILE, None, None, list(range(1, 502)), TooManyEntries),
        (FieldType.NUMBER, "багато", None, "1", None),  # a bound that cannot be read bounds nothing
    ],
)
def test_bounds_are_kept(
    kind: FieldType, minimum: str | None, maximum: str | None, raw: Any, error: type[DomainError] | None
) -> None:
    definition = field(kind, minimum=minimum, maximum=maximum)
    if error is None:
        assert read_value(definition, raw, "uk") == Decimal(raw)
        return
    with pytest.raises(error) as refused:
        read_value(definition, raw, "uk")
    assert type(refused.value) is error
    assert str(refused.value)


def test_a_pattern_has_to_fit() -> None:
    definition = field(FieldType.TEXT, pattern=r"\d{8}", help="8 цифр")
    assert read_value(definition, "12345678", "uk") == "12345678"
    with pytest.raises(FieldDoesNotFit, match="8 цифр"):
        read_value(definition, "1234567", "uk")


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+b",
        r"(a|aa)*b",
        r"a*a*a*a*b",
        r"(x)\1",
        r"(?=a)a",
        "(",
        r"(\d{1,9}){9}",
        "a{9999999999999}",
        "a?" * 30 + "a" * 30,
        "(?x:(?:a+) +b)",
        "(?:a+)(?#and again)+b",
        "(a)?(?(1)a+|b)",
        r"\\+" * 12 + "b",
    ],
)
def test_a_pattern_that_can_be_attacked_is_not_applied(pattern: str) -> None:
    assert not is_usable_pattern(pattern)
    started = time.thread_time()
    assert read_value(field(FieldType.TEXT, pattern=pattern), "a" * 199, "uk") == "a" * 199
    assert time.thread_time() - started < 1


@pytest.mark.parametrize("pattern", [r"(\+38)?\d{10}", r"[A-Z]{2}\d+", r"\w+@\w+\.\w+", r"\d{8,10}"])
def test_an_ordinary_pattern_is_applied(pattern: str) -> None:
    assert is_usable_pattern(pattern)


@pytest.mark.parametrize(
    ("written", "text", "fits"),
    [
        ("^[A-Z]+$", "ABC", True),
        ("^[A-Z]+$", "xABC", False),
        ("[0-9]", "дім 5, кв. 1", True),
        ("^UA|EU$", "EUR", False),
        ("^UA|EU", "EUR", True),
    ],
)
def test_a_pattern_that_is_found_anywhere_is_found_anywhere(written: str, text: str, fits: bool) -> None:
    definition = field(FieldType.TEXT, pattern=anchored(written))
    if fits:
        assert read_value(definition, text, "uk") == text
    else:
        with pytest.raises(FieldDoesNotFit):
            read_value(definition, text, "uk")


def test_all_errors_of_a_form_come_at_once() -> None:
    fields = [
        FieldDefinition(name="amount", label="Сума", type=FieldType.MONEY, required=True),
        FieldDefinition(name="close", label="Дата", type=FieldType.DATE),
        FieldDefinition(name="note", label="Примітка"),
        FieldDefinition(name="number", label="Номер", type=FieldType.READ_ONLY, required=True),
    ]
    with pytest.raises(InvalidInput) as refused:
        read_values(fields, {"close": "колись", "note": "так"}, "uk")
    assert {name: error.code for name, error in refused.value.errors.items()} == {
        "amount": "field_required",
        "close": "field_not_understood",
    }


def test_a_form_gives_its_fields_and_nothing_else() -> None:
    fields = [
        FieldDefinition(name="discount", label="Знижка", type=FieldType.PERCENT, default="5"),
        FieldDefinition(name="urgent", label="Терміново", type=FieldType.YES_NO, default="так"),
        FieldDefinition(name="number", label="Номер", type=FieldType.READ_ONLY, default="1"),
    ]
    values = read_values(fields, {"number": "77", "stranger": "x"}, "uk")
    assert values == {"discount": Decimal(5), "urgent": False}


def test_a_value_stored_for_another_type_is_told() -> None:
    for kind, stored in [(FieldType.NUMBER, "банан"), (FieldType.DATE, 5), (FieldType.MOMENT, "вчора")]:
        with pytest.raises(FieldNotUnderstood):
            from_json(field(kind), stored)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_an_amount_survives_any_spelling_and_storage(amount: Decimal) -> None:
    money = field(FieldType.MONEY)
    ukrainian = f"{amount:,.2f}".replace(",", "\u00a0").replace(".", ",")
    assert read_value(money, ukrainian, "uk") == amount
    assert read_value(money, f"{amount:,.2f}", "en") == amount
    assert from_json(money, to_json(amount)) == amount


@pytest.mark.parametrize("kind", [FieldType.CHOICE, FieldType.MANY])
def test_a_value_that_is_no_choice_is_told_with_the_first_choices(kind: FieldType) -> None:
    with pytest.raises(NotAChoice) as told:
        read_value(field(kind, choices=CHOICES), "Бартер", "uk")
    assert str(told.value) == "“Бартер” is no choice of “Значення”. Choose from: ['Передоплата', 'Відстрочка']."
    many = tuple(FieldChoice(value=str(one), label="довгий " * 40) for one in range(200))
    with pytest.raises(NotAChoice) as told:
        read_value(field(kind, choices=many), "Бартер", "uk")
    assert told.value.params["more"] == 194
    assert len(str(told.value)) < 500


@given(
    st.sampled_from([kind for kind in FieldType if kind not in UNTYPED]),
    st.text(max_size=30) | st.integers() | st.floats() | st.none() | st.booleans(),
)
def test_any_input_is_either_read_or_refused(kind: FieldType, raw: Any) -> None:
    definition = field(kind, choices=CHOICES)
    value = None
    with suppress(DomainError):
        value = read_value(definition, raw, "uk")
    if kind is not FieldType.FILE:  # of a file its reference is stored, which is looked up by what was read
        assert from_json(definition, to_json(value)) == value


_GOODS = field(
    FieldType.LINES,
    required=True,
    columns=(
        FieldDefinition(name="price", label="Ціна", type=FieldType.MONEY),
        FieldDefinition(name="sum", label="Сума", type=FieldType.CALCULATED, formula="price * 2"),
    ),
)
_MANY = field(FieldType.MANY, choices=CHOICES)


@pytest.mark.parametrize(
    ("asked", "typed", "shown"),
    [
        (field(FieldType.NUMBER, minimum="10", required=True), "7,5", "7.50"),  # an older version had other limits
        (field(FieldType.YES_NO, required=True), "no", False),
        (field(FieldType.YES_NO), "yes", "так"),  # a default in the map's own spelling
        (field(FieldType.YES_NO), "", False),
        (field(FieldType.DATE), "2026-12-31", "31.12.2026"),
        (field(FieldType.MOMENT), "2026-03-16T11:00", "2026-03-16T10:00:27Z"),  # an input shows no seconds
        (field(FieldType.LONG_TEXT), "Рядок\nДругий", "Рядок\r\nДругий"),
        (field(FieldType.TEXT, required=True), "", ERASED),  # its input is empty
        (field(FieldType.PERSON), "5", 5),
        (_MANY, "", []),
        (_MANY, "a", ["a"]),
        (_MANY, ["a", "b"], ["b", "a"]),
        (_GOODS, [{"price": ""}], ""),
        (_GOODS, [{"price": "10"}, {"price": ""}], [{"price": "10.00", "sum": "20.00"}]),
    ],
)
def test_an_input_that_nobody_touched_says_what_it_showed(asked: FieldDefinition, typed: Any, shown: Any) -> None:
    assert is_as_shown(asked, typed, shown, "uk", zone="Europe/Warsaw")


@pytest.mark.parametrize(
    ("asked", "typed", "shown"),
    [
        (field(FieldType.NUMBER), "", "7.5"),
        (field(FieldType.NUMBER, required=True), "", "7.5"),
        (field(FieldType.NUMBER), "сім?", "7.5"),
        (field(FieldType.YES_NO, required=True), "no", ""),  # nobody has said so before
        (field(FieldType.YES_NO), "", "yes"),
        (field(FieldType.YES_NO), "yes", ""),
        (field(FieldType.MOMENT), "2026-03-16T12:00", "2026-03-16T10:00:00Z"),  # it would be the same in Kyiv
        (_MANY, "", ["a"]),
        (_MANY, "a", ["a", "b"]),
        (_GOODS, [{"price": ""}], [{"price": "10.00", "sum": "20.00"}]),
        (_GOODS, [{"price": "10"}], ""),
    ],
)
def test_what_somebody_typed_or_emptied_is_not_what_an_input_showed(
    asked: FieldDefinition, typed: Any, shown: Any
) -> None:
    assert not is_as_shown(asked, typed, shown, "uk", zone="Europe/Warsaw")
