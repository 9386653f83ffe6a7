"""Files of deals are read and opened by the worker, and not again when a job comes twice."""

from __future__ import annotations

from sqlalchemy import select
from support.deal_files import DEALS, DealFiles
from support.office import Office
from support.post_office import PostOffice

from engine.commands.deal_import_files import DEAL_IMPORT, bring_deals, look_into_deals
from engine.db.job import Job, JobState
from engine.model.client_import import ImportState
from engine.model.deal import Deal
from tasks.jobs import run_job, sweep
from tasks.notices import tell_people
from tasks.services import Services


def titles(office: Office) -> list[str]:
    with office.database.read() as session:
        return list(session.scalars(select(Deal.title).order_by(Deal.id)))


def test_the_worker_reads_a_file_opens_it_and_tells_who_brought_it_once(
    office: Office, services: Services, post_office: PostOffice
) -> None:
    file = look_into_deals(DEALS.encode(), "deals.csv", {})
    import_id = int(office.do("olena", bring_deals, file, "sale", locale="uk", opens=True).id)
    for _ in range(3):
        sweep()
        tell_people()
    with office.database.read() as session:
        jobs = list(session.scalars(select(Job.id)))
    for job_id in jobs:
        run_job(job_id)
    assert titles(office) == ["Насоси", "Вали"]
    assert DealFiles(office).view(import_id).state is ImportState.DONE
    (letter,) = (one for one in post_office.letters if "deals.csv" in one["Subject"])
    body = letter.get_body(("plain",))
    assert body is not None
    assert letter["To"] == "olena@example.com"
    assert f"/deals/import/{import_id}" in body.get_content()


def test_a_file_that_opens_by_itself_has_one_job_at_a_time(office: Office, services: Services) -> None:
    file = look_into_deals(DEALS.encode(), "deals.csv", {})
    office.do("olena", bring_deals, file, "sale", locale="uk", opens=True)
    sweep()
    assert titles(office) == ["Насоси", "Вали"]
    with office.database.read() as session:
        (job,) = session.scalars(select(Job).where(Job.kind == DEAL_IMPORT))
        assert job.state is JobState.DONE
