"""The table, on the screen and as docs/benchmarks.md, with the machine that it was measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bench.figures import Figure
from bench.steps import process_size
from support.servers import PostgreSQL

from engine.clock import SystemClock

FILE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
_HEADINGS = ("what", "measured", "target", "", "remark")


def machine(load: float) -> list[tuple[str, str]]:
    """``load`` is how many processes wanted to run when the measuring began."""
    return [
        ("processor", _processor()),
        ("cores", str(os.cpu_count())),
        ("busy with other work at the start", f"{load:.1f} processes"),
        ("Python", platform.python_version()),
        ("SpiffWorkflow", version("SpiffWorkflow")),
        ("PostgreSQL", _postgresql()),
        ("date", f"{SystemClock().now():%Y-%m-%d}"),
    ]


def print_table(figures: Sequence[Figure]) -> None:
    rows = [_HEADINGS, *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def write_page(figures: Sequence[Figure], load: float) -> None:
    judged = [figure for figure in figures if figure.is_met is not None]
    met = sum(bool(figure.is_met) for figure in judged)
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Every figure is measured anew in one run, with real databases and the real server.",
        "",
        f"B is one step of stock SpiffWorkflow in memory, nothing stored, of the same process ({process_size()} flow",
        "nodes, 1 KB of variables) in the same run: ratios to it compare machines. A durable step loads the state,",
        "applies the decision, prunes, encodes, updates the row where its version is the one that was read, commits.",
        "PostgreSQL commits synchronously, with fsync; SQLite in WAL mode with synchronous=NORMAL.",
        "",
        "Steps a second of one machine say nothing on another. So viewflow and bpmn-engine, of those that can be",
        "installed by name, complete the same sale beside ours, in turns in the same minutes, as fairly as we know",
        "how: [how, and where the ratios come from](discussions.md#storing).",
        "",
        f"Of {len(judged)} targets, {met} are met.",
        "",
        _row(_HEADINGS),
        _row(("---",) * len(_HEADINGS)),
        *(_row(figure.cells) for figure in figures),
        "",
        "## The machine",
        "",
        _row(("", "")),
        _row(("---", "---")),
        *(_row(row) for row in machine(load)),
        "",
    ]
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("\n".join(lines))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _postgresql() -> str:
    told = subprocess.run([PostgreSQL.find(), "--version"], capture_output=True, text=True, check=True)
    return told.stdout.split()[-1] if "(" not in told.stdout else told.stdout.split()[2]
