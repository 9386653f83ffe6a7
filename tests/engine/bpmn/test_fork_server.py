"""The process that forks children to compile in: begun when it is needed, clean, and gone when it is not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.computing import children_of, command_of
from support.running import is_alive

from engine.bpmn.fork_server import ForkServer, NoChild

PATIENCE_S = 60.0
MODULE = "engine.bpmn.compile_child"
IDLE_S = 299  # of no other in the process that runs the tests
REQUEST = json.dumps({"files": {}, "process_key": None, "library": {}}).encode()
OWNER = f"""
import os, pathlib, signal
from engine.bpmn.fork_server import ForkServer

def served():
    assert server.ask({REQUEST!r}, patience_s=60)
    return pathlib.Path(f"/proc/{{os.getpid()}}/task/{{os.getpid()}}/children").read_text().split()[-1]

server = ForkServer({MODULE!r}, idle_s=300)
first = served()
if child := os.fork():
    os.waitpid(child, 0)
    print(first, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
print(served(), flush=True)
os._exit(0)
"""


@pytest.fixture
def server() -> Iterator[ForkServer]:
    server = ForkServer(MODULE, idle_s=IDLE_S)
    yield server
    for pid in begun(server):
        os.kill(pid, signal.SIGKILL)


def begun(server: ForkServer) -> list[int]:
    """The process that ``server`` has begun, if it has not ended."""
    command = " ".join(server.command[1:])
    return [pid for pid in children_of(os.getpid()) if command in command_of(pid) and is_alive(pid)]


def eventually(holds: Callable[[], bool]) -> bool:
    ends_at = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.02)
    return True


def test_the_process_that_forks_knows_nothing_of_who_asks(server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGLAMENT_SECRET", "whispered")
    assert server.ask(REQUEST, patience_s=PATIENCE_S)
    (pid,) = begun(server)
    names = {one.partition(b"=")[0] for one in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") if one}
    assert names == {b"PYTHONPATH", b"PYTHONUTF8"}
    assert os.getsid(pid) == pid, "Ctrl-C in the terminal is not for it"
    assert eventually(lambda: not list(children_of(pid))), "children that have ended stay"


def test_many_are_answered_at_once_by_one_process(server: ForkServer) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: server.ask(REQUEST, patience_s=PATIENCE_S), range(16)))
    assert len(set(answers)) == 1
    assert answers[0]
    assert len(begun(server)) == 1


def test_another_process_takes_the_place_of_one_that_was_killed(server: ForkServer) -> None:
    first = server.ask(REQUEST, patience_s=PATIENCE_S)
    (pid,) = begun(server)
    os.kill(pid, signal.SIGKILL)
    assert server.ask(REQUEST, patience_s=PATIENCE_S) == first
    assert not is_alive(pid)
    assert len(begun(server)) == 1


def test_what_nobody_asks_ends_and_is_begun_again() -> None:
    server = ForkServer(MODULE, idle_s=1)
    first = server.ask(REQUEST, patience_s=PATIENCE_S)
    assert eventually(lambda: not begun(server))
    assert server.ask(REQUEST, patience_s=PATIENCE_S) == first


def test_its_owner_may_end_it_for_as_long_as_nobody_asks(server: ForkServer) -> None:
    server.end()
    first = server.ask(REQUEST, patience_s=PATIENCE_S)
    server.end()
    assert not begun(server)
    assert server.ask(REQUEST, patience_s=PATIENCE_S) == first


def test_it_ends_with_its_owner_and_a_forked_process_begins_its_own() -> None:
    told = subprocess.run([sys.executable, "-c", OWNER], capture_output=True, text=True, check=False)
    assert told.returncode == -signal.SIGKILL, told.stderr
    of_fork, of_owner = map(int, told.stdout.split())
    assert of_fork != of_owner
    assert eventually(lambda: not is_alive(of_fork))
    assert eventually(lambda: not is_alive(of_owner))


def test_a_program_that_does_not_start_is_told() -> None:
    with pytest.raises(NoChild):
        ForkServer("engine.no_such_program", idle_s=300).ask(REQUEST, patience_s=PATIENCE_S)


def test_a_machine_without_room_for_it_is_told_and_asked_again(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = len(list(Path("/proc/self/fd").iterdir()))
    with monkeypatch.context() as full:
        full.setattr(server, "command", ["/no/such/interpreter"])
        with pytest.raises(NoChild):
            server.ask(REQUEST, patience_s=PATIENCE_S)
    assert len(list(Path("/proc/self/fd").iterdir())) == opened
    assert server.ask(REQUEST, patience_s=PATIENCE_S)
