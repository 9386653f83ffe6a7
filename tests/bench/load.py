"""A load generator that costs little: connections that stay open, requests made beforehand, a process of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import perf_counter

_CONTEXT = get_context("spawn")
_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"
_DONE = (b"HTTP/1.1 200 ", b"HTTP/1.1 302 ")


@dataclass(frozen=True, slots=True)
class Load:
    """``answers``: seconds of each request; ``taken``: from the first one's beginning to the last one's end."""

    answers: tuple[float, ...]
    taken: float

    def __add__(self, other: Load) -> Load:
        return Load(self.answers + other.answers, self.taken + other.taken)


def post(address: str, body: bytes, kind: str = "application/json", **headers: str) -> bytes:
    """The bytes of one request."""
    lines = [f"POST {address} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}"]).encode() + _HEAD_ENDS + body


def load(port: int, requests: Sequence[bytes], clients: int) -> Load:
    """Send ``requests`` by so many ``clients``, each of which waits for an answer before it takes the next one.

    Raises AssertionError for an answer that is neither 200 nor, as after a form, leads on to another page.
    """
    reader, writer = _CONTEXT.Pipe(duplex=False)
    with reader, writer:
        process = _CONTEXT.Process(target=_send_all, args=(port, list(requests), clients, writer))
        process.start()
        told = reader.recv()
        process.join()
    if isinstance(told, Load):
        return told
    raise AssertionError(told)


def _send_all(port: int, requests: Sequence[bytes], clients: int, told: Connection) -> None:
    ready = threading.Barrier(clients)
    waiting = iter(requests)  # all take from it: with shares of their own, most would wait for the slowest at the end
    with ThreadPoolExecutor(clients) as pool:
        shares = list(pool.map(partial(_send, port, ready), [waiting] * clients))
    refused = [answer for _, _, _, answer in shares if answer]
    if refused:
        told.send(refused[0])
        return
    began, ended = min(share[0] for share in shares), max(share[1] for share in shares)
    told.send(Load(tuple(one for share in shares for one in share[2]), ended - began))


def _send(port: int, ready: threading.Barrier, requests: Iterator[bytes]) -> tuple[float, float, list[float], str]:
    taken: list[float] = []
    refused = ""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready.wait()
        began = perf_counter()
        for request in requests:
            asked = perf_counter()
            connection.sendall(request)
            answer = _answer(connection)
            taken.append(perf_counter() - asked)
            if not answer.startswith(_DONE):
                refused = answer[:1000].decode(errors="replace")
                break
    return began, perf_counter(), taken, refused


def _answer(connection: socket.socket) -> bytes:
    answer = connection.recv(65536)
    while _HEAD_ENDS not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(_HEAD_ENDS)
    length = int(head.lower().partition(_LENGTH)[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head + _HEAD_ENDS + body
