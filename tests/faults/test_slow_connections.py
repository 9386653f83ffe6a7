"""Whoever reads or sends slowly keeps nobody else waiting, on the installation's own web server."""

from __future__ import annotations

import random
import select
import shutil
import socket
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from support.files import add
from support.office import Office
from support.running import Running

from engine.commands.deal_files import Place
from engine.commands.tokens import create_token
from engine.db.session import Database
from webui.serving.web_server import WORKING_AT_ONCE

_MEGABYTES = 12
"""More than the buffers of both ends take: a sender has to wait for its reader."""
_PATIENCE_S = 20.0
"""For an answer of a busy machine; behind a slow connection it would never come."""


class Served:
    """A company on its own web server, with one large file."""

    def __init__(self, server: Running, office: Office) -> None:
        self.port = server.port
        self._office = office
        self.deal = office.open_deal()
        noise = random.Random(7).randbytes(_MEGABYTES * 1024 * 1024)  # noqa: S311  # it only has to be large
        file_id = add(office, "olena", Place(self.deal.id), "Архів.zip", b"PK\x03\x04" + noise)
        self.file = f"/api/v1/deals/{self.deal.id}/files/{file_id}/content"

    def token(self, login: str) -> str:
        return self._office.do(login, create_token, getattr(self._office.company, login).id, "slow")

    def connect(self, *, reads_slowly: bool = False) -> socket.socket:
        connection = socket.socket()
        if reads_slowly:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(_PATIENCE_S)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def begin_reading(self, token: str) -> tuple[socket.socket, int]:
        """A connection that has read the first line of the answer and reads no more, and the answer's status."""
        with ExitStack() as until_answered:
            connection = until_answered.enter_context(closing(self.connect(reads_slowly=True)))
            asked = f"GET {self.file} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
            connection.sendall(asked.encode())
            status = int(connection.recv(12).split()[1])
            until_answered.pop_all()
        return connection, status

    def answers(self) -> bool:
        """Whether somebody else gets a page meanwhile."""
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/sign-in", timeout=_PATIENCE_S):
            return True
        return False


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all: what one test has held open is closed, and keeps the next one waiting as little."""
    var = tmp_path_factory.mktemp("served")
    file = shutil.copy(sqlite_template, var / "reglament.sqlite")
    office = Office(Database(f"sqlite:///{file}"))
    office.publish()
    with Running(var) as server:
        server.wait_until_healthy()
        yield Served(server, office)
    office.database.dispose()


def test_slow_readers_keep_nobody_waiting(served: Served) -> None:
    people = [served.token(login) for login in ("olena", "bohdan")]
    with ExitStack() as held:
        for number in range(WORKING_AT_ONCE * 2):
            connection, status = served.begin_reading(people[number % 2])
            held.enter_context(closing(connection))
            assert status == 200
        assert served.answers()
    connection, status = served.begin_reading(people[0])
    with closing(connection):
        assert status == 200


def test_slow_senders_keep_nobody_waiting(served: Served) -> None:
    token = served.token("olena")
    head = (
        f"POST /api/v1/deals/{served.deal.id}/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: multipart/form-data; boundary=part\r\nContent-Length: 5000000\r\n\r\n--part\r\n"
    )
    with ExitStack() as held:
        senders = [held.enter_context(closing(served.connect())) for _ in range(WORKING_AT_ONCE * 2)]
        for connection in senders:
            connection.sendall(head.encode())
        time.sleep(1)  # until each of them has a thread
        assert served.answers()
        assert is_waited_for(senders)


def test_connections_that_begin_a_request_and_say_no_more_keep_nobody_waiting(served: Served) -> None:
    with ExitStack() as held:
        silent = [held.enter_context(closing(served.connect())) for _ in range(WORKING_AT_ONCE * 2)]
        for connection in silent:
            connection.sendall(b"GET /sign-in HTTP/1.1\r\nHost:")
        time.sleep(1)
        assert served.answers()
        assert is_waited_for(silent)


def is_waited_for(connections: Sequence[socket.socket]) -> bool:
    """Whether the server has neither answered any of them nor given it up."""
    answered, _, _ = select.select(connections, (), (), 0)
    return not answered
