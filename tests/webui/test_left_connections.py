from __future__ import annotations

import socket

from webui.left_connections import has_left


def test_who_has_closed_has_left_and_who_only_sends_has_not() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            assert not has_left(ours)
            theirs.sendall(b"GET")
            assert not has_left(ours)
            assert ours.recv(3) == b"GET"
        assert has_left(ours)
    assert has_left(ours)


def test_a_server_that_shows_no_connection_says_of_nobody_that_they_have_left() -> None:
    assert not has_left(None)
