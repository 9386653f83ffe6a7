"""What is said of a table before any deal comes to it."""

from __future__ import annotations

import time

import pytest
from support.decision_tables import build, dmn, table

from engine.bpmn.findings import Finding

AMOUNT = [("amount", "number")]
SEGMENT = ("segment", "string", '"vip", "new", "old"')


def told(said: str) -> list[tuple[str, ...]]:
    """Codes with the numbers of their rules."""
    _, _, findings = build(dmn(said))
    return [
        (one.code, *(one.params[key] for key in ("rule", "one", "earlier", "other") if key in one.params))
        for one in findings
    ]


def first(said: str) -> Finding:
    _, _, findings = build(dmn(said))
    return findings[0]


def test_rules_that_can_match_together_are_told_with_an_example() -> None:
    said = table(
        [SEGMENT, *AMOUNT], ["x"], ('"vip"', "<= 10", "1"), ('not("new")', "[10..20]", "2"), ('"new"', "5", "3")
    )
    finding = first(said)
    assert (finding.code, finding.severity) == ("DMN_RULES_OVERLAP", "warning")
    assert finding.params == {"one": "1", "other": "2", "example": "segment: vip; amount: 10"}
    assert len(build(dmn(said))[2]) == 1


@pytest.mark.parametrize(
    "rules",
    [
        [("< 10", "1"), (">= 10", "2")],
        [("[1..5[", "1"), ("[5..9]", "2"), ("> 9", "3")],
        [("1, 2", "1"), ("not(1, 2)", "2")],
        [("null", "1"), ("not(null)", "2")],
        [("not(< 5)", "1"), ("< 5", "2")],
        [("(1..2)", "1"), ("1, 2", "2")],
    ],
)
def test_rules_that_part_all_values_are_told_nothing(rules: list[tuple[str, str]]) -> None:
    assert told(table(AMOUNT, ["x"], *rules)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("[1..5]", "[5..9]"), ("> 1", "< 2"), ("(1..2)", "1.5"), ("-", "7"), ("not(1)", "not(2)"), ("? > 1", "5")],
)
def test_rules_that_meet_in_one_value_are_told(one: str, other: str) -> None:
    assert told(table(AMOUNT, ["x"], (one, "1"), (other, "2"))) == [("DMN_RULES_OVERLAP", "1", "2")]


def test_columns_that_look_at_the_same_are_not_taken_for_independent() -> None:
    said = table([("amount", "number"), ("amount * 2", "number")], ["x"], ("< 5", "-", "1"), ("-", "> 20", "2"))
    assert told(said) == []


def test_cells_that_read_other_variables_are_left_to_the_deal() -> None:
    assert told(table(AMOUNT, ["x"], ("< bound", "1"), (">= bound", "2"))) == []


def test_rules_that_may_disagree_are_told_under_any() -> None:
    said = table(AMOUNT, ["x"], ("> 10", "1"), ("> 20", "1"), ("> 30", "2"), policy="ANY")
    assert told(said) == [("DMN_RULES_DISAGREE", "1", "3"), ("DMN_RULES_DISAGREE", "2", "3")]


def test_a_rule_behind_one_that_takes_everything_is_told() -> None:
    said = table(AMOUNT, ["x"], ("> 10", "1"), ("> 20", "2"), ("-", "3"), ("null", "4"), policy="FIRST")
    assert told(said) == [("DMN_RULE_UNREACHABLE", "2", "1"), ("DMN_RULE_UNREACHABLE", "4", "3")]
    parted = table(AMOUNT, ["x"], ("> 20", "1"), ("> 10", "2"), ("<= 10", "3"), ("-", "4"), policy="FIRST")
    assert told(parted) == []


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("number", "[5..1]"), ("number", '"5"'), ("number", "]5..5["), ("string", "5"), ("boolean", '"так"'),
        ("date", '"5 травня", 5'), ("number", "true"), ("string", '< duration("P3D")'),
        ("string", '[duration("P1D")..duration("P3D")]'), ("date", 'duration("P3M")'), ("number", '> duration("PT1H")'),
    ],
)  # fmt: skip
def test_a_cell_that_no_value_fits_is_told(kind: str, cell: str) -> None:
    assert told(table([("a", kind)], ["x"], ("null", "0"), (cell, "1")))[0][:2] == ("DMN_CELL_NEVER_MATCHES", "2")


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("number", "5"), ("string", '"a"'), ("string", '["a".."c"]'), ("", 'time("10:00:00")'),
        ("time", 'time("10:00:00")'), ("date", '"2026-05-05"'),
        ("", 'duration("P1D")'), ("duration", '< duration("P3D")'), ("string", '"P3D", duration("P3D")'),
        ("string", '< time("10:00:00")'),
        ("date", 'date("2026-01-01")'), ("boolean", "false"), ("", "missing"), ("", "{}[1]"),
    ],
)  # fmt: skip
def test_a_cell_that_some_value_may_fit_is_told_nothing(kind: str, cell: str) -> None:
    assert "DMN_CELL_NEVER_MATCHES" not in {one[0] for one in told(table([("a", kind)], ["x"], (cell, "1")))}


def test_a_value_outside_the_allowed_ones_is_told() -> None:
    finding = first(table([SEGMENT], ["x"], ('"vip", "gold"', "1")))
    assert (finding.code, finding.params["text"]) == ("DMN_CELL_NOT_ALLOWED", "gold")


@pytest.mark.parametrize(
    ("cell", "result", "value"),
    [
        ('date("30.03.2026")', '"x"', 'date("30.03.2026")'),
        ('< date("2026-02-30")', '"x"', 'date("2026-02-30")'),
        ('not(date("2026-02-30"))', '"x"', 'date("2026-02-30")'),
        ('[date("2026-02-01")..date("2026-02-30")]', '"x"', 'date("2026-02-30")'),
        ("-", 'date("30.03.2026")', 'date("30.03.2026")'),
        ("-", 'today + duration("2 дні")', 'duration("2 дні")'),
    ],
)
def test_a_date_that_is_none_is_an_error(cell: str, result: str, value: str) -> None:
    """It was null: the rule matched the deals where nobody had filled in the date."""
    (finding,) = build(dmn(table([("a", "date")], ["x"], (cell, result))))[2]
    assert (finding.code, finding.severity, finding.params["value"]) == ("DMN_VALUE_UNREADABLE", "error", value)


def test_a_moment_without_a_zone_is_told() -> None:
    cell = '< date and time("2026-01-31T10:00:00{zone}")'
    said = [told(table([("a", "dateTime")], ["x"], (cell.format(zone=zone), "1"))) for zone in ("", "+02:00", "Z")]
    assert said == [[("DMN_MOMENT_WITHOUT_ZONE", "1")], [], []]


def test_a_table_of_the_largest_size_is_checked_in_time() -> None:
    rules = [(str(number), f'"{number}"', str(number)) for number in range(400)]
    wide = table([*AMOUNT, ("name", "string")], ["x"], *rules)
    long = table(AMOUNT, ["x"], *[(f"[{number}..{number + 1}[", str(number)) for number in range(1000)])
    before = time.process_time()
    assert told(wide) == []
    assert told(long) == []
    assert time.process_time() - before < 4
