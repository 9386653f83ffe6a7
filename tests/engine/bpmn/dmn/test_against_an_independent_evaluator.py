"""Random tables against an evaluator of a few lines that shares nothing with the product's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.decision_tables import build, dmn, table

from engine.bpmn.dmn.evaluation import EvaluableDecision
from engine.bpmn.dmn.failures import RulesContradict, RulesDisagree

RANKS = [3, 1, 4, 0, 2]
NAMES = ["a", "b", "c"]


@dataclass(frozen=True)
class Cell:
    text: str
    holds: Callable[[Any], bool]

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Rule:
    number: Cell
    name: Cell
    output: int


def _interval(low: int, size: int, opening: str, closing: str) -> Cell:
    high = low + size

    def holds(value: int | None) -> bool:
        if value is None:
            return False
        above = value >= low if opening == "[" else value > low
        return above and (value <= high if closing == "]" else value < high)

    return Cell(f"{opening}{low}..{high}{closing}", holds)


def _negated(cell: Cell, *, compares: bool) -> Cell:
    """``not`` of an order that null has no place in is no answer for null; ``not`` of a value is true for it."""
    return Cell(f"not({cell.text})", lambda value: not cell.holds(value) and not (compares and value is None))


_small = st.integers(-4, 6)
_points = st.lists(_small, min_size=1, max_size=3).map(
    lambda values: Cell(", ".join(map(str, values)), lambda value: value in values)
)
_intervals = st.builds(_interval, _small, st.integers(0, 4), st.sampled_from("[(]"), st.sampled_from("])["))
_bounds = st.tuples(st.sampled_from(["<", "<=", ">", ">="]), _small).map(
    lambda said: Cell(
        f"{said[0]} {said[1]}",
        lambda value: (
            value is not None
            and {"<": value < said[1], "<=": value <= said[1], ">": value > said[1], ">=": value >= said[1]}[said[0]]
        ),
    )
)
_any = st.just(Cell("-", lambda _value: True))
_numbers = st.one_of(
    _any,
    _points,
    _intervals,
    _bounds,
    _points.map(lambda cell: _negated(cell, compares=False)),
    st.one_of(_intervals, _bounds).map(lambda cell: _negated(cell, compares=True)),
    st.just(Cell("null", lambda value: value is None)),
)
_listed = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True).map(
    lambda names: Cell(", ".join(f'"{name}"' for name in names), lambda value: value in names)
)
_names = st.one_of(_any, _listed, _listed.map(lambda cell: _negated(cell, compares=False)))
_rules = st.lists(st.builds(Rule, _numbers, _names, st.sampled_from(RANKS)), min_size=1, max_size=6)


def _first(hits: Sequence[int]) -> int | None:
    return hits[0] if hits else None


# What the standard says of the outputs of the rules that match, in the order of the rules.
EXPECTED: dict[str, Callable[[Sequence[int]], Any]] = {
    "UNIQUE": lambda hits: RulesContradict if len(hits) > 1 else _first(hits),
    "ANY": lambda hits: RulesDisagree if len(set(hits)) > 1 else _first(hits),
    "FIRST": _first,
    "PRIORITY": lambda hits: min(hits, key=RANKS.index, default=None),
    "RULE ORDER": list,
    "OUTPUT ORDER": lambda hits: sorted(hits, key=RANKS.index),
    "COLLECT": list,
    "COLLECT SUM": lambda hits: sum(hits) if hits else None,
    "COLLECT MIN": lambda hits: min(hits, default=None),
    "COLLECT MAX": lambda hits: max(hits, default=None),
    "COLLECT COUNT": len,
}
MOST_TOLD = 10  # collisions of one table


def _collide(policy: str, rules: Sequence[Rule], one: int, other: int) -> bool:
    return policy == "UNIQUE" or rules[one - 1].output != rules[other - 1].output


@pytest.mark.parametrize("said", list(EXPECTED))
@given(rules=_rules, values=st.lists(st.tuples(st.none() | _small, st.none() | st.sampled_from([*NAMES, "d"]))))
@settings(max_examples=60, deadline=None)
def test_a_random_table_gives_what_the_standard_says(
    said: str, rules: list[Rule], values: list[tuple[int | None, str | None]]
) -> None:
    aggregation = said.removeprefix("COLLECT").strip() if said.startswith("COLLECT") else ""
    policy = "COLLECT" if aggregation else said
    written = table(
        [("number", "number"), ("name", "string")],
        [("rank", "number", ", ".join(map(str, RANKS)))],
        *((rule.number.text, rule.name.text, str(rule.output)) for rule in rules),
        policy=policy,
        aggregation=aggregation,
    )
    decision, decisions, findings = build(dmn(written))
    assert decision is not None, findings
    evaluable = EvaluableDecision(decision, decisions)
    told = {(one.params["one"], one.params["other"]) for one in findings if "other" in one.params}
    for number, name in values:
        matching = [place for place, rule in enumerate(rules, 1) if rule.number.holds(number) and rule.name.holds(name)]
        hits = [rules[place - 1].output for place in matching]
        wanted = EXPECTED[said](hits)
        if isinstance(wanted, type):
            with pytest.raises(wanted):
                evaluable.evaluate({"number": number, "name": name})
            # What fails for values that are there was said before any deal came by.
            pairs = {
                (str(one), str(other))
                for one, other in combinations(matching, 2)
                if _collide(policy, rules, one, other)
            }
            assert pairs <= told or None in (number, name) or len(told) >= MOST_TOLD
        else:
            (result,) = evaluable.evaluate({"number": number, "name": name})
            assert result.value == wanted


@given(rules=_rules)
@settings(max_examples=150, deadline=None)
def test_a_rule_that_is_called_unreachable_never_counts(rules: list[Rule]) -> None:
    written = table(
        [("number", "number"), ("name", "string")],
        ["rank"],
        *((rule.number.text, rule.name.text, str(rule.output)) for rule in rules),
        policy="FIRST",
    )
    decision, decisions, findings = build(dmn(written))
    assert decision is not None
    evaluable = EvaluableDecision(decision, decisions)
    in_vain = {
        int(one.params["rule"]) for one in findings if one.code in {"DMN_RULE_UNREACHABLE", "DMN_CELL_NEVER_MATCHES"}
    }
    counted: set[int] = set()
    halves = [half / 2 for half in range(-12, 24)]
    for number in (None, *halves):
        for name in (None, *NAMES, "d"):
            counted |= set(evaluable.evaluate({"number": number, "name": name})[-1].rules)
    assert counted & in_vain == set()
