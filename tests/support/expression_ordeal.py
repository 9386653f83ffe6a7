"""Evaluates many expressions made at random: whatever the text, an answer, a refusal or a failure, and soon."""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import repeat
from typing import Any

from support.random_expressions import expression

from engine.bpmn.expressions import ExpressionFailed, ExpressionRefused, classify
from engine.bpmn.expressions.expression import compile_expression

LONGEST_SECONDS = 0.05
_SURELY_QUICK = 0.005
_PIECE = 5_000  # expressions that a process is given at a time

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


@dataclass
class Tried:
    """``failures`` tell what went wrong with which expression; ``slowest`` is in seconds of computing."""

    expressions: int = 0
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def add(self, other: Tried) -> None:
        self.expressions += other.expressions
        self.answered += other.answered
        self.failures += other.failures
        self.slowest = max(self.slowest, other.slowest)


def try_in_processes(kind: str, series: int, expressions: int) -> Tried:
    """All expressions of a series, on every core."""
    everything = Tried()
    context = multiprocessing.get_context("spawn")
    pieces = [range(start, min(start + _PIECE, expressions)) for start in range(0, expressions, _PIECE)]
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context, initializer=os.nice, initargs=(5,)) as workers:
        for tried in workers.map(try_expressions, repeat(kind), repeat(series), pieces):
            everything.add(tried)
    return everything


def try_expressions(kind: str, series: int, numbers: range) -> Tried:
    """The expressions of those numbers, in this process."""
    tried = Tried()
    for number in numbers:
        text = expression(kind, series, number)
        tried.expressions += 1
        try:
            seconds, error = _read(text)
        except Exception as failure:  # noqa: BLE001  # any at all is what is looked for
            wrong = "".join(traceback.format_exception(failure)[-3:])
        else:
            if seconds > _SURELY_QUICK:  # garbage of the tests themselves is collected in the middle of some
                seconds = min(seconds, _read(text)[0], _read(text)[0])
            tried.answered += error is None
            tried.slowest = max(tried.slowest, seconds)
            wrong = _wrong(text, error, seconds)
        if wrong:
            tried.failures.append(f"{kind}, series {series}, number {number}: {text!r}: {wrong}")
    return tried


def _read(text: str) -> tuple[float, Exception | None]:
    """The processor's time for telling what the text is, compiling and evaluating it; and how it was refused."""
    error: Exception | None = None
    started = time.thread_time()
    classify(text)
    try:
        compile_expression.__wrapped__(text).evaluate(VARIABLES)
    except (ExpressionRefused, ExpressionFailed) as refusal:
        error = refusal
    return time.thread_time() - started, error


def _wrong(text: str, error: Exception | None, seconds: float) -> str:
    if error is not None and "%(" in str(error) and "%(" not in text:
        return f"words are missing: {error}"
    return f"took {seconds:.3f} s" if seconds >= LONGEST_SECONDS else ""
