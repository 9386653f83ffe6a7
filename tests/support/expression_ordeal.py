"""Evaluates many expressions made at random: whatever the text, an answer, a refusal or a failure, and soon.

Each process makes a few thousand and is asked again: hypothesis remembers all that a run has made, and half a million
of them take a gigabyte that the collection of garbage walks through in the middle of an evaluation.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import repeat
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.bpmn.expressions import ExpressionFailed, ExpressionRefused, classify
from engine.bpmn.expressions.expression import compile_expression
from engine.bpmn.expressions.functions import FUNCTIONS, METHODS
from engine.bpmn.expressions.grammar import BINDING, CONSTANTS, JUEL_WORDS, RESERVED

LONGEST_SECONDS = 0.05
_SURELY_QUICK = 0.005
PIECE = 5_000  # expressions that a process makes before it forgets them

_VARIABLES: dict[str, Any] = {
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
_TOKENS = st.sampled_from(
    [
        *_VARIABLES, *CONSTANTS, *RESERVED, *JUEL_WORDS, *FUNCTIONS, *(f"{name}(" for name in FUNCTIONS),
        *(f".{name}(" for name in METHODS), *BINDING, "(", ")", "[", "]", ",", "..", ":", "!", "-", "@", "{", "}", "$",
        "1", "0", "0.5", "1e9", "-1", "999", '"a"', "'P1D'", '"2026-07-31"', ".amount", ".items", ".price", "missing",
        "for x in", "some x in", "every x in", "satisfies", "return x", "x", "if", "then", "else", "in (",
        "var:equals(", "execution.getVariable(", "empty", "div", "_a", "__class__",
    ]
)  # fmt: skip
_WRAPPINGS = st.sampled_from(["{}", "= {}", "${{{}}}", "#{{{}}}"])
TEXTS = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="ab.1[](){}<>=!&|+-*/%?:,'\" \\$#@_\n", max_size=200),
)
_TOKEN_TEXTS = st.builds(
    lambda wrapping, tokens: wrapping.format(" ".join(tokens)), _WRAPPINGS, st.lists(_TOKENS, min_size=1, max_size=40)
)
_OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "**", "<", ">=", "=", "and", "in"])
_OPERANDS = st.sampled_from(
    [*_VARIABLES, "missing", "1", "0", "-2.5", '"a"', "null", "true", "[1, 2]", "deal.items", "x"]
)
_SENTENCES = st.recursive(
    _OPERANDS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, _OPERATORS, inner),
        st.builds("{}({})".format, st.sampled_from(sorted(FUNCTIONS)), inner),
        st.builds("{}({}, {})".format, st.sampled_from(sorted(FUNCTIONS)), inner, inner),
        st.builds("({} x in {} satisfies {})".format, st.sampled_from(["some", "every"]), inner, inner),
        st.builds("(for x in {} return {})".format, inner, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
    ),
    max_leaves=25,
)


def _outcome(text: str) -> Exception | None:
    try:
        compile_expression.__wrapped__(text).evaluate(_VARIABLES)
    except (ExpressionRefused, ExpressionFailed) as error:
        return error
    return None


def _seconds_of(text: str) -> float:
    """The processor's time for telling what the text is, compiling and evaluating it."""
    started = time.thread_time()
    classify(text)
    _outcome(text)
    return time.thread_time() - started


KINDS = {"random text": TEXTS, "random tokens": _TOKEN_TEXTS, "random sentences": _SENTENCES}


@dataclass
class Tried:
    """``slowest`` is in seconds of computing."""

    expressions: int = 0
    slowest: float = 0.0

    def add(self, other: Tried) -> None:
        self.expressions += other.expressions
        self.slowest = max(self.slowest, other.slowest)


def try_in_processes(kind: str, expressions: int) -> Tried:
    """New expressions on every core. Raises AssertionError with the shortest one that is not as it must be."""
    everything = Tried()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context, initializer=os.nice, initargs=(5,)) as workers:
        pieces = [min(PIECE, expressions - start) for start in range(0, expressions, PIECE)]
        for tried in workers.map(try_expressions, repeat(kind), pieces):
            everything.add(tried)
    return everything


def try_expressions(kind: str, expressions: int, *, same_every_time: bool = False) -> Tried:
    """As many of one of ``KINDS``. Raises AssertionError."""
    tried = Tried()

    @settings(
        max_examples=expressions,
        deadline=None,
        database=None,
        derandomize=same_every_time,
        suppress_health_check=list(HealthCheck),
    )
    @given(KINDS[kind])
    def check(text: str) -> None:
        tried.add(Tried(1, _ensure_known_outcome_in_time(text)))

    check()
    return tried


def _ensure_known_outcome_in_time(text: str) -> float:
    """The seconds that it took."""
    error = _outcome(text)
    assert error is None or "%(" not in str(error) or "%(" in text
    seconds = _seconds_of(text)
    if seconds > _SURELY_QUICK:  # the garbage of the tests themselves is collected in the middle of some examples
        seconds = min(seconds, _seconds_of(text), _seconds_of(text))
    assert seconds < LONGEST_SECONDS
    return seconds
