"""Reading an upload: from the file's bytes to the compiled process and all findings, as the child process does it.

Each file is read in a process of its own that was forked from one that has loaded the compiler and read no upload;
starting that process is not counted. What counts is the computing, of which reading consists: other work of the machine
is not in it.
"""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.connection
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import process_time

from bench.figures import MILLI, Figure, percentile
from support.drawn_maps import END, START, chain, drawn, flow, step

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compile_child import load_compiler
from processes import shipped_sources

FOREIGN = Path(__file__).resolve().parents[2].parent / "shared" / "bpmn"
_SUFFIXES = (".bpmn", ".bpmn2", ".xml")
_TARGET_MS = 50.0
_LARGE = 300  # steps
_TIMES = 3  # each file is read, each time anew; the fastest counts


def import_figures() -> Iterator[Figure]:
    """Half and all but a hundredth of the files, which takes longest, and a map as large as is promised to run.

    Without the foreign files, our own.
    """
    with _ready_to_fork():
        taken = {name: _fastest(name, content) for name, content in _files().items()}
        large = _fastest("large.bpmn", _chain(_LARGE))
    slowest = max(taken, key=lambda name: taken[name])
    kilobytes = len(_files()[slowest]) / 1024
    yield Figure("reading a map, p50", percentile(list(taken.values()), 0.5) * MILLI, "ms")
    yield Figure(
        "reading a map, p99",
        percentile(list(taken.values()), 0.99) * MILLI,
        "ms",
        _TARGET_MS,
        f"{len(taken)} files of many tools; slowest {slowest[:40]} ({kilobytes:.0f} KB)",
    )
    yield Figure(f"reading a map of {_LARGE} steps", large * MILLI, "ms", remark="every third behind a decision")


@contextmanager
def _ready_to_fork() -> Iterator[None]:
    """As the process that forks the product's children: what it has loaded is nothing that a child looks through."""
    load_compiler()
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _fastest(name: str, content: bytes) -> float:
    return min(_cold(name, content) for _ in range(_TIMES))


def _files() -> Mapping[str, bytes]:
    foreign = {path.name: path.read_bytes() for path in sorted(FOREIGN.glob("*")) if path.name.endswith(_SUFFIXES)}
    return foreign | {f"{key}.bpmn": content for key, content in shipped_sources().items()}


def _chain(steps: int) -> bytes:
    """A map of that many steps, each third behind a decision."""
    names = [f"t{number}" for number in range(steps)]
    decisions = [f'<exclusiveGateway id="g{number}" name="Далі?"/>' for number in range(0, steps, 3)]
    skips = [flow(f"g{number}", f"t{number + 1}", "Пропустити") for number in range(0, steps - 3, 3)]
    ways = [f"g{number}" if name is None else name for number in range(steps) for name in (None, names[number])]
    line = [way for way in ways if way.startswith("t") or int(way[1:]) % 3 == 0]
    drawn_steps = [step(name, f"Крок {name}", термін="2 р.д.", етап="Угода") for name in names]
    return drawn(START, *drawn_steps, *decisions, *skips, END, chain("start", *line, "end"))


def _cold(name: str, content: bytes) -> float:
    """Seconds of the first reading in a fresh process."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_read, args=(name, content, sending))
    process.start()
    taken = float(receiving.recv())
    process.join()
    return taken


def _read(name: str, content: bytes, sending: multiprocessing.connection.Connection) -> None:
    began = process_time()
    compile_bpmn({name: content}).model_dump_json()
    sending.send(process_time() - began)
