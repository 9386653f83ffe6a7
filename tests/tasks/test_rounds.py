from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from support.office import Office
from support.post_office import PostOffice

from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistorySignature
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
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    had_turn = []

    def failing(_: Services) -> Iterator[None]:
        yield
        raise ZeroDivisionError

    def next_one(given: Services) -> Iterator[None]:
        had_turn.append(given)
        yield from ()

    monkeypatch.setattr(rounds, "_PARTS", ((failing, go_round), (next_one, go_round)))
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
    monkeypatch.setattr(rounds, "_PARTS", ((endless, Rest()),))
    go_round()
    assert passed == ["batch", "batch", "rest"]


def test_the_schedule_names_only_tasks_that_there_are() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(app.tasks)
