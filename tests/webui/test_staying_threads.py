"""A thread of the web server stays a moment with a connection; processes share the connections evenly."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.sharedctypes import RawArray
from types import SimpleNamespace
from typing import Self

import pytest
from support.servers import free_port

from webui.serving.staying_threads import StayingThreadWorker, give_place, leave_place

THREADS = 2
PROCESSES = 2
_SERVER = """
import os, sys
from multiprocessing.sharedctypes import RawArray
from gunicorn.app.base import BaseApplication
from webui.serving import staying_threads
from webui.serving.staying_threads import StayingThreadWorker, give_place, leave_place

staying_threads._STAYS_MS = 1_000  # longer than any pause of a busy machine

class CountingWorker(StayingThreadWorker):
    handed_over = 0
    held = RawArray("i", int(sys.argv[3]))
    gives_way_at_most = 5_000

    def enqueue_req(self, conn):
        CountingWorker.handed_over += 1
        super().enqueue_req(conn)

class Server(BaseApplication):
    def load_config(self):
        for name, value in {"bind": "127.0.0.1:" + sys.argv[1], "worker_class": CountingWorker, "keepalive": 75,
                            "threads": int(sys.argv[2]), "control_socket_disable": True, "workers": int(sys.argv[3]),
                            "pre_fork": give_place, "child_exit": leave_place,
                            "post_worker_init": lambda _: os.write(1, b"ready\\n")}.items():
            self.cfg.set(name, value)
    def load(self):
        def answer(environ, start):
            told = f"{environ['PATH_INFO']} {CountingWorker.handed_over} {os.getpid()}".encode()
            start("200 OK", [("Content-Length", str(len(told)))])
            return [told]
        return answer

Server().run()
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(processes=1) as (chosen, _):
        yield chosen


@contextmanager
def serving(processes: int) -> Iterator[tuple[int, Callable[[], object]]]:
    """The server's port, and what waits until one more of its processes is ready."""
    chosen = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(chosen), str(THREADS), str(processes)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as server:  # fmt: skip

        def one_more() -> None:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"

        for _ in range(processes):
            one_more()
        try:
            yield chosen, one_more
        finally:
            server.terminate()


@pytest.fixture
def client(port: int) -> Iterator[Client]:
    with Client(port) as one:
        yield one


class Client:
    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._answers = self._connection.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._connection.close()

    def send(self, *paths: str) -> None:
        self._connection.sendall(b"".join(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode() for path in paths))

    def receive(self) -> tuple[str, int]:
        """The path that is answered, and how often the server has given a connection to a thread until then."""
        path, handed_over, _ = self._receive()
        return path, int(handed_over)

    def process(self) -> int:
        """Which process answers."""
        self.send("/")
        return int(self._receive()[2])

    def _receive(self) -> list[str]:
        length = 0
        while (line := self._answers.readline().strip()) != b"":
            name, _, value = line.partition(b": ")
            length = int(value) if name == b"Content-Length" else length
        return self._answers.read(length).decode().split()


def test_requests_one_after_another_stay_with_one_thread(client: Client) -> None:
    counts = []
    for number in range(20):
        client.send(f"/{number}")
        path, handed_over = client.receive()
        assert path == f"/{number}"
        counts.append(handed_over)
    # Without staying it is handed over each time.
    assert counts[-1] - counts[0] < len(counts) // 2


def test_requests_sent_together_are_answered_in_their_order(client: Client) -> None:
    client.send("/first", "/second", "/third")
    assert [client.receive()[0] for _ in range(3)] == ["/first", "/second", "/third"]


def test_more_connections_than_threads_are_all_served_and_may_come_back(port: int) -> None:
    with ExitStack() as held:
        clients = [held.enter_context(Client(port)) for _ in range(THREADS * 3)]
        for path in ("/one", "/two", "/three"):
            for one in clients:
                one.send(path)
            assert [one.receive()[0] for one in clients] == [path] * len(clients)


def test_two_processes_hold_the_same_number_of_connections() -> None:
    with serving(PROCESSES) as (port, _), ExitStack() as held:
        held_by = Counter(held.enter_context(Client(port)).process() for _ in range(PROCESSES * 3))
    assert sorted(held_by.values()) == [3] * PROCESSES


def test_a_process_that_died_leaves_its_place_to_the_next() -> None:
    with serving(PROCESSES) as (port, one_more), ExitStack() as held:
        first, second = (held.enter_context(Client(port)).process() for _ in range(2))
        os.kill(first, signal.SIGKILL)
        one_more()
        assert held.enter_context(Client(port)).process() not in {first, second}


def test_nobody_gives_way_to_a_process_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StayingThreadWorker, "held", RawArray("i", PROCESSES))
    server = SimpleNamespace(WORKERS={})
    for number in range(PROCESSES + 1):
        worker = server.WORKERS[number] = StayingThreadWorker.__new__(StayingThreadWorker)
        give_place(server, worker)
        worker.nr_conns = number + 3
    # One process more than there are places: it has none, and writes into none.
    assert [one.place for one in server.WORKERS.values()] == [0, 1, None]
    assert list(StayingThreadWorker.held) == [3, 4]
    leave_place(server, server.WORKERS.pop(0))
    assert min(StayingThreadWorker.held) == 4
    again = StayingThreadWorker.__new__(StayingThreadWorker)
    give_place(server, again)
    assert again.place == 0
    assert list(StayingThreadWorker.held) == [0, 4]
