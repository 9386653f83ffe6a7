"""What was tried, what was lost, what was done twice: the lines of the scorecard, kept from run to run.

The rows are those of docs/reliability.md. The long form of a test takes its line away when it begins and writes it when
all that it asserts holds: a row without a line was not run, or failed when it was last run. The lines stand as JSON in
pytest's cache, under ``reglament/long_forms``, each under the test that wrote it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.db.session import Database

_KEPT = "reglament/long_forms"
_BEGIN, _END = "<!-- scorecard -->\n", "<!-- /scorecard -->"

ROWS = {
    1: "kill -9 of working processes at random moments",
    2: "PostgreSQL crashed and started again under load",
    3: "timers due at once, several workers, one killed",
    4: "one step completed by four at the same instant",
    5: "the answer to COMMIT lost",
    6: "eight processes write into SQLite",
    7: "random maps against an independent model",
    8: "uploads damaged at random",
    9: "expressions made at random",
    10: "diagram bombs",
    11: "a byte of an exported approval sheet changed",
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
    on: str


@dataclass
class Scorecard:
    """Writes the line of the test ``test_id`` into the scorecard. Short forms prove too little to have one."""

    config: pytest.Config
    test_id: str
    is_full: bool
    began: float

    def __post_init__(self) -> None:
        self._keep(None)

    def passed(
        self, row: int, where: str | Database, tried: str, *, lost: int = 0, doubled: int = 0, remark: str = ""
    ) -> None:
        """What is counted was asserted before: the line tells what was tried. ``where`` may be the database."""
        if isinstance(where, Database):
            where = "SQLite" if where.is_sqlite else "PostgreSQL"
        seconds = time.monotonic() - self.began
        today = SystemClock().now().date().isoformat()
        self._keep(Line(row, where, tried, lost, doubled, seconds, remark, today))

    def _keep(self, line: Line | None) -> None:
        if not self.is_full or self.config.cache is None:
            return
        known = self.config.cache.get(_KEPT, {})
        known.pop(self.test_id, None)
        if line is not None:
            known[self.test_id] = asdict(line)
        self.config.cache.set(_KEPT, known)


def full_lines(config: pytest.Config) -> list[Line]:
    """The lines of all long forms that passed when they were last run on this checkout, in whatever runs."""
    kept = config.cache.get(_KEPT, {}) if config.cache else {}
    return _added_up(Line(**one) for one in kept.values())


def _added_up(lines: Iterable[Line]) -> list[Line]:
    """One line for all the tests that tried the same in the same place."""
    alike: dict[tuple[int, str, str], list[Line]] = {}
    for line in lines:
        alike.setdefault((line.row, line.where, line.tried), []).append(line)
    return [_sum(same) if len(same) > 1 else same[0] for same in alike.values()]


def _sum(lines: Sequence[Line]) -> Line:
    return replace(
        lines[0],
        tried=f"{len(lines)} × {lines[0].tried}",
        lost=sum(line.lost for line in lines),
        doubled=sum(line.doubled for line in lines),
        seconds=sum(line.seconds for line in lines),
        on=max(line.on for line in lines),
    )


def write_into(page: Path, lines: Sequence[Line]) -> None:
    """Put the table between the page's two marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n{table(lines)}\n\n{_END}{after}", encoding="utf-8")


def table(lines: Sequence[Line]) -> str:
    """A Markdown table, in the order of the scorecard."""
    head = ("#", "what was tried", "where", "how much", "lost", "doubled", "took", "day", "remark")
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
            line.on,
            line.remark,
        )
        for line in ordered
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows))


def _took(seconds: float) -> str:
    minute = 60
    return f"{seconds:.1f} s" if seconds < minute else f"{seconds / minute:.1f} min"
