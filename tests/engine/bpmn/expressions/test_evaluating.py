"""What expressions give, in three notations."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.bpmn.expressions import ExpressionFailed, compile_expression

VARIABLES: dict[str, Any] = {
    "amount": 1500,
    "price": Decimal("99.90"),
    "discount": 0.1,
    "urgent": False,
    "approved": True,
    "answer": "true",
    "digits": "1500",
    "segment": "vip",
    "нетто": 40,
    "nothing": None,
    "blank": "",
    "numbers": [1, 2, 3],
    "answers": [True, False],
    "names": ["Олена", "Тарас"],
    "empty_list": [],
    "client": {"segment": "vip", "address": {"city": "Львів"}, "own field": 7},
    "order": {"items": [{"price": 1, "sku": "a"}, {"price": 5, "sku": "b"}]},
    "today": date(2026, 7, 31),
    "now": datetime(2026, 7, 31, 9, 30, tzinfo=UTC),
    "close_date": "2026-08-15",
    "nan": float("nan"),
    "tuple": (1, 2),
}

FEEL = [
    ("= amount > 1000", True),
    ("=amount>1000", True),
    ("= amount = 1500", True),
    ("= amount != 1500", False),
    ("= amount >= 1500 and price < 100", True),
    ('= client.segment = "vip"', True),
    ("= not(approved)", False),
    ("= not(urgent) and approved", True),
    ("= not(urgent) = approved", True),
    ('= if amount > 1 then "a" else "b"', "a"),
    ('= if missing > 1 then "a" else "b"', "b"),
    ("= some x in numbers satisfies x > 2", True),
    ("= some x in numbers satisfies x > 3", False),
    ("= every x in numbers satisfies x > 0", True),
    ("= every x in numbers satisfies x > 1", False),
    ("= every x in empty_list satisfies x > 1", True),
    ("= some x in empty_list satisfies x > 1", False),
    ("= some x in missing satisfies x > 1", None),
    ("= for x in numbers return x * 2", [2, 4, 6]),
    ("= for x in numbers return for y in numbers return x * y", [[1, 2, 3], [2, 4, 6], [3, 6, 9]]),
    ("= some x in numbers satisfies some y in numbers satisfies x + y = 6", True),
    ("= amount in [1000..2000]", True),
    ("= amount in (1500..2000]", False),
    ("= amount in [1000..1500)", False),
    ("= amount in (1000..2000)", True),
    ("= amount in (< 10, > 1000)", True),
    ("= amount in (< 10, [20..30])", False),
    ("= amount in > 1000", True),
    ('= segment in ("vip", "gold")', True),
    ('= segment in ["gold"]', False),
    ('= segment in "vip and others"', False),
    ("= amount between 1 and 2000", True),
    ("= amount between 1 and 2000 and urgent", False),
    ("= numbers[1]", 1),
    ("= numbers[-1]", 3),
    ("= numbers[0]", None),
    ("= numbers[9]", None),
    ("= sum(order.items.price)", 6),
    ("= order.items.sku", ["a", "b"]),
    ("= order.items[2].sku", "b"),
    ("= client.address.city", "Львів"),
    ('= client["own field"]', 7),
    ("= client.missing.deeper", None),
    ("= missing.field", None),
    ("= нетто + 2", 42),
    ("= 0.1 + 0.2 = 0.3", True),
    ("= discount + 0.2", Decimal("0.3")),
    ("= 10 / 4", Decimal("2.5")),
    ("= 1 / 0", None),
    ("= 2 + 3 * 4", 14),
    ("= (2 + 3) * 4", 20),
    ("= -5 + 3", -2),
    ("= 2 ** 10", 1024),
    ("= 2 ** 3 ** 2", 512),
    ("= 7 % 3", 1),
    ("= modulo(-12, 5)", 3),
    ('= "a" + "b"', "ab"),
    ('= "a" + 1', None),
    ("= missing > 3", None),
    ("= missing = null", True),
    ("= amount != null", True),
    ("= nothing = null", True),
    ("= null = null", True),
    ("= missing = 5", False),
    ('= amount = "1500"', None),
    ("= approved and missing", None),
    ("= urgent and missing", False),
    ("= approved or missing", True),
    ("= numbers = [1, 2, 3]", True),
    ("= numbers = [1, 2]", False),
    ("= order.items[1] = order.items[2]", False),
    ("= client = client", True),
    ("= nan = null", True),
    ("= tuple", [1, 2]),
    ("= is defined(missing)", False),
    ("= is defined(amount)", True),
    ("= get or else(missing, 5)", 5),
    ("= string length(segment) = 3", True),
    ("= upper case(segment)", "VIP"),
    ('= lower case("ЇЖАК")', "їжак"),
    ('= starts with(segment, "v")', True),
    ('= ends with(segment, "v")', False),
    ('= contains(segment, "ip")', True),
    ("= contains(segment, 5)", None),
    ('= substring("погоджено", 3, 2)', "го"),
    ('= substring("abc", -2)', "bc"),
    ('= substring before("2026/07", "/")', "2026"),
    ('= substring after("2026/07", "/")', "07"),
    ('= string join(names, ", ")', "Олена, Тарас"),
    ("= string(1.50)", "1.50"),
    ("= string(true)", "true"),
    ('= number("12.5")', Decimal("12.5")),
    ('= number("12,5")', None),
    ("= list contains(numbers, 2)", True),
    ("= count(numbers)", 3),
    ("= min(numbers)", 1),
    ("= max(1, 5, 3)", 5),
    ("= mean(numbers)", 2),
    ("= sum(empty_list)", None),
    ('= max(1, "a")', None),
    ("= all(answers)", False),
    ("= any(answers)", True),
    ("= append(numbers, 4)", [1, 2, 3, 4]),
    ("= concatenate(numbers, [9])", [1, 2, 3, 9]),
    ("= reverse(numbers)", [3, 2, 1]),
    ("= index of([1, 2, 1], 1)", [1, 3]),
    ("= distinct values([1, 2, 1, 1.0])", [1, 2]),
    ("= abs(-5)", 5),
    ("= floor(-1.5)", -2),
    ("= ceiling(1.2)", 2),
    ("= round(2.5)", 3),
    ("= decimal(2.675, 2)", Decimal("2.68")),
    ("= round half even(2.5, 0)", 2),
    ("= round up(1.01, 1)", Decimal("1.1")),
    ("= round down(1.09, 1)", Decimal("1.0")),
    ('= date("2026-02-28") + duration("P1D")', date(2026, 3, 1)),
    ('= date("2026-01-31") + duration("P1M")', date(2026, 2, 28)),
    ('= date("2026-03-31") - duration("P1M")', date(2026, 2, 28)),
    ('= date("2028-02-29") + duration("P1Y")', date(2029, 2, 28)),
    ('= date("9999-12-31") + duration("P1D")', None),
    ('= date("2026-08-15") - today', timedelta(days=15)),
    ('= date("2026-02-30")', None),
    ("= date(2026, 7, 31) = today", True),
    ("= date(now) = today", True),
    ('= date(close_date) > today + duration("P2W")', True),
    ("= close_date > today", True),
    ('= @"2026-07-31" = today', True),
    ('= now < date and time("2026-07-31T12:30:00+02:00")', True),
    ('= now < date and time("2026-07-31T12:30:00")', None),
    ('= now = date and time("2026-07-31T09:30:00")', None),
    ('= now + duration("PT36H30M")', datetime(2026, 8, 1, 22, 0, tzinfo=UTC)),
    ('= duration("P1D") > duration("PT23H")', True),
    ('= duration("P1Y") > duration("P11M")', True),
    ('= duration("P1M") > duration("P20D")', None),
    ('= duration("P1M2D")', None),
    ('= -duration("P1D")', timedelta(days=-1)),
    ('= time("09:30:00")', time(9, 30)),
    ('= date and time(today, time("09:30:00"))', datetime(2026, 7, 31, 9, 30)),  # noqa: DTZ001  # a moment without a zone
    ("= day of week(today)", "Friday"),
    ("= today.year", 2026),
    ("= today.weekday", 5),
    ("= now.hour", 9),
    ("= today.hour", None),
    ("= today > 5", None),
]
JUEL = [
    ("${amount > 1000}", True),
    ("#{amount > 1000}", True),
    ("  ${ amount>1000 }\n", True),
    ("${amount gt 1000 && discount le 0.1}", True),
    ("${amount lt 1000 || !approved}", False),
    ("${amount ge 1500 and amount ne 1}", True),
    ("${not urgent and approved}", True),
    ("${!urgent}", True),
    ("${segment eq 'vip'}", True),
    ('${client.segment == "vip"}', True),
    ("${empty missing}", True),
    ("${empty blank}", True),
    ("${!empty segment}", True),
    ("${not empty numbers}", True),
    ("${approved ? 1 : 2}", 1),
    ("${urgent ? 1 : approved ? 2 : 3}", 2),
    ("${urgent ? 'so' : 'else'}", "else"),
    ("${numbers[0]}", 1),
    ("${client['segment']}", "vip"),
    ("${10 div 4}", Decimal("2.5")),
    ("${10 mod 4}", 2),
    ("${numbers.size() > 2}", True),
    ("${numbers.contains(2)}", True),
    ("${names.isEmpty()}", False),
    ("${segment.startsWith('v')}", True),
    ("${segment.equals('vip')}", True),
    ("${segment.equalsIgnoreCase('VIP')}", True),
    ("${segment.toUpperCase()}", "VIP"),
    ("${approved == 'true'}", True),
    ("${answer == true}", True),
    ("${approved == 'yes'}", None),
    ("${amount == '1500'}", True),
    ("${digits > 1000}", True),
    ("${missing == null}", True),
    ("${var:equals(amount, 1500)}", True),
    ("${vars:lowerThan(amount, 1500)}", False),
    ("${variables:gte('amount', 1500)}", True),
    ("${var:exists(missing)}", False),
    ("${var:isEmpty(missing)}", True),
    ("${var:isNotEmpty(segment)}", True),
    ("${var:get(segment)}", "vip"),
    ("${var:contains(numbers, 1, 9)}", False),
    ("${var:containsAny(numbers, 1, 9)}", True),
    ("${execution.getVariable('segment') == 'vip'}", True),
    ("${'it\\'s'}", "it's"),
]
PLAIN = [
    ("amount > 1000", True),
    ("amount > 1000 and not urgent", True),
    ("amount == 1500", True),
    ("amount <> 1500", False),
    ("amount != 1500 or approved", True),
    ("approved == True", True),
    ("missing is None", True),
    ("amount is not None", True),
    ("approved is True", True),
    ("segment in ('vip', 'gold')", True),
    ("segment in ('vip',)", True),
    ("segment not in ['gold']", True),
    ("segment in ['vip', 'gold'] and approved", True),
    ("'ip' in segment", True),
    ("'segment' in client", True),
    ("2 in numbers", True),
    ("missing in numbers", False),
    ("1 < amount <= 1500", True),
    ("2000 < amount < missing", False),
    ("1 < 2 < 3 > 2", True),
    ("numbers[0] == 1", True),
    ("numbers[-1] == 3", True),
    ("client['segment'] == 'vip'", True),
    ("client.get('segment')", "vip"),
    ("client.get('missing', 5)", 5),
    ("len(numbers) > 2", True),
    ("segment.startswith('v')", True),
    ("segment.upper()", "VIP"),
    ('" x ".strip()', "x"),
    ("str(5)", "5"),
    ("int('7') + float(\"0.5\")", Decimal("7.5")),
    ("int(-7.9)", -7),
    ("'a' if approved else 'b'", "a"),
    ("'a' if urgent else 'b' if approved else 'c'", "b"),
    ("not approved == urgent", True),
    ("approved && !urgent", True),
    ("-2 ** 2", -4),
    ("amount = 1500", True),
    ("1e3 == 1000", True),
    (".5 < 1", True),
    ('"\\u0457жак"', "їжак"),
    ("None", None),
]


@pytest.mark.parametrize(("text", "expected"), [*FEEL, *JUEL, *PLAIN])
def test_an_expression_gives(text: str, expected: Any) -> None:
    result = compile_expression(text).evaluate(VARIABLES)
    assert result == expected
    assert isinstance(result, bool) is isinstance(expected, bool)
    assert (result is None) is (expected is None)


def test_a_lookup_may_be_a_function_that_does_not_know_every_name() -> None:
    assert compile_expression("amount = 1500 and missing = null").evaluate(VARIABLES.__getitem__) is True


def test_arithmetic_is_decimal_with_34_digits() -> None:
    assert compile_expression("1 / 3").evaluate({}) == Decimal("0." + "3" * 34)


def test_a_composed_and_a_decomposed_letter_are_the_same_name() -> None:
    assert compile_expression("= категорі\u0438\u0306 = 1").names == {"категорій"}


def test_months_have_no_length_in_days_and_do_not_leave_an_expression() -> None:
    with pytest.raises(ExpressionFailed) as failure:
        compile_expression('= duration("P1M")').evaluate({})
    assert failure.value.code == "VALUE_NOT_ALLOWED"
    assert failure.value.params["kind"] == "a duration"


@pytest.mark.parametrize(
    ("text", "variables", "code"),
    [
        ("text", {"text": "a" * 100_001}, "VALUE_TOO_LARGE"),
        ("number", {"number": 10**40}, "VALUE_TOO_LARGE"),
        ("number", {"number": Decimal("1E+9999")}, "VALUE_TOO_LARGE"),
        ("text + text", {"text": "a" * 6_000}, "VALUE_TOO_LARGE"),
        ("2 in many", {"many": [1] * 1_001}, "VALUE_TOO_LARGE"),
        ("for x in many return x", {"many": [1] * 1_001}, "VALUE_TOO_LARGE"),
        ("concatenate(many, many)", {"many": [1] * 600}, "VALUE_TOO_LARGE"),
        ("string join(many)", {"many": ["a" * 20] * 600}, "VALUE_TOO_LARGE"),
        ("distinct values(many)", {"many": list(range(1_000))}, "EXPRESSION_TOO_MANY_STEPS"),
        ("text", {"text": b"bytes"}, "VALUE_NOT_ALLOWED"),
        ("[1..3]", {}, "VALUE_NOT_ALLOWED"),
        ("value", {"value": {1: "a key that is no text"}}, "VALUE_NOT_ALLOWED"),
        ("not 5", {}, "YES_OR_NO_EXPECTED"),
        ("approved and 5", {"approved": True}, "YES_OR_NO_EXPECTED"),
        ("every x in [1] satisfies x", {}, "YES_OR_NO_EXPECTED"),
        ("number > 5", {"number": Decimal("sNaN")}, "EXPRESSION_FAILED"),
    ],
)
def test_what_has_no_answer_fails_with_a_code_and_names_the_expression(
    text: str, variables: dict[str, Any], code: str
) -> None:
    with pytest.raises(ExpressionFailed) as failure:
        compile_expression(text).evaluate(variables)
    assert failure.value.code == code
    assert failure.value.params["text"] == text
    assert "%(" not in str(failure.value)


def test_data_nested_too_deeply_fails() -> None:
    nested: Any = 1
    for _ in range(41):
        nested = [nested]
    with pytest.raises(ExpressionFailed) as failure:
        compile_expression("nested").evaluate({"nested": nested})
    assert failure.value.code == "DATA_NESTED_TOO_DEEPLY"
