"""What was measured, beside what it should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

MILLI, MICRO = 1e3, 1e6


@dataclass(frozen=True, slots=True)
class Figure:
    """``value``, ``at_most`` and ``at_least`` are in ``unit``; without a limit the figure is told and not judged."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    remark: str = ""
    at_least: float | None = None

    @property
    def is_met(self) -> bool | None:
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most

    @property
    def mark(self) -> str:
        return {None: "", True: "met", False: "MISSED"}[self.is_met]

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        target = "" if self.at_most is None else f"≤ {_written(self.at_most)} {self.unit}"
        if self.at_least is not None:
            target = f"≥ {_written(self.at_least)} {self.unit}"
        return self.name, f"{_written(self.value)} {self.unit}", target, self.mark, self.remark


def seconds(work: Callable[[], Any]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def p50_and_p95(
    name: str, values: Sequence[float], at_most: tuple[float, float] | None = None
) -> tuple[Figure, Figure]:
    """Two figures in milliseconds of ``values`` in seconds."""
    limits = at_most or (None, None)
    return (
        Figure(f"{name}, p50", median(values) * MILLI, "ms", limits[0]),
        Figure(f"{name}, p95", percentile(values, 0.95) * MILLI, "ms", limits[1]),
    )


def _written(value: float) -> str:
    """Three significant digits."""
    if value >= 100:  # from here on decimals say nothing
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.2f}"
