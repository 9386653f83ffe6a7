from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from faults.scorecard import Line, as_kept, from_kept, table
from support.office import Office

from engine.clock import SystemClock
from engine.db.session import Database

_KEPT = "reglament/scorecard"
_BEGIN, _END = "<!-- scorecard -->\n", "<!-- /scorecard -->"


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """The company at work with its sales map published, on SQLite and on PostgreSQL."""
    database = Database(database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


@dataclass
class Scorecard:
    """Writes the line of a test into the scorecard."""

    config: pytest.Config
    is_full: bool
    began: float

    def passed(
        self, row: int, where: str | Database, tried: str, *, lost: int = 0, doubled: int = 0, remark: str = ""
    ) -> None:
        """What is counted was asserted before: the line tells what was tried. ``where`` may be the database."""
        if isinstance(where, Database):
            where = "SQLite" if where.is_sqlite else "PostgreSQL"
        seconds = time.monotonic() - self.began
        today = SystemClock().now().date().isoformat()
        line = Line(row, where, tried, lost, doubled, seconds, remark, self.is_full, today)
        known = self.config.cache.get(_KEPT, {}) if self.config.cache else {}
        known[f"{'full' if self.is_full else 'quick'} {row} {where}"] = as_kept(line)
        if self.config.cache:
            self.config.cache.set(_KEPT, known)


@pytest.fixture
def scorecard(request: pytest.FixtureRequest, full: bool) -> Scorecard:
    return Scorecard(request.config, full, time.monotonic())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """After the long form: the scorecard of all rows that were run on this checkout, also into the documentation."""
    if not config.getoption("--full") or config.cache is None:
        return
    kept = config.cache.get(_KEPT, {})
    lines = [from_kept(one) for key, one in kept.items() if key.startswith("full")]
    terminalreporter.section("scorecard: tried, lost, doubled")
    terminalreporter.write_line(table(lines))
    page = Path(config.rootpath, "docs", "reliability.md")
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n{table(lines)}\n\n{_END}{after}", encoding="utf-8")
