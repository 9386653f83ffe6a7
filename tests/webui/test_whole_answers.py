"""The head of an answer leaves together with what follows it."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.http.errors import InvalidHeader
from gunicorn.http.wsgi import FileWrapper, Response

from webui.answer_headers import never_changing
from webui.serving.whole_answers import WholeAnswer

_SAFE = ("X-Frame-Options", "DENY")


class Sent:
    """A connection that notes each call by which something leaves."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def sendall(self, piece: bytes) -> None:
        self.pieces.append(piece)


def answer_to(method: str, sent: Any) -> WholeAnswer:
    request = SimpleNamespace(method=method, version=(1, 1), should_close=lambda: False)
    return WholeAnswer(request, sent, SimpleNamespace(protocol="http", is_ssl=False, sendfile=None))


@pytest.fixture
def sent() -> Sent:
    return Sent()


def answered(sent: Sent, *pieces: bytes, length: int | None = None, method: str = "GET") -> list[tuple[bytes, bytes]]:
    """What each call has sent; of the first one, what stands behind the head."""
    answer = answer_to(method, sent)
    answer.start_response("200 OK", [_SAFE, *([("Content-Length", str(length))] if length is not None else [])])
    for piece in pieces:
        answer.write(piece)
    answer.close()
    first, _, behind = sent.pieces[0].partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nX-Frame-Options: DENY" in first
    return [(b"head", behind), *((b"", piece) for piece in sent.pieces[1:])]


def test_a_short_answer_leaves_at_once(sent: Sent) -> None:
    assert answered(sent, b"done", length=4) == [(b"head", b"done")]


def test_further_pieces_follow_by_themselves(sent: Sent) -> None:
    assert answered(sent, b"one", b"two", length=6) == [(b"head", b"one"), (b"", b"two")]


def test_a_large_piece_is_not_copied_behind_its_head(sent: Sent) -> None:
    large = b"x" * 1_000_000
    assert answered(sent, large, length=len(large)) == [(b"head", b""), (b"", large)]


def test_pieces_of_an_unknown_length_tell_theirs(sent: Sent) -> None:
    told = answered(sent, b"one", b"", b"eleven more")
    assert told == [(b"head", b"3\r\none\r\n"), (b"", b"B\r\neleven more\r\n"), (b"", b"0\r\n\r\n")]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_without_a_body_is_its_head(sent: Sent, method: str) -> None:
    assert answered(sent, *([b"left out"] if method == "HEAD" else []), length=8, method=method) == [(b"head", b"")]


def test_the_head_of_a_file_goes_before_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"what it holds")
    ours, other = socket.socketpair()
    with ours, other, (tmp_path / "file").open("rb") as file:
        answer = answer_to("GET", ours)
        answer.start_response("200 OK", [("Content-Length", "13")])
        answer.write_file(FileWrapper(file))
        answer.close()
        ours.close()
        received = b"".join(iter(lambda: other.recv(10_000), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert (head.startswith(b"HTTP/1.1 200 OK"), body) == (True, b"what it holds")


def test_an_answer_has_begun_when_its_head_has_left(sent: Sent) -> None:
    """Until then a failure of the application can be answered as one."""
    answer = answer_to("GET", sent)
    answer.start_response("200 OK", [_SAFE])
    answer.write(b"")
    assert (answer.has_begun, sent.pieces) == (False, [])
    answer.write(b"one")
    assert answer.has_begun


def test_a_header_that_would_begin_another_answer_is_refused(sent: Sent) -> None:
    with pytest.raises(InvalidHeader):
        answer_to("GET", sent).start_response("200 OK", [("Location", "/\r\nSet-Cookie: a=b")])


def test_what_never_changes_could_be_sent_as_it_is() -> None:
    told: list[tuple[str, str]] = sorted(never_changing())
    answer = Response(SimpleNamespace(method="GET", version=(1, 1)), None, SimpleNamespace(protocol="http"))
    answer.start_response("200 OK", told)
    assert answer.headers == told
