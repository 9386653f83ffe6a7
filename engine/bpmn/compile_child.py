"""Compiles in a child process that the system stops: a hostile diagram costs five seconds and nothing else.

The child gets the files as JSON on its standard input and answers with JSON: nothing that it says is executed. It
inherits no environment, so it holds no secrets.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import engine
from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.findings import Finding, Severity

CPU_SECONDS = 5
MEMORY_BYTES = 512 * 1024 * 1024
WALL_SECONDS = 20  # for one that only waits: a machine that has much else to do refuses no harmless map
_START_SECONDS = 20.0  # for a busy machine to start Python and load the engine, before the limits begin to count
_TOO_MUCH = 3  # the child's exit code when memory or the stack was not enough
_LONGEST_COMPLAINT = 4_000
_log = logging.getLogger(__name__)


def compile_in_child(
    files: Mapping[str, bytes],
    *,
    process_key: str | None = None,
    library: Mapping[str, bytes] | None = None,
) -> CompileOutcome:
    """``compile_bpmn`` behind limits: 5 s of CPU, 512 MB, 20 s by the clock. A stopped child is COMPILE_LIMIT."""
    request = {
        "files": _packed(files),
        "process_key": process_key,
        "library": _packed(library or {}),
    }
    try:
        return CompileOutcome.model_validate_json(_ask_child(json.dumps(request).encode()))
    except _ChildFailed as failure:
        finding = Finding(code=failure.code, severity=Severity.ERROR, file=next(iter(files), None))
        return CompileOutcome(process=None, findings=(finding,))


class _ChildFailed(Exception):
    """The child gave no answer; ``code`` is the finding's code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _ask_child(request: bytes) -> bytes:
    """The child's answer. Raises _ChildFailed when it was stopped or died."""
    root = Path(engine.__file__).resolve().parent.parent
    command = [sys.executable, "-P", "-m", "engine.bpmn.compile_child"]
    child = subprocess.Popen(  # noqa: S603  # our own interpreter and module, no text from outside
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(root), "PYTHONUTF8": "1"},
        close_fds=True,
    )
    try:
        answer, complaint = child.communicate(request, timeout=WALL_SECONDS + _START_SECONDS)
    except subprocess.TimeoutExpired:
        raise _ChildFailed("COMPILE_LIMIT") from None
    finally:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                stream.close()
    if child.returncode < 0 or child.returncode == _TOO_MUCH:
        raise _ChildFailed("COMPILE_LIMIT")
    if child.returncode or not answer:
        _log.error("compiling a map failed: %s", complaint.decode(errors="replace")[-_LONGEST_COMPLAINT:])
        raise _ChildFailed("COMPILE_FAILED")
    return answer


def _packed(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(data).decode() for name, data in files.items()}


def _unpacked(files: Mapping[str, str]) -> dict[str, bytes]:
    return {name: base64.b64decode(data) for name, data in files.items()}


def _limit_self() -> None:
    """Limits count from here: loading the engine is not the diagram's fault."""
    used = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + 1
    _set_limit(resource.RLIMIT_CPU, used + CPU_SECONDS)
    _set_limit(resource.RLIMIT_AS, MEMORY_BYTES)
    _set_limit(resource.RLIMIT_CORE, 0)
    signal.alarm(WALL_SECONDS)  # nobody catches it: the child dies


def _set_limit(kind: int, value: int) -> None:
    # A system without that limit, or one that is stricter already, is no reason not to work.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (value, value))


def _answer(request: Mapping[str, Any]) -> str:
    outcome = compile_bpmn(
        _unpacked(request["files"]), process_key=request["process_key"], library=_unpacked(request["library"])
    )
    return outcome.model_dump_json()


def _main() -> None:
    import engine.bpmn.spec  # noqa: F401, PLC0415  # loaded before the limits: its size is not the diagram's

    request = json.loads(sys.stdin.buffer.read())
    _limit_self()
    try:
        answer = _answer(request)
    except (MemoryError, RecursionError):
        sys.exit(_TOO_MUCH)
    sys.stdout.buffer.write(answer.encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main()
