from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from support.office import Office
from support.web import Browser, text_of

from engine.commands.mailing import letter_failed, plan_notices, write_letters
from engine.db.job import Job, JobState
from engine.model.letter import Letter, LetterState

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def refused(office: Office) -> int:
    """A letter to Iryna that her mail server refuses."""
    office.open_deal()
    office.prepare()
    with office.database.write() as session:
        plan_notices(session, clock=office.clock)
        write_letters(session, clock=office.clock)
        letter = session.scalars(select(Letter).where(Letter.person_id == office.company.iryna.id)).one()
        letter_failed(session, letter.id, "550 no such mailbox", for_good=True)
        session.execute(update(Job).where(Job.id == letter.job_id).values(state=JobState.FAILED))
    return letter.id


def test_a_letter_that_did_not_arrive_is_shown_with_the_answer_of_the_server(browse: SignIn, refused: int) -> None:
    text = text_of(browse("admin").get("/settings/machinery"))
    assert "Ірина Бондар, iryna@example.com не дійшов" in text
    assert "550 no such mailbox" in text


def test_it_is_tried_again_once(office: Office, browse: SignIn, refused: int) -> None:
    admin = browse("admin")
    for _ in range(2):
        assert admin.post(f"/settings/machinery/letters/{refused}/again").status_code == 303
    with office.database.read() as session:
        letter = session.get_one(Letter, refused)
        jobs = session.scalars(select(Job).where(Job.id == letter.job_id)).all()
        failed = session.scalars(select(Job).where(Job.state == JobState.FAILED)).all()
    assert (letter.state, letter.last_error) == (LetterState.WAITING, "")
    assert ([job.state for job in jobs], failed) == ([JobState.QUEUED], [])


def test_only_the_administrator_may(office: Office, browse: SignIn, refused: int) -> None:
    assert browse("bohdan").post(f"/settings/machinery/letters/{refused}/again").status_code == 404
    with office.database.read() as session:
        assert session.get_one(Letter, refused).state is LetterState.REFUSED


def test_looking_sends_nothing(office: Office, browse: SignIn, refused: int) -> None:
    assert browse("admin").get(f"/settings/machinery/letters/{refused}/again").status_code == 405
