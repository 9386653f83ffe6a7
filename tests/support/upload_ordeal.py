"""Compiles many damaged uploads under the limits of the product's own child process, and tells what went wrong."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time

from support.damaged_uploads import damaged
from support.foreign_walk import walk_to_an_end
from support.peak_memory import peak_mebibytes

import engine.bpmn.spec  # noqa: F401  # loaded before the limits count, as in the product
from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compile_child import CPU_SECONDS, MEMORY_BYTES
from engine.bpmn.finding_texts import message_template, remedy_template
from engine.bpmn.findings import Severity
from engine.errors import MapFailed

PIECE = 250  # uploads that a process is given at a time
_MAY_STOP = {"MAY_DEADLOCK", "MAY_NEVER_END", "LOOP_WITHOUT_WAIT", "NO_DEFAULT"}
_WALKS = 4  # before a map that does not end is believed not to


class TooSlow(BaseException):
    """The upload took more than its seconds; not to be caught by anything on the way."""


@dataclass
class Tried:
    """``failures`` tell what went wrong with which upload; ``slowest`` is in seconds of computing, ``peak`` in MiB."""

    uploads: int = 0
    accepted: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    peak: float = 0.0

    def add(self, other: Tried) -> None:
        self.uploads += other.uploads
        self.accepted += other.accepted
        self.failures += other.failures
        self.slowest = max(self.slowest, other.slowest)
        self.peak = max(self.peak, other.peak)


def try_in_processes(series: int, uploads: int) -> Tried:
    """All uploads of a series, on every core. A process that dies ends the series: what it was given is told."""
    everything = Tried()
    starts = range(0, uploads, PIECE)
    with ProcessPoolExecutor(
        max_workers=os.cpu_count() or 1, mp_context=multiprocessing.get_context("spawn"), initializer=_limit_self
    ) as workers:
        pieces = {
            start: workers.submit(try_uploads, series, range(start, min(start + PIECE, uploads)), 10)
            for start in starts
        }
        for start, piece in pieces.items():
            try:
                everything.add(piece.result())
            except Exception as failure:  # noqa: BLE001  # whatever ends a process is a failure of the product
                everything.failures.append(f"uploads {start}–{start + PIECE}: {failure!r}")
    return everything


def try_uploads(series: int, numbers: range, walk_each: int = 1) -> Tried:
    """The uploads of those numbers in this process; of the accepted maps each ``walk_each``-th is walked to an end."""
    tried = Tried()
    signal.signal(signal.SIGPROF, _too_slow)
    for number in numbers:
        tried.uploads += 1
        files = damaged(series, number)
        began = process_time()
        try:
            outcome = _in_time(files)
            tried.slowest = max(tried.slowest, process_time() - began)
            tried.accepted += outcome.process is not None
            wrong = list(_wrong(outcome, walk=number % walk_each == 0))
        except (Exception, TooSlow) as failure:  # noqa: BLE001  # any at all is what is looked for
            wrong = [f"{failure!r}\n{''.join(traceback.format_exception(failure)[-3:])}"]
        tried.failures += [f"series {series}, upload {number}: {one}" for one in wrong]
    tried.peak = peak_mebibytes()
    return tried


def _limit_self() -> None:
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _too_slow(*_: object) -> None:
    raise TooSlow(CPU_SECONDS)


def _in_time(files: Mapping[str, bytes]) -> CompileOutcome:
    """What the product would say, through the JSON that its child answers with."""
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        answer = compile_bpmn(files).model_dump_json().encode()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return CompileOutcome.model_validate_json(answer)


def _wrong(outcome: CompileOutcome, *, walk: bool) -> Iterator[str]:
    if outcome.process is None and all(one.severity is not Severity.ERROR for one in outcome.findings):
        yield "refused without a reason"
    for finding in outcome.findings:
        for template in (message_template(finding.code), remedy_template(finding.code)):
            if "%(" in template % finding.params and "%(" not in str(finding.params):
                yield f"words are missing: {finding}"
        if finding.code in ("ENGINE_REFUSED", "COMPILE_FAILED"):
            yield f"the engine refuses what the importer made: {finding}"
    if walk and outcome.process is not None and not {one.code for one in outcome.findings} & _MAY_STOP:
        yield from _stuck(outcome)


def _stuck(outcome: CompileOutcome) -> Iterator[str]:
    """An accepted map comes to an end, or to an incident that says why not."""
    if outcome.process is None:
        return
    try:
        if not any(walk_to_an_end(outcome.process, seed).ended for seed in range(_WALKS)):
            yield "accepted, and never comes to an end"
    except MapFailed as failure:
        if failure.params.get("problem_code") in ("STALLED", "NO_WAY_OPEN"):
            yield f"accepted, and fails: {failure.params}"


def write_upload(series: int, number: int, folder: Path) -> None:
    """Put an upload down as files, to look at it."""
    for name, content in damaged(series, number).items():
        (folder / name).write_bytes(content)
