from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from support.office import Office
from support.post_office import PostOffice

from engine.db.session import Database
from engine.model.heartbeat import WORKER, Heartbeat
from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistorySignature
from engine.queries.due_work import Work
from tasks import rounds
from tasks.app import app
from tasks.rounds import go_round
from tasks.schedule import SCHEDULE
from tasks.services import Services

pytestmark = pytest.mark.usefixtures("services")


def counted(office: Office, model: type[HistoryEvent | HistorySignature]) -> int:
    with office.database.read() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def test_a_round_escalates_tells_sends_and_signs(office: Office, post_office: PostOffice) -> None:
    office.open_deal()
    office.clock.set(office.clock.now().replace(month=4))
    go_round()
    assert office.step("prepare").assignee_id == office.company.bohdan.id
    go_round()
    assert "bohdan@example.com" in post_office.receivers
    assert counted(office, HistorySignature) == counted(office, HistoryEvent)


def test_a_part_that_fails_holds_no_other_up(
    services: Services, office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    had_turn = []

    office.open_deal()

    def failing(_: Services) -> Iterator[None]:
        yield
        raise ZeroDivisionError

    def next_one(given: Services) -> Iterator[None]:
        had_turn.append(given)
        yield from ()

    monkeypatch.setattr(rounds, "_PARTS", ((Work.SIGNATURES, failing, go_round), (Work.HEARTBEAT, next_one, go_round)))
    with caplog.at_level(logging.ERROR):
        go_round()
    assert had_turn == [services]
    assert "failing failed" in caplog.text


def test_a_part_with_much_to_do_goes_on_in_a_task_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[str] = []

    def endless(_: Services) -> Iterator[None]:
        while True:
            passed.append("batch")
            yield

    class Rest:
        def __call__(self) -> None: ...

        def delay(self) -> None:
            passed.append("rest")

    moments = iter(range(100))
    monkeypatch.setattr(rounds, "monotonic", lambda: next(moments) * rounds.A_WHILE_S / 2)
    monkeypatch.setattr(rounds, "_PARTS", ((Work.HEARTBEAT, endless, Rest()),))
    go_round()
    assert passed == ["batch", "batch", "rest"]


def test_a_round_that_finds_nothing_only_looks(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.open_deal()
    for _ in range(3):
        go_round()

    def begin(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Database, "write", begin)
    monkeypatch.setattr(Database, "read", begin)
    go_round()
    assert caplog.text == ""
    office.clock.advance(timedelta(seconds=11))
    go_round()
    assert "beating failed" in caplog.text


def test_a_round_is_a_sign_of_life_when_the_last_one_is_old(office: Office) -> None:
    def beaten_at() -> datetime | None:
        with office.database.read() as session:
            return session.scalar(select(Heartbeat.beaten_at).where(Heartbeat.name == WORKER))

    go_round()
    first = beaten_at()
    assert first == office.clock.now()
    office.clock.advance(timedelta(seconds=9))
    go_round()
    assert beaten_at() == first
    office.clock.advance(timedelta(seconds=2))
    go_round()
    assert beaten_at() == office.clock.now()


def test_a_server_outside_is_asked_now_and_then_where_there_is_one(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Reading:
        def __call__(self) -> None: ...

        def delay(self) -> None:
            asked.append("asked")

    moments = iter((100.0, 101.0, 104.0, 105.0))
    monkeypatch.setattr(rounds, "monotonic", lambda: next(moments))
    there = rounds.Outside(lambda _: True, Reading(), 4.0)
    for expected in (1, 1, 2):
        there.ask(services)
        assert len(asked) == expected
    rounds.Outside(lambda given: given.mailbox is not None, Reading(), 4.0).ask(services)
    assert len(asked) == 2


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # it is how a worker makes its processes
def test_what_one_process_of_a_worker_has_asked_the_others_ask_no_more(services: Services) -> None:
    forking = multiprocessing.get_context("fork")
    asked = forking.Queue()

    class Reading:
        def __call__(self) -> None: ...

        def delay(self) -> None:
            asked.put(os.getpid())

    there = rounds.Outside(lambda _: True, Reading(), 29.0)
    for _ in range(3):
        process = forking.Process(target=there.ask, args=(services,))
        process.start()
        process.join()
        assert process.exitcode == 0
    there.ask(services)
    assert asked.get(timeout=5) != os.getpid()
    assert asked.empty()


def test_the_schedule_names_only_tasks_that_there_are() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(app.tasks)
