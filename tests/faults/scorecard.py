"""What was tried, what was lost, what was done twice: one line per row of the scorecard, kept from run to run.

The rows are those of docs/reliability.md. A test writes its line when all that it asserts holds: a row without a line
was not run, or failed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.db.session import Database

_KEPT = "reglament/scorecard"
_BEGIN, _END = "<!-- scorecard -->\n", "<!-- /scorecard -->"

ROWS = {
    1: "kill -9 of working processes at random moments",
    2: "PostgreSQL crashed and started again under load",
    3: "timers due at once, several workers, one killed",
    4: "one step completed by four at the same instant",
    5: "the answer to COMMIT lost",
    6: "eight processes write into SQLite",
    7: "random maps against an independent model",
    10: "diagram bombs",
    14: "backup under load, restored",
    15: "upgrade with deals at every kind of wait",
    16: "clock an hour ahead and back; Redis away, frozen, emptied",
}


@dataclass(frozen=True, slots=True)
class Line:
    """``tried`` and ``remark`` are for people; ``lost`` and ``doubled`` count effects; ``seconds`` is wall time."""

    row: int
    where: str
    tried: str
    lost: int
    doubled: int
    seconds: float
    remark: str
    is_full: bool
    on: str


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
        known[f"{'full' if self.is_full else 'quick'} {row} {where}"] = asdict(line)
        if self.config.cache:
            self.config.cache.set(_KEPT, known)


def full_lines(config: pytest.Config) -> list[Line]:
    """The lines of all long forms that passed on this checkout, in whatever runs."""
    kept = config.cache.get(_KEPT, {}) if config.cache else {}
    return [Line(**one) for key, one in kept.items() if key.startswith("full")]


def write_into(page: Path, lines: Sequence[Line]) -> None:
    """Put the table between the page's two marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n{table(lines)}\n\n{_END}{after}", encoding="utf-8")


def table(lines: Sequence[Line]) -> str:
    """A Markdown table, in the order of the scorecard."""
    head = ("#", "what was tried", "where", "how much", "lost", "doubled", "took", "form, day", "remark")
    ordered = sorted(lines, key=lambda line: (line.row, line.where))
    rows = [
        (
            str(line.row),
            ROWS[line.row],
            line.where,
            line.tried,
            str(line.lost),
            str(line.doubled),
            _took(line.seconds),
            f"{'full' if line.is_full else 'quick'}, {line.on}",
            line.remark,
        )
        for line in ordered
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows))


def _took(seconds: float) -> str:
    minute = 60
    return f"{seconds:.1f} s" if seconds < minute else f"{seconds / minute:.1f} min"
