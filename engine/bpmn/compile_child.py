"""Compiles in a child process that the system stops: a hostile diagram costs five seconds and nothing else.

The child gets the files as JSON and answers with JSON: nothing that it says is executed. It is forked from a process
that has loaded the compiler and inherits no environment, so it holds no secrets.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import resource
import signal
import socket
import traceback
from collections.abc import Mapping
from typing import Any

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.findings import Finding, Severity
from engine.bpmn.fork_server import ForkServer, NoChild, hear_all, serve

CPU_SECONDS = 5
MEMORY_BYTES = 512 * 1024 * 1024
WALL_SECONDS = 20  # for one that only waits: a machine that has much else to do refuses no harmless map
_START_SECONDS = 20.0  # for a busy machine to start Python and load the engine, before the limits begin to count
_IDLE_SECONDS = 300  # between two answers of somebody who works on a map; what is loaded takes 60 MB
_ANSWERED, _TOO_MUCH, _FAILED = b"a", b"m", b"f"  # how a child ends; m: memory or the stack was not enough
_HEAD_BYTES = 9  # how it has ended, and the length of what follows
_LONGEST_COMPLAINT = 4_000
# A step of each kind that most maps have, with what is usually said of one.
_USUAL_MAP = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:reglament="https://reglament.app/schema/bpmn/1.0" targetNamespace="usual">
  <process id="usual" name="Usual" isExecutable="true">
    <startEvent id="start"/>
    <userTask id="prepare" name="Prepare">
      <documentation>stage: Offer
responsible: sales
deadline: 2 business days
escalation: remind 4 business hours before; head at due</documentation>
      <extensionElements>
        <reglament:field name="discount" label="Discount, %" type="percent" required="true" max="50"/>
      </extensionElements>
    </userTask>
    <boundaryEvent id="late" attachedToRef="prepare">
      <timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <userTask id="approve" name="Approve the offer">
      <documentation>approval: any
responsible: finance</documentation>
    </userTask>
    <exclusiveGateway id="approved" name="Approved?"/>
    <endEvent id="sold" name="Sold"/>
    <endEvent id="lost" name="Lost"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="prepare"/>
    <sequenceFlow id="f2" sourceRef="prepare" targetRef="approve"/>
    <sequenceFlow id="f3" sourceRef="late" targetRef="lost"/>
    <sequenceFlow id="f4" sourceRef="approve" targetRef="approved"/>
    <sequenceFlow id="f5" sourceRef="approved" targetRef="sold" name="Yes"/>
    <sequenceFlow id="f6" sourceRef="approved" targetRef="prepare" name="No"/>
  </process>
</definitions>"""
_log = logging.getLogger(__name__)
_CHILDREN = ForkServer("engine.bpmn.compile_child", idle_s=_IDLE_SECONDS)


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


def release_compiler() -> None:
    """End the process that has it loaded: for whoever has compiled everything, and lives on or forks others."""
    _CHILDREN.end()


class _ChildFailed(Exception):
    """The child gave no answer; ``code`` is the finding's code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _ask_child(request: bytes) -> bytes:
    """The child's answer. Raises _ChildFailed when it was stopped or died."""
    try:
        said = _CHILDREN.ask(request, patience_s=WALL_SECONDS + _START_SECONDS)
    except TimeoutError:
        raise _ChildFailed("COMPILE_LIMIT") from None
    except NoChild:
        _log.exception("no process for compiling a map can be started")
        raise _ChildFailed("COMPILE_FAILED") from None
    ending, length, told = said[:1], said[1:_HEAD_BYTES], said[_HEAD_BYTES:]
    if ending == _ANSWERED and int.from_bytes(length) == len(told):
        return told
    if ending == _FAILED:
        _log.error("compiling a map failed: %s", told.decode(errors="replace"))
        raise _ChildFailed("COMPILE_FAILED")
    raise _ChildFailed("COMPILE_LIMIT")  # it said so, or was stopped before it had said everything


def _packed(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(data).decode() for name, data in files.items()}


def _unpacked(files: Mapping[str, str]) -> dict[str, bytes]:
    return {name: base64.b64decode(data) for name, data in files.items()}


def _limit_self() -> None:
    """Limits count from here: what the process that forked this one has loaded is not the diagram's fault."""
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


def _perform(line: socket.socket) -> None:
    """In the child: hear the request, and say how it ended, how long what follows is, and that."""
    _limit_self()
    try:
        ending, told = _ANSWERED, _answer(json.loads(hear_all(line))).encode()
    except (MemoryError, RecursionError):
        ending, told = _TOO_MUCH, b""
    except Exception:  # noqa: BLE001  # told to the log of whoever asked
        ending, told = _FAILED, traceback.format_exc()[-_LONGEST_COMPLAINT:].encode(errors="replace")
    line.sendall(ending + len(told).to_bytes(_HEAD_BYTES - 1) + told)


def load_compiler() -> None:
    """What every reading needs and the first would make: modules, models' validators, patterns.

    Its size is then not the diagram's, and the children of one process share it.
    """
    import engine.bpmn.spec  # noqa: F401, PLC0415  # the most of it, which a process that only asks does without

    request = {"files": _packed({"usual.bpmn": _USUAL_MAP.encode()}), "process_key": None, "library": {}}
    _answer(request)


def _main() -> None:
    load_compiler()
    serve(_perform)


if __name__ == "__main__":
    _main()
