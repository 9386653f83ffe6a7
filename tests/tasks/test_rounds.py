from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection

import pytest
from sqlalchemy import func, select
from support.bot_api import BotApiServer
from support.imap_server import ImapServer
from support.office import MONDAY_10, Office
from support.post_office import PostOffice

from engine.adapters.mailbox import ImapMailbox, mailbox_server
from engine.clock import SettableClock
from engine.commands.mail_answers import LEASE as MAILBOX_LEASE
from engine.commands.mail_answers import claim_mailbox
from engine.db.session import Database
from engine.model.heartbeat import WORKER, Heartbeat
from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistorySignature
from engine.queries.due_work import Work, due_work
from tasks import rounds, turns
from tasks.app import app
from tasks.rounds import go_round
from tasks.schedule import SCHEDULE
from tasks.services import Services, use

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
    monkeypatch.setattr(turns, "monotonic", lambda: next(moments) * turns.A_WHILE_S / 2)
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


def asked(mailbox: ImapServer, bot_api: BotApiServer) -> tuple[int, int]:
    """How often each was asked."""
    return sum(command.startswith("LOGIN ") for command in mailbox.commands), len(bot_api.offsets)


def with_both(services: Services, mailbox: ImapServer, bot_api: BotApiServer) -> Services:
    box = ImapMailbox(mailbox_server(mailbox.url), tls=mailbox.tls)
    return replace(services, mailbox=box, telegram=bot_api.bot())


def go_rounds(office: Office, count: int) -> None:
    for _ in range(count):
        go_round()
        office.clock.advance(timedelta(seconds=2))


def test_servers_outside_are_asked_now_and_then_where_there_are_any(
    office: Office, services: Services, mailbox: ImapServer, bot_api: BotApiServer
) -> None:
    go_rounds(office, 3)
    assert asked(mailbox, bot_api) == (0, 0)
    use(with_both(services, mailbox, bot_api))
    go_rounds(office, 30)
    assert asked(mailbox, bot_api) == (2, 15)
    go_rounds(office, 1)
    assert asked(mailbox, bot_api) == (3, 16)


def test_telegram_that_cannot_be_read_is_left_alone_and_a_round_does_not_even_ask(
    office: Office, services: Services, mailbox: ImapServer, bot_api: BotApiServer
) -> None:
    use(with_both(services, mailbox, bot_api))
    bot_api.is_read_elsewhere = True
    go_round()
    bot_api.is_read_elsewhere = False
    for _ in range(14):
        office.clock.advance(timedelta(seconds=2))
        assert Work.TELEGRAM not in due_work(office.database, at=office.clock.now())
        go_round()
    assert bot_api.offsets == []
    office.clock.advance(timedelta(seconds=2))
    go_round()
    assert len(bot_api.offsets) == 1


def test_a_clock_that_was_put_back_keeps_nobody_from_asking(
    office: Office, services: Services, mailbox: ImapServer, bot_api: BotApiServer
) -> None:
    use(with_both(services, mailbox, bot_api))
    go_round()
    office.clock.set(office.clock.now() - timedelta(hours=1))
    go_round()
    assert asked(mailbox, bot_api) == (2, 2)


def work_when_told(told: Connection, url: str, services: Services) -> None:
    """A worker process: at each moment that it is told it goes a round."""
    database, clock = Database(url), SettableClock(MONDAY_10)
    use(replace(services, database=database, clock=clock))
    while (moment := told.recv()) is not None:
        clock.set(moment)
        go_round()
        told.send("gone")
    database.dispose()


class Workers:
    """Two processes, each with connections of its own; they go their rounds at the same moment."""

    def __init__(self, office: Office, services: Services, url: str) -> None:
        forking = multiprocessing.get_context("fork")
        self._office = office
        self.told, self.processes = [], []
        for _ in range(2):
            ours, theirs = forking.Pipe()
            process = forking.Process(target=work_when_told, args=(theirs, url, services))
            process.start()
            self.told.append(ours)
            self.processes.append(process)

    def go_rounds(self, count: int) -> None:
        for _ in range(count):
            for one in self.told:
                one.send(self._office.clock.now())
            for one in self.told:
                assert one.recv() == "gone"
            self._office.clock.advance(timedelta(seconds=2))

    def kill_one(self) -> None:
        self.told.pop(0)
        self.processes[0].kill()
        self.processes.pop(0).join(10)

    def end(self) -> None:
        for one in self.told:
            one.send(None)
        for process in self.processes:
            process.join(10)
            assert process.exitcode == 0


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # it is how a worker makes its processes
@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_workers_ask_as_often_as_one_and_one_that_dies_is_not_missed(
    office: Office, services: Services, database_url: str, mailbox: ImapServer, bot_api: BotApiServer
) -> None:
    office.database.dispose()
    workers = Workers(office, with_both(services, mailbox, bot_api), database_url)
    workers.go_rounds(31)
    assert asked(mailbox, bot_api) == (3, 16)
    workers.kill_one()
    workers.go_rounds(30)
    assert asked(mailbox, bot_api) == (5, 31)
    with office.database.write() as session:  # the other one died as well, while it read
        assert claim_mailbox(session, mailbox_server(mailbox.url).name, clock=office.clock) is not None
    workers.go_rounds(MAILBOX_LEASE // timedelta(seconds=2))
    assert asked(mailbox, bot_api)[0] == 5
    workers.go_rounds(1)
    assert asked(mailbox, bot_api)[0] == 6
    workers.end()


def test_the_schedule_names_only_tasks_that_there_are() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(app.tasks)
