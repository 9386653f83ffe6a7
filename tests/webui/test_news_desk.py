from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event
from support.office import Office

from engine.policy.permissions import Actor
from webui import news_desk
from webui.news_desk import SEATS, NewsDesk


class Seconds:
    """Time that passes when it is told to, or with every look at it."""

    def __init__(self) -> None:
        self.now, self.step = 0.0, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def desk(office: Office, seconds: Seconds, monkeypatch: pytest.MonkeyPatch) -> NewsDesk:
    """It has looked once."""
    monkeypatch.setattr(news_desk, "_LOOK_EVERY_S", 0.001)
    desk = NewsDesk(office.database, office.clock, elapsed=seconds)
    desk.has_changed(office.actor("danylo"), office.clock.now())
    return desk


def changed(office: Office, desk: NewsDesk, seconds: Seconds, login: str, since: timedelta = timedelta()) -> bool:
    seconds.now += 1
    return desk.has_changed(office.actor(login), office.clock.now() - since)


def test_a_step_is_news_to_whom_it_concerns_from_when_it_happened(
    office: Office, desk: NewsDesk, seconds: Seconds
) -> None:
    office.clock.advance(timedelta(minutes=1))
    office.open_deal("olena")
    assert changed(office, desk, seconds, "olena")
    assert not changed(office, desk, seconds, "danylo")
    office.clock.advance(timedelta(minutes=1))
    assert not changed(office, desk, seconds, "olena")
    assert changed(office, desk, seconds, "olena", since=timedelta(minutes=1))


def test_what_lies_before_the_first_look_may_have_changed(office: Office, desk: NewsDesk, seconds: Seconds) -> None:
    assert changed(office, desk, seconds, "danylo", since=timedelta(seconds=1))


def test_however_many_ask_the_database_is_looked_at_once_in_a_while(
    office: Office, desk: NewsDesk, seconds: Seconds
) -> None:
    actors = [office.actor(login) for login in ("olena", "iryna", "oksana", "danylo")]
    sent: list[str] = []
    event.listen(office.database.engine, "connect", lambda *_: sent.append("connected"))
    event.listen(office.database.engine, "checkout", lambda *_: sent.append("looked"))
    seconds.now += 1
    for actor in actors * 5:
        desk.has_changed(actor, office.clock.now())
    assert sent.count("looked") == 1


def test_a_stream_tells_of_every_change_and_ends_by_itself(office: Office, desk: NewsDesk, seconds: Seconds) -> None:
    olena, since = office.actor("olena"), office.clock.now()
    stream = desk.stream(lambda: olena, since)
    assert next(stream).startswith("retry:")
    office.open_deal("olena")
    seconds.now += 1
    assert "data: steps\n\n" in next(stream)
    seconds.step = 0.01
    office.clock.advance(timedelta(minutes=1))
    office.prepare()
    assert "data: steps\n\n" in next(stream)
    seconds.step = 10
    rest = list(stream)
    assert rest
    assert set(rest) == {":\n\n"}


def test_a_stream_ends_when_its_person_may_not_sign_in_any_more(
    office: Office, desk: NewsDesk, seconds: Seconds
) -> None:
    known: list[Actor] = [office.actor("olena")]
    who: Callable[[], Actor | None] = lambda: known[0] if known else None  # noqa: E731  # a person who goes away
    stream = desk.stream(who, office.clock.now())
    next(stream)
    seconds.step = 10
    assert next(stream) == ":\n\n"
    known.clear()
    assert list(stream) == [":\n\n"]


def test_streams_end_when_the_server_stops(office: Office, desk: NewsDesk) -> None:
    olena = office.actor("olena")
    stream = desk.stream(lambda: olena, office.clock.now())
    next(stream)
    desk.stop_when(lambda: True)
    assert list(stream) == []


def test_a_stream_ends_when_its_page_has_gone(office: Office, desk: NewsDesk) -> None:
    olena, has_left = office.actor("olena"), iter([False, True])
    assert list(desk.stream(lambda: olena, office.clock.now(), lambda: next(has_left)))[1:] == []


def test_there_are_only_so_many_seats(desk: NewsDesk) -> None:
    assert [desk.take_seat() for _ in range(SEATS + 1)] == [True] * SEATS + [False]
    desk.leave_seat()
    assert desk.take_seat()
