"""``make bench``: measure, print one table, write docs/benchmarks.md. A missed target is marked, never an error."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.beside import beside_figures
from bench.commands import command_figures
from bench.completions import IN_A_COMPANY, ON_ONE_MACHINE, completion_figures
from bench.endurance import memory_figure
from bench.figures import MILLI, Figure
from bench.imports import import_figures
from bench.report import machine, print_table, write_page
from bench.serving import serving_figures
from bench.steps import condition_figure, growth_figures, step_figures
from bench.timers import timer_figures
from support.migrated import build_schema
from support.office import Office
from support.servers import PostgreSQL, Redis

from engine.clock import SettableClock, SystemClock, monotonic
from engine.db.session import Database

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


class DurablePostgreSQL(PostgreSQL):
    """As a company runs it: what was committed survives the machine."""

    def _command(self) -> list[str]:
        return [*super()._command(), "-c", "fsync=on", "-c", "full_page_writes=on", "-c", "synchronous_commit=on"]


class Bench:
    """A database per measurement, so that none pays for the rows of another."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held
        self._postgresql = held.enter_context(DurablePostgreSQL())
        self._redis = held.enter_context(Redis())
        self._folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="reglament-bench-")))
        self._made = 0

    def figures(self, *, full: bool) -> Iterator[Figure]:
        """``full``: the memory over 100,000 steps, which takes minutes."""
        bare: dict[str, float] = {}
        base = 0.0
        for figure in step_figures({SQLITE: self._database(SQLITE), POSTGRESQL: self._database(POSTGRESQL)}):
            base = base or figure.value / MILLI
            bare[figure.name.rpartition(", ")[2]] = figure.value * base
            yield figure
        yield from growth_figures()
        yield condition_figure()
        yield from import_figures()
        for where in (SQLITE, POSTGRESQL):
            yield from command_figures(self._office(where), where)
        for where, timers, workers in ((SQLITE, 1_000, 1), (POSTGRESQL, 10_000, 4)):
            database = self._database(where)
            settings = self._settings(database, where)
            yield from timer_figures(database, where, self._folder, settings, timers=timers, workers=workers)
        for where, ways in ((SQLITE, ON_ONE_MACHINE), (POSTGRESQL, IN_A_COMPANY)):
            office = self._office(where)
            var, settings = self._folder / f"var-completing-{where}", self._settings(office.database, where)
            yield from completion_figures(office, where, var, settings, ways, bare_s=bare[where])
        office = self._office(POSTGRESQL)
        settings = self._settings(office.database, POSTGRESQL)
        yield from beside_figures(office, self._folder / "var-beside", settings, self._postgresql)
        for where in (SQLITE, POSTGRESQL):
            office = self._office(where)
            yield from serving_figures(
                office, where, self._folder / f"var-{where}", self._settings(office.database, where)
            )
        early, late = (10_000, 100_000) if full else (1_000, 5_000)
        yield memory_figure(self._database(SQLITE).url, early=early, late=late)

    def _settings(self, database: Database, where: str) -> dict[str, str]:
        settings = {"DATABASE_URL": database.url}
        return settings | ({"REDIS_URL": self._redis.url} if where == POSTGRESQL else {})

    def _database(self, where: str) -> Database:
        self._made += 1
        name = f"bench_{self._made}"
        url = f"sqlite:///{self._folder / name}.sqlite"
        if where == POSTGRESQL:
            url = self._postgresql.create_database(name)
        build_schema(url)
        database = Database(url)
        self._held.callback(database.dispose)
        return database

    def _office(self, where: str) -> Office:
        """By the machine's clock as of now: the server must not find everything late."""
        office = Office(self._database(where), SettableClock(SystemClock().now()))
        office.publish()
        return office


def main() -> None:
    began, load = monotonic(), os.getloadavg()[0]
    figures = []
    with ExitStack() as held:
        for figure in Bench(held).figures(full="--full" in sys.argv[1:]):
            figures.append(figure)
            print(f"  {figure.name}: {figure.cells[1]} {figure.mark}", flush=True)
    print()
    print_table(figures)
    for name, value in machine(load):
        print(f"{name}: {value}")
    print(f"measured in {monotonic() - began:.0f} s")
    write_page(figures, load)


if __name__ == "__main__":
    main()
