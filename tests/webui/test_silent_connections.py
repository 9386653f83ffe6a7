"""A connection that says nothing, or takes nothing, is given up after a while; a slow one is not."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Thread
from time import sleep

import pytest

from webui.serving import silent_connections
from webui.serving.silent_connections import Impatient, ImpatientSocket

_ENOUGH = b"x" * 20_000_000
"""More than the buffers of both ends hold."""

Accept = Callable[[], tuple[ImpatientSocket, socket.socket]]


@pytest.fixture
def accept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Accept]:
    """Makes a connection: our end and the other one."""
    monkeypatch.setattr(silent_connections, "LONGEST_SILENCE_S", 1)
    with ExitStack() as held:
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0)))
        impatient = Impatient(listener)

        def connected() -> tuple[ImpatientSocket, socket.socket]:
            other = held.enter_context(socket.create_connection(listener.getsockname()))
            ours, _ = impatient.accept()
            held.enter_context(ours)
            ours.settimeout(None)  # as gunicorn does before it works with one
            return ours, other

        yield connected


def test_whoever_says_nothing_is_given_up(accept: Accept) -> None:
    ours, _other = accept()
    with pytest.raises(ConnectionResetError):
        ours.recv(100)


def test_whoever_takes_nothing_is_given_up(accept: Accept) -> None:
    ours, _other = accept()
    with pytest.raises(ConnectionResetError):
        ours.sendall(_ENOUGH)


def test_whoever_takes_nothing_of_a_file_is_given_up(accept: Accept, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("sent") / "file"
    file.write_bytes(_ENOUGH)
    ours, _other = accept()
    with file.open("rb") as stream, pytest.raises((ConnectionResetError, BrokenPipeError)):
        ours.sendfile(stream)


def test_whoever_is_slow_but_goes_on_gets_everything(accept: Accept) -> None:
    ours, other = accept()
    taken: list[int] = []

    def take() -> None:
        while sum(taken) < len(_ENOUGH):
            taken.append(len(other.recv(4_000_000, socket.MSG_WAITALL)))
            sleep(0.4)

    reader = Thread(target=take)
    reader.start()
    ours.sendall(_ENOUGH)
    reader.join()
    assert sum(taken) == len(_ENOUGH)


def test_a_connection_that_nobody_waits_for_is_as_before(accept: Accept) -> None:
    ours, _other = accept()
    ours.settimeout(0)
    with pytest.raises(BlockingIOError):
        ours.recv(100)


def test_a_timeout_is_as_it_was_set_last(accept: Accept) -> None:
    ours, _other = accept()
    assert ours.gettimeout() is None
    ours.settimeout(5)
    ours.settimeout(5)
    assert ours.gettimeout() == 5
    ours.settimeout(0)
    assert ours.gettimeout() == 0
    ours.settimeout(None)
    assert ours.getblocking()
