"""Whatever the text: an answer, a refusal or a failure, and soon."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.bpmn.expressions import ExpressionFailed, ExpressionRefused, classify, compile_assignments
from engine.bpmn.expressions.expression import compile_expression
from engine.bpmn.expressions.functions import FUNCTIONS, METHODS
from engine.bpmn.expressions.grammar import BINDING, CONSTANTS, JUEL_WORDS, RESERVED

LONGEST_SECONDS = 0.05
QUICK, FULL = 1_500, 500_000  # of random text, and again of random tokens

VARIABLES: dict[str, Any] = {
    "amount": 1500,
    "price": Decimal("99.90"),
    "rate": 0.1,
    "approved": True,
    "name": "Олена",
    "long": "a" * 90_000,
    "rows": list(range(1_000)),
    "texts": ["a" * 1_000] * 100,
    "deal": {"amount": 5, "items": [{"price": 1}, {"price": 2}], "none": None},
    "today": date(2026, 7, 31),
    "now": datetime(2026, 7, 31, 9, 30, tzinfo=UTC),
    "thing": object(),
    "nan": float("nan"),
    "huge": 10**60,
}
TOKENS = st.sampled_from(
    [
        *VARIABLES, *CONSTANTS, *RESERVED, *JUEL_WORDS, *FUNCTIONS, *(f"{name}(" for name in FUNCTIONS),
        *(f".{name}(" for name in METHODS), *BINDING, "(", ")", "[", "]", ",", "..", ":", "!", "-", "@", "{", "}", "$",
        "1", "0", "0.5", "1e9", "-1", "999", '"a"', "'P1D'", '"2026-07-31"', ".amount", ".items", ".price", "missing",
        "for x in", "some x in", "every x in", "satisfies", "return x", "x", "if", "then", "else", "in (",
        "var:equals(", "execution.getVariable(", "empty", "div", "_a", "__class__",
    ]
)  # fmt: skip
WRAPPINGS = st.sampled_from(["{}", "= {}", "${{{}}}", "#{{{}}}"])
TEXTS = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="ab.1[](){}<>=!&|+-*/%?:,'\" \\$#@_\n", max_size=200),
)
TOKEN_TEXTS = st.builds(
    lambda wrapping, tokens: wrapping.format(" ".join(tokens)), WRAPPINGS, st.lists(TOKENS, min_size=1, max_size=40)
)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "**", "<", ">=", "=", "and", "in"])
OPERANDS = st.sampled_from(
    [*VARIABLES, "missing", "1", "0", "-2.5", '"a"', "null", "true", "[1, 2]", "deal.items", "x"]
)
SENTENCES = st.recursive(
    OPERANDS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, OPERATORS, inner),
        st.builds("{}({})".format, st.sampled_from(sorted(FUNCTIONS)), inner),
        st.builds("{}({}, {})".format, st.sampled_from(sorted(FUNCTIONS)), inner, inner),
        st.builds("({} x in {} satisfies {})".format, st.sampled_from(["some", "every"]), inner, inner),
        st.builds("(for x in {} return {})".format, inner, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
    ),
    max_leaves=25,
)


def outcome(text: str) -> Exception | None:
    try:
        compile_expression.__wrapped__(text).evaluate(VARIABLES)
    except (ExpressionRefused, ExpressionFailed) as error:
        return error
    return None


def seconds_of(text: str) -> float:
    """The processor's time for telling what the text is, compiling and evaluating it."""
    started = time.thread_time()
    classify(text)
    outcome(text)
    return time.thread_time() - started


def ensure_only_known_outcomes(text: str) -> None:
    error = outcome(text)
    assert error is None or "%(" not in str(error) or "%(" in text
    # Again when it was slow: the garbage of the tests themselves is collected in the middle of some examples.
    assert any(seconds_of(text) < LONGEST_SECONDS for _ in range(3))


def run(request: pytest.FixtureRequest, texts: st.SearchStrategy[str]) -> None:
    full = request.config.getoption("--full", default=False)

    @settings(
        max_examples=FULL if full else QUICK,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(texts)
    def check(text: str) -> None:
        ensure_only_known_outcomes(text)

    check()


def test_random_text_is_refused_or_answered(request: pytest.FixtureRequest) -> None:
    run(request, TEXTS)


def test_random_tokens_are_refused_or_answered(request: pytest.FixtureRequest) -> None:
    run(request, TOKEN_TEXTS)


def test_random_sentences_are_refused_or_answered(request: pytest.FixtureRequest) -> None:
    run(request, SENTENCES)


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
