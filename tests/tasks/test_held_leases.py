"""Who reads for long keeps its lease; who was killed is soon not waited for; who hangs loses it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.bot_api import BotApiServer
from support.office import Office

from engine.adapters.mail import Letter
from engine.adapters.mailbox import Place, RawMessage
from engine.adapters.telegram import Update
from engine.commands.access_letters import ACCESS_LETTER
from engine.commands.mail_answers import LEASE as MAILBOX_LEASE
from engine.commands.mail_answers import claim_mailbox, keep_place, release_mailbox, renew_mailbox
from engine.commands.telegram_updates import LEASE as BOT_LEASE
from engine.commands.telegram_updates import claim_bot, pass_over
from engine.commands.tokens import create_token
from engine.db.job import Job, JobState
from engine.db.outbox import LEASE as JOB_LEASE
from engine.model.letter import MailboxPlace
from engine.model.telegram import TelegramBot
from tasks import held_leases
from tasks.answers import read_answers
from tasks.held_leases import held
from tasks.jobs import sweep
from tasks.services import Services, use
from tasks.telegram import read_telegram

SECOND = timedelta(seconds=1)


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.01)
    return False


def lease(office: Office, model: type[MailboxPlace | TelegramBot]) -> datetime | None:
    with office.database.read() as session:
        return session.scalar(select(model.lease_until))


def outlast(office: Office, model: type[MailboxPlace | TelegramBot], given: timedelta) -> None:
    """Three leases pass, and each is renewed before it is over."""
    for _ in range(4):
        office.clock.advance(given - SECOND)
        assert eventually(lambda: lease(office, model) == office.clock.now() + given)


@pytest.fixture(autouse=True)
def _renewed_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_leases, "RENEWED_EVERY_S", 0.01)


def test_a_message_that_takes_longer_than_a_lease_is_one_worker_s(office: Office, services: Services) -> None:
    seen: list[object] = []

    class SlowMailbox:
        name = "box"

        def look(self) -> None: ...

        def new_messages(self, after: Place, *, since: date) -> Iterator[RawMessage]:
            seen.append((after, since))
            outlast(office, MailboxPlace, MAILBOX_LEASE)
            with office.database.write() as session:
                seen.append(claim_mailbox(session, "box", clock=office.clock))
            yield from ()

    use(replace(services, mailbox=SlowMailbox()))
    read_answers()
    assert seen[1:] == [None], "nobody else began"
    assert lease(office, MailboxPlace) is None


def test_updates_that_take_longer_than_a_lease_are_one_worker_s(
    office: Office, services: Services, bot_api: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, seen = bot_api.bot(), list[object]()

    def slowly(_after: int) -> tuple[Update, ...]:
        outlast(office, TelegramBot, BOT_LEASE)
        with office.database.write() as session:
            seen.append(claim_bot(session, bot.bot_id, clock=office.clock))
        return ()

    monkeypatch.setattr(bot, "updates", slowly)
    use(replace(services, telegram=bot))
    read_telegram()
    assert seen == [None]
    assert lease(office, TelegramBot) is None


def test_a_lease_that_is_over_is_not_taken_back(office: Office) -> None:
    with office.database.write() as session:
        assert claim_mailbox(session, "box", clock=office.clock) == Place()
    office.clock.advance(MAILBOX_LEASE)
    with office.database.write() as session:
        renew_mailbox(session, "box", clock=office.clock)
        assert claim_mailbox(session, "box", clock=office.clock) == Place()
        release_mailbox(session, "box", clock=office.clock)
        renew_mailbox(session, "box", clock=office.clock)
    assert lease(office, MailboxPlace) is None


def test_a_worker_that_was_thought_dead_does_not_lead_back_who_went_on_without_it(office: Office) -> None:
    for reached, stands in ((5, 5), (3, 5), (6, 6)):
        with office.database.write() as session:
            claim_mailbox(session, "box", clock=office.clock)
            keep_place(session, "box", Place(7, reached), clock=office.clock)
        with office.database.read() as session:
            assert session.get_one(MailboxPlace, "box").last_uid == stands
    with office.database.write() as session:
        keep_place(session, "box", Place(8, 1), clock=office.clock)
    with office.database.read() as session:
        assert session.get_one(MailboxPlace, "box").last_uid == 1, "a mailbox that was made anew begins anew"


def test_an_update_that_is_passed_over_late_does_not_lead_the_bot_back(office: Office) -> None:
    with office.database.write() as session:
        claim_bot(session, 7, clock=office.clock)
        for number in (5, 3):
            pass_over(session, 7, Update(number), clock=office.clock)
    with office.database.read() as session:
        assert session.get_one(TelegramBot, 7).last_update == 5


def test_who_hangs_keeps_nothing_for_ever(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: list[Session] = []
    monkeypatch.setattr(held_leases, "LONGEST_S", 0.05)
    with held(services, renewed.append):
        assert eventually(lambda: not any(one.name == "lease" for one in threading.enumerate()))
    assert renewed


def test_a_renewal_that_fails_is_followed_by_another(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    renewed: list[Session] = []

    def renew(session: Session) -> None:
        renewed.append(session)
        if len(renewed) == 1:
            raise ZeroDivisionError

    with held(services, renew):
        assert eventually(lambda: len(renewed) > 1)
    assert "A lease is not renewed" in caplog.text


class SlowMailer:
    """Its server needs longer for a letter than a job is held."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self.sent: list[str] = []
        self._meanwhile = meanwhile

    def send(self, letter: Letter) -> Mapping[str, str]:
        self.sent.append(letter.to)
        self._meanwhile()
        return {}


def test_a_letter_that_is_under_way_for_longer_than_a_lease_is_sent_by_one_worker(
    office: Office, services: Services
) -> None:
    def held_until() -> datetime | None:
        with office.database.read() as session:
            return session.scalar(select(Job.lease_until).where(Job.lease_until.is_not(None)))

    def another_worker_looks() -> None:
        for _ in range(3):
            office.clock.advance(JOB_LEASE - SECOND)
            assert eventually(lambda: held_until() == office.clock.now() + JOB_LEASE)
            sweep()

    mailer = SlowMailer(another_worker_looks)
    use(replace(services, mailer=mailer))
    office.do("olena", create_token, office.company.olena.id, "програма")
    sweep()
    assert mailer.sent == ["olena@example.com"]
    with office.database.read() as session:
        assert session.scalars(select(Job.state).where(Job.kind == ACCESS_LETTER)).all() == [JobState.DONE]
