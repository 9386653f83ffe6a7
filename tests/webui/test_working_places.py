"""A request has a place while it is worked at, and none while it waits for a network."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from threading import Event, Thread
from typing import Any

import pytest
from gunicorn.http.errors import InvalidChunkSize
from sqlalchemy import text
from werkzeug.exceptions import ClientDisconnected
from werkzeug.test import create_environ
from werkzeug.wsgi import get_input_stream

from engine.db.session import Database
from webui.serving.web_server import WORKING_AT_ONCE
from webui.serving.working_places import WorkingPlaces
from webui.whole_bodies import WholeBodyRequest

_PATIENCE_S = 30


class Request:
    """One that ``work`` performs in a thread, given the environment."""

    def __init__(self, places: WorkingPlaces, work: Callable[[dict[str, Any]], object], body: Any = None) -> None:
        self.is_begun = Event()
        self._work = work
        environ = {"request": self, "wsgi.input": io.BytesIO() if body is None else body}
        self._thread = Thread(target=lambda: places(environ, lambda *_: lambda _: None), daemon=True)
        self._thread.start()

    def perform(self, environ: dict[str, Any]) -> None:
        self.is_begun.set()
        self._work(environ)

    def ended(self) -> bool:
        self._thread.join(_PATIENCE_S)
        return not self._thread.is_alive()


class Body:
    """Comes when it is told to."""

    def __init__(self) -> None:
        self.is_asked_for = Event()
        self.comes = Event()

    def read(self, _size: int = -1) -> bytes:
        self.is_asked_for.set()
        assert self.comes.wait(_PATIENCE_S)
        return b"body"


@pytest.fixture
def places() -> WorkingPlaces:
    """One."""

    def application(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        environ["request"].perform(environ)
        return []

    return WorkingPlaces(application, 1)


def test_there_are_no_more_at_work_than_places(places: WorkingPlaces) -> None:
    goes_on = Event()
    first = Request(places, lambda _: goes_on.wait(_PATIENCE_S))
    assert first.is_begun.wait(_PATIENCE_S)
    second = Request(places, lambda _: None)
    assert not second.is_begun.wait(0.2)
    goes_on.set()
    assert first.ended()
    assert second.ended()
    assert second.is_begun.is_set()


def test_who_waits_for_a_body_leaves_the_place_and_goes_on_without_one(places: WorkingPlaces) -> None:
    body, goes_on = Body(), Event()
    sender = Request(places, lambda environ: environ["wsgi.input"].read(), body)
    assert body.is_asked_for.wait(_PATIENCE_S)
    other = Request(places, lambda _: goes_on.wait(_PATIENCE_S))
    assert other.is_begun.wait(_PATIENCE_S)
    body.comes.set()
    assert sender.ended(), "it may hold what the other one waits for"
    goes_on.set()
    assert other.ended()
    assert Request(places, lambda _: None).ended(), "the place is free again, once"
    stays = Event()
    last = Request(places, lambda _: stays.wait(_PATIENCE_S))
    assert last.is_begun.wait(_PATIENCE_S)
    behind = Request(places, lambda _: None)
    assert not behind.is_begun.wait(0.2), "there is one place still"
    stays.set()
    assert behind.ended()


def test_a_small_body_has_come_before_the_request_takes_a_place() -> None:
    body, read = Body(), []

    def application(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        read.append(environ["wsgi.input"].read())
        return []

    places = WorkingPlaces(application, 1)
    environ = {"wsgi.input": body, "CONTENT_LENGTH": "4"}
    sender = Thread(target=lambda: places(environ, lambda *_: lambda _: None), daemon=True)
    sender.start()
    assert body.is_asked_for.wait(_PATIENCE_S)
    other: dict[str, Any] = {"wsgi.input": io.BytesIO(b"another's")}
    places(other, lambda *_: lambda _: None)
    body.comes.set()
    sender.join(_PATIENCE_S)
    assert read == [b"another's", b"body"]


@pytest.mark.parametrize("length", ["0", "-1", "70000", "many", "²", ""])
def test_any_other_body_is_left_for_whoever_wants_it(length: str) -> None:
    body = Body()
    WorkingPlaces(lambda *_: [], 1)({"wsgi.input": body, "CONTENT_LENGTH": length}, lambda *_: lambda _: None)
    assert not body.is_asked_for.is_set()


class Reset:
    def read(self, _size: int = -1) -> bytes:
        raise ConnectionResetError


class NoChunk:
    def read(self, _size: int = -1) -> bytes:
        raise InvalidChunkSize(b"ZZ")


@pytest.mark.parametrize(
    ("body", "length"),
    [
        (io.BytesIO(b"hel"), "5"),
        (io.BytesIO(b"hel"), "500000"),
        (Reset(), "5"),
        (Reset(), "500000"),
        (Reset(), ""),
        (NoChunk(), ""),
    ],
)
def test_a_body_that_breaks_off_is_no_whole_one_and_no_failure_of_ours(body: Any, length: str) -> None:
    def application(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        get_input_stream(environ).read()
        return []

    environ = {"wsgi.input": body, "CONTENT_LENGTH": length, "wsgi.input_terminated": True}  # as gunicorn says of any
    with pytest.raises(ClientDisconnected):
        WorkingPlaces(application, 1)(environ, lambda *_: lambda _: None)


@pytest.mark.parametrize("length", ["5", "500000"])
def test_a_body_that_breaks_off_is_none_to_the_application_either(length: str) -> None:
    with pytest.raises(ClientDisconnected):
        _read_by_the_application(b"hel", length)


@pytest.mark.parametrize("size", [5, 70_000])
def test_the_application_reads_all_of_a_body_whether_it_came_beforehand_or_not(size: int) -> None:
    assert _read_by_the_application(b"a" * size, str(size)) == b"a" * size


def _read_by_the_application(sent: bytes, length: str) -> bytes:
    read = []

    def application(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        read.append(WholeBodyRequest(environ).get_data())
        return []

    told = create_environ(method="POST") | {"wsgi.input": io.BytesIO(sent), "CONTENT_LENGTH": length}
    WorkingPlaces(application, 1)(told, lambda *_: lambda _: None)
    return read[0]


def test_each_that_works_has_a_connection_to_the_database_and_more_are_left(database_url: str) -> None:
    database = Database(database_url)
    with ExitStack() as held:
        for _ in range(WORKING_AT_ONCE * 2):
            held.enter_context(database.read()).execute(text("SELECT 1"))
    database.dispose()
