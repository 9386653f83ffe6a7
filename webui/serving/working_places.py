"""How many requests a process works at, and how many wait for the network meanwhile: two different numbers.

A thread that waits for a slow network does nothing, but is occupied. So there are many threads and few places to work:
a request has a place while the application works at it, and none while its body comes in or its answer leaves. Whoever
reads a file slowly holds a thread, which is cheap, and never a place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected

from webui.whole_bodies import WholeBody

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_BODY, _LENGTH = "wsgi.input", "CONTENT_LENGTH"
_ENDS_WHERE_IT_ENDS = "wsgi.input_terminated"
"""Gunicorn's word for any body: with it, werkzeug takes one that broke off for a whole one."""
_BROKEN = (OSError, ParseException)
"""The connection is reset, or silent for too long; a chunk is none."""
_SMALL = 64 * 1024
"""Bytes: a body that is read before there is a place, instead of leaving the place for it."""

_Free = SimpleQueue[None]
"""One entry for each free place. To take and to give back are one call each; Python's semaphore makes twenty."""


class WorkingPlaces:
    """Around the application: at most ``number`` requests are worked at, the others wait for a place.

    What an answer is made of piece by piece is read without a place: a piece is a small read.
    """

    def __init__(self, application: WSGIApplication, number: int) -> None:
        self._application = application
        self._free: _Free = SimpleQueue()
        for _ in range(number):
            self._free.put(None)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get(_LENGTH):
            environ.pop(_ENDS_WHERE_IT_ENDS, None)
        small = _small_body(environ)
        with _Place(self._free) as place:
            environ[_BODY] = _ComingBody(environ[_BODY], place) if small is None else small
            return self._application(environ, start_response)


def _small_body(environ: WSGIEnvironment) -> BytesIO | None:
    """A small body whose length is told, read to its end; one that breaks off is shorter. None where it is no such."""
    length = environ.get(_LENGTH, "")
    if not (length.isascii() and length.isdecimal() and 0 < int(length) <= _SMALL):
        return None
    try:
        content = environ[_BODY].read(int(length))
    except _BROKEN:
        return BytesIO()
    return WholeBody(content) if len(content) == int(length) else BytesIO(content)


class _Place:
    """That of one request."""

    def __init__(self, free: _Free) -> None:
        self._free = free
        self._is_held = False

    def __enter__(self) -> Self:
        self._free.get()
        self._is_held = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_held:
            self._is_held = False
            self._free.put(None)

    def left_during(self, wait: Callable[[], Any]) -> Any:
        """What ``wait`` gives, which waits for a network.

        Afterwards a place is taken if there is one, and else none: whoever waited for it here might hold what those
        wait for who have the places. So there are as many more at work, for once, as bodies arrive at the same moment.
        """
        self.__exit__()
        try:
            return wait()
        finally:
            self._is_held = self._take_one_if_free()

    def _take_one_if_free(self) -> bool:
        try:
            self._free.get_nowait()
        except Empty:
            return False
        return True


class _ComingBody:
    """The body of a request. Raises ClientDisconnected where it does not come to its end."""

    def __init__(self, body: Any, place: _Place) -> None:
        self._body = body
        self._place = place

    def read(self, *size: int) -> bytes:
        content: bytes = self._wait(lambda: self._body.read(*size))
        return content

    def readline(self, *size: int) -> bytes:
        line: bytes = self._wait(lambda: self._body.readline(*size))
        return line

    def readlines(self, *hint: int) -> list[bytes]:
        return list(self._wait(lambda: self._body.readlines(*hint)))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _wait(self, wait: Callable[[], Any]) -> Any:
        try:
            return self._place.left_during(wait)
        except _BROKEN as broken:
            raise ClientDisconnected from broken
