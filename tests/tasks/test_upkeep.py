from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from support.office import Office

from engine.commands.mail_links import LINKS_LAST
from engine.commands.upkeep import MAIL_KEPT
from engine.db.base import Base
from engine.db.job import Job, JobState
from engine.model.letter import Letter, MailLink, ReceivedMail
from engine.model.notice import Notice
from engine.model.performed_command import PerformedCommand
from engine.queries.machinery import machinery
from tasks.jobs import sweep
from tasks.notices import tell_people
from tasks.upkeep import beat_heart_of_worker, prune_old

pytestmark = pytest.mark.usefixtures("services")


def worker_age(office: Office) -> int | None:
    with office.database.read() as session:
        return machinery(session, office.clock.now()).worker_age_s


def performed(office: Office) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count()).select_from(PerformedCommand)) or 0


def test_the_worker_is_as_old_as_its_last_heartbeat(office: Office) -> None:
    assert worker_age(office) is None
    beat_heart_of_worker()
    office.clock.advance(timedelta(seconds=25))
    assert worker_age(office) == 25
    beat_heart_of_worker()
    assert worker_age(office) == 0


def test_a_command_is_answered_again_for_seven_days(office: Office) -> None:
    office.open_deal(command_id="open-1")
    office.clock.advance(timedelta(days=6, hours=23))
    prune_old()
    assert performed(office) == 1
    office.clock.advance(timedelta(hours=2))
    prune_old()
    prune_old()
    assert performed(office) == 0


def test_done_jobs_go_and_waiting_ones_stay(office: Office) -> None:
    office.open_deal()
    office.wait(days=1, hours=6)
    tell_people()
    sweep()
    office.wait(days=10)
    tell_people()
    prune_old()
    with office.database.read() as session:
        assert {job.state for job in session.scalars(select(Job))} == {JobState.QUEUED}


def test_old_mail_goes_in_the_order_in_which_it_names_each_other(office: Office) -> None:
    office.open_deal()
    office.prepare()
    tell_people()
    sweep()
    with office.database.write() as session:
        letter = session.scalars(select(Letter)).first()
        assert letter is not None
        session.add(ReceivedMail(id="0" * 64, became="unread", letter_id=letter.id, received_at=office.clock.now()))
    office.clock.advance(MAIL_KEPT + timedelta(days=1))
    prune_old()
    assert count(office, MailLink) == 3, "a link is kept as long after its end"
    office.clock.advance(LINKS_LAST)
    prune_old()
    assert [count(office, model) for model in (Notice, MailLink, ReceivedMail, Letter)] == [0, 0, 0, 0]


def count(office: Office, model: type[Base]) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0
