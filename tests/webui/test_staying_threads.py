"""A thread of the web server stays a moment with a connection, and nobody is kept waiting for that."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Self

import pytest
from support.servers import free_port

THREADS = 2
_SERVER = """
import sys
from gunicorn.app.base import BaseApplication
from webui.serving.staying_threads import StayingThreadWorker

class CountingWorker(StayingThreadWorker):
    handed_over = 0

    def enqueue_req(self, conn):
        CountingWorker.handed_over += 1
        super().enqueue_req(conn)

class Server(BaseApplication):
    def load_config(self):
        for name, value in {"bind": "127.0.0.1:" + sys.argv[1], "worker_class": CountingWorker, "keepalive": 75,
                            "threads": int(sys.argv[2]), "control_socket_disable": True,
                            "post_worker_init": lambda _: print("ready", flush=True)}.items():
            self.cfg.set(name, value)
    def load(self):
        def answer(environ, start):
            told = f"{environ['PATH_INFO']} {CountingWorker.handed_over}".encode()
            start("200 OK", [("Content-Length", str(len(told)))])
            return [told]
        return answer

Server().run()
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    chosen = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(chosen), str(THREADS)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield chosen
        server.terminate()


@pytest.fixture
def client(port: int) -> Iterator[Client]:
    with Client(port) as one:
        yield one


class Client:
    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=10)
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
        length = 0
        while (line := self._answers.readline().strip()) != b"":
            name, _, value = line.partition(b": ")
            length = int(value) if name == b"Content-Length" else length
        path, handed_over = self._answers.read(length).decode().split()
        return path, int(handed_over)


def test_requests_one_after_another_stay_with_one_thread(client: Client) -> None:
    counts = []
    for number in range(20):
        client.send(f"/{number}")
        path, handed_over = client.receive()
        assert path == f"/{number}"
        counts.append(handed_over)
    # A pause of a busy machine may hand the connection back in between; without staying it is handed over each time.
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
