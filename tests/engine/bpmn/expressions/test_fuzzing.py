"""Whatever the text: an answer, a refusal or a failure, and soon.

The long form tries half a million new expressions of each kind, in several processes.
"""

from __future__ import annotations

from secrets import randbelow

import pytest
from faults.scorecard import Scorecard
from hypothesis import given, settings
from hypothesis import strategies as st
from support.expression_ordeal import VARIABLES, try_expressions, try_in_processes
from support.random_expressions import KINDS, NAMES, expression

from engine.bpmn.expressions import ExpressionRefused, compile_assignments

QUICK, FULL = 2_000, 500_000  # of each kind
TEXTS = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="ab.1[](){}<>=!&|+-*/%?:,'\" \\$#@_\n", max_size=200),
)


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("kind", KINDS)
def test_random_expressions_are_refused_or_answered(kind: str, full: bool, scorecard: Scorecard) -> None:
    tried = try_in_processes(kind, randbelow(10**9), FULL) if full else try_expressions(kind, 0, range(QUICK))
    assert not tried.failures, "\n".join(tried.failures)
    assert tried.expressions == (FULL if full else QUICK)
    assert 0 < tried.answered < tried.expressions
    told = f"{tried.expressions:,} expressions: {tried.answered:,} answered, the others refused or failed"
    scorecard.passed(9, kind, told, remark=f"slowest {tried.slowest * 1000:.0f} ms of computing")


def test_an_expression_can_be_made_again_from_its_number() -> None:
    assert set(NAMES) == set(VARIABLES)
    for kind in KINDS:
        assert [expression(kind, 7, one) for one in range(20)] == [expression(kind, 7, one) for one in range(20)]
        assert len({expression(kind, 7, one) for one in range(20)}) > 15


@settings(max_examples=300, deadline=None, database=None)
@given(TEXTS)
def test_random_scripts_are_refused_with_a_line_or_accepted(script: str) -> None:
    lines = script.splitlines()
    assert line_refused(script) in {None, *range(1, len(lines) + 1)}


def line_refused(script: str) -> int | None:
    try:
        compile_assignments(script)
    except ExpressionRefused as refusal:
        return refusal.line if refusal.line is not None else 0
    return None
