from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from support.office import Office
from support.post_office import PostOffice

from engine.db.job import Job, JobState
from engine.db.outbox import LEASE, claim_job, enqueue
from engine.model.letter import Letter, LetterState
from tasks.jobs import run_job, sweep
from tasks.notices import tell_people
from tasks.services import Services

pytestmark = pytest.mark.usefixtures("services")


def reminded(office: Office) -> str:
    """The deadline of a step of Olena's is near, and the letter to her waits in the outbox: the job's id."""
    office.open_deal()
    office.wait(days=1, hours=6)
    tell_people()
    (job,) = jobs(office)
    return job.id


def jobs(office: Office) -> list[Job]:
    with office.database.read() as session:
        return list(session.scalars(select(Job).order_by(Job.created_at)))


def test_a_job_that_is_hinted_twice_sends_one_letter(office: Office, post_office: PostOffice) -> None:
    job_id = reminded(office)
    run_job(job_id)
    run_job(job_id)
    assert post_office.receivers == ["olena@example.com"]
    (job,) = jobs(office)
    assert (job.state, job.attempts) == (JobState.DONE, 1)


def test_four_workers_with_the_same_hint_send_one_letter(office: Office, post_office: PostOffice) -> None:
    job_id = reminded(office)
    workers = [threading.Thread(target=run_job, args=(job_id,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert post_office.receivers == ["olena@example.com"]


def test_a_lost_hint_is_given_again_by_the_sweep(office: Office, post_office: PostOffice) -> None:
    reminded(office)
    sweep()
    sweep()
    assert post_office.receivers == ["olena@example.com"]


def test_a_job_survives_a_mail_server_that_refuses(office: Office, post_office: PostOffice) -> None:
    reminded(office)
    post_office.answer = "451 later, please"
    sweep()
    (job,) = jobs(office)
    assert (job.state, job.attempts, job.lease_until) == (JobState.QUEUED, 1, None)
    assert "later, please" in job.last_error
    sweep()
    assert jobs(office)[0].attempts == 1, "it is not tried again at once"
    post_office.answer = "250 OK"
    office.clock.advance(timedelta(seconds=11))
    sweep()
    assert post_office.receivers == ["olena@example.com"]
    assert jobs(office)[0].state is JobState.DONE


def test_a_job_survives_a_mail_server_that_is_away(office: Office, post_office: PostOffice) -> None:
    job_id = reminded(office)
    post_office.close()
    run_job(job_id)
    assert jobs(office)[0].state is JobState.QUEUED
    post_office.open()
    office.clock.advance(timedelta(seconds=11))
    run_job(job_id)
    assert post_office.receivers == ["olena@example.com"]


def test_each_further_try_waits_twice_as_long(office: Office, post_office: PostOffice) -> None:
    job_id = reminded(office)
    post_office.answer = "451 later, please"
    waits = []
    for _ in range(4):
        run_job(job_id)
        (job,) = jobs(office)
        waits.append((job.due_at - office.clock.now()).total_seconds())
        office.clock.set(job.due_at)
    assert waits == [10, 20, 40, 80]


def test_the_job_of_a_dead_worker_is_done_when_its_lease_is_over(
    office: Office, post_office: PostOffice, services: Services
) -> None:
    job_id = reminded(office)
    with services.database.write() as session:
        claim_job(session, session.get_one(Job, job_id), at=office.clock.now())
    sweep()
    assert post_office.letters == []
    office.clock.advance(LEASE + timedelta(seconds=1))
    sweep()
    assert post_office.receivers == ["olena@example.com"]


def test_nobody_is_written_to_about_a_step_that_was_done_meanwhile(office: Office, post_office: PostOffice) -> None:
    reminded(office)
    office.prepare()
    sweep()
    assert post_office.letters == []
    assert jobs(office)[0].state is JobState.DONE


def test_the_same_letter_sent_again_has_the_same_message_id(office: Office, post_office: PostOffice) -> None:
    """A worker that dies right after the mail server has taken the letter cannot know whether it has."""
    job_id = reminded(office)
    run_job(job_id)
    with office.database.write() as session:
        session.execute(update(Letter).values(state=LetterState.WAITING))
        session.execute(update(Job).values(state=JobState.QUEUED))
    run_job(job_id)
    first, second = post_office.letters
    assert first["Message-ID"] == second["Message-ID"]


def test_a_letter_that_has_left_does_not_leave_again_with_its_job(office: Office, post_office: PostOffice) -> None:
    job_id = reminded(office)
    run_job(job_id)
    with office.database.write() as session:
        session.execute(update(Job).values(state=JobState.QUEUED))
    run_job(job_id)
    assert len(post_office.letters) == 1
    assert jobs(office)[0].state is JobState.DONE


def test_a_job_of_an_unknown_kind_waits_for_a_program_that_knows_it(office: Office, services: Services) -> None:
    with services.database.write() as session:
        enqueue(session, "telegram", {}, at=office.clock.now())
    sweep()
    (job,) = jobs(office)
    assert (job.state, job.attempts) == (JobState.QUEUED, 1)
    assert "telegram" in job.last_error
