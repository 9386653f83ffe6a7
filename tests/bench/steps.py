"""A step in our core against a step of the stock engine, taken in turns so that a busy machine disturbs both alike."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from statistics import mean, median
from typing import Any, Protocol

from bench.core import CoreInstance, InDatabase, InMemory, InstanceTable
from bench.figures import MICRO, MILLI, Figure, seconds
from bench.sale import STEPS, path, sale_xml
from bench.stock import StockInstance

from engine.bpmn.expressions.condition import compile_condition
from engine.db.session import Database

ROUNDS = 60
EARLY, LATE = 10, 1_000
_FLOW_NODES = (
    *("startEvent", "endEvent", "boundaryEvent", "userTask", "scriptTask"),
    *("exclusiveGateway", "parallelGateway", "subProcess"),
)
AROUND = 10  # rework loops on each side that are measured


class Instance(Protocol):
    def complete(self, name: str, values: Mapping[str, Any]) -> float: ...
    @property
    def is_over(self) -> bool: ...


def step_figures(databases: Mapping[str, Database]) -> Iterator[Figure]:
    stock, core, durable = "stock", "core", "durable "
    makers: dict[str, Callable[[int], Instance]] = {
        stock: lambda _: StockInstance(),
        core: lambda _: CoreInstance(InMemory()),
    }
    tables = {name: InstanceTable(database) for name, database in databases.items()}
    for name, table in tables.items():
        makers[durable + name] = partial(_durable, table)
    taken = _in_turns(makers)
    for table in tables.values():
        table.close()
    base = taken[stock]
    yield Figure("B: a step of stock SpiffWorkflow in memory", base * MILLI, "ms")
    yield Figure("core: load, step, prune, encode", taken[core] / base, "B", 0.8)
    for name in databases:
        yield Figure(
            f"durable step, {name}", taken[durable + name] / base, "B", 1.6 if name == "SQLite" else 4.0,
            f"{taken[durable + name] * MILLI:.2f} ms",
        )  # fmt: skip


def _durable(table: InstanceTable, number: int) -> Instance:
    return CoreInstance(InDatabase(table, number))


def growth_figures() -> Iterator[Figure]:
    instance = CoreInstance(InMemory())
    taken: dict[int, dict[str, list[float]]] = {EARLY: defaultdict(list), LATE: defaultdict(list)}
    sizes: dict[int, int] = {}
    loop = 0
    with _undisturbed():
        for name, values in path(LATE + AROUND + 1):
            loop += name == "prepare"
            time = instance.complete(name, values)
            for around, times in taken.items():
                if abs(loop - around) < AROUND:
                    times[name].append(time)
                if loop == around and name == "prepare":
                    sizes[around] = instance.size
    early, late = (mean(median(times) for times in taken[at].values()) for at in (EARLY, LATE))
    yield Figure(f"a step in rework loop {LATE:,} ÷ in loop {EARLY}", late / early, "", 1.2)
    yield Figure(
        f"state with three branches open, loop {LATE:,}", sizes[LATE] / 1024, "KB", 4,
        f"1 KB of it variables; loop {EARLY}: {sizes[EARLY] / 1024:.1f} KB",
    )  # fmt: skip


def condition_figure() -> Figure:
    condition = compile_condition("amount > 1000 and not rework")
    values = {"amount": 5000, "rework": False}
    times = 20_000

    def evaluate() -> None:
        for _ in range(times):
            condition.holds(values)

    best = min(seconds(evaluate) for _ in range(5)) / times
    return Figure("one condition (“amount > 1000 and not rework”)", best * MICRO, "µs", 1.0)


def _in_turns(makers: Mapping[str, Callable[[int], Instance]]) -> dict[str, float]:
    """Seconds per step of each kind: the median of each step of the process, averaged over its steps."""
    taken: dict[str, dict[str, list[float]]] = {kind: {name: [] for name in STEPS} for kind in makers}
    for number in range(ROUNDS):
        for kind, make in makers.items():
            instance = make(number)
            with _undisturbed():
                for name, values in path():
                    taken[kind][name].append(instance.complete(name, values))
            if not instance.is_over:
                raise AssertionError(f"{kind} did not come to its end")
    return {kind: mean(median(times) for times in steps.values()) for kind, steps in taken.items()}


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the garbage collector's pauses, which fall on whoever comes next."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def process_size() -> int:
    """Flow nodes of the process, for the table's heading."""
    return sum(sale_xml(for_python=True).count(f"<{tag} ") for tag in _FLOW_NODES)
