"""What was tried, what was lost, what was done twice: one line per row of the scorecard, kept from run to run.

The rows are those of docs/reliability.md. A test writes its line when all that it asserts holds: a row without a line
was not run, or failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

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


def as_kept(line: Line) -> dict[str, Any]:
    return asdict(line)


def from_kept(kept: Mapping[str, Any]) -> Line:
    return Line(**kept)


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
