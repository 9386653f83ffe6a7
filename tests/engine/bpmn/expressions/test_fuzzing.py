"""Whatever the text: an answer, a refusal or a failure, and soon."""

from __future__ import annotations

import pytest
from faults.scorecard import Scorecard
from hypothesis import given, settings
from support.expression_ordeal import KINDS, LONGEST_SECONDS, TEXTS, try_expressions, try_in_processes

from engine.bpmn.expressions import ExpressionRefused, compile_assignments

QUICK, FULL = 1_500, 500_000  # of each kind


# A millisecond or two each, most of which is taken by the making of it.
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("kind", KINDS)
def test_random_expressions_are_refused_or_answered(kind: str, full: bool, scorecard: Scorecard) -> None:
    tried = try_in_processes(kind, FULL) if full else try_expressions(kind, QUICK, same_every_time=True)
    assert tried.expressions >= (FULL if full else QUICK) * 0.9, "hypothesis could not think of more"
    assert tried.slowest < LONGEST_SECONDS
    remark = f"slowest {tried.slowest * 1000:.0f} ms of computing"
    scorecard.passed(9, kind, f"{tried.expressions:,} expressions, each answered, refused or failed", remark=remark)


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
