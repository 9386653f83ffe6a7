"""Which addresses are behind, and that none is forgotten."""

from __future__ import annotations

from sqlalchemy import select, update
from support.office import Office

from engine.commands.webhook_deliveries import WEBHOOK, queue_deliveries
from engine.commands.webhooks import add_webhook
from engine.db.job import Job, JobState


def queue(office: Office) -> int:
    with office.database.write() as session:
        return queue_deliveries(session, clock=office.clock)


def test_an_address_whose_job_found_nothing_settled_is_queued_again(office: Office) -> None:
    """On PostgreSQL an older transaction may still be open when the job looks: it is done, and nothing was told."""
    office.do("admin", add_webhook, "https://example.com/events", ())
    office.open_deal()
    assert queue(office) == 1
    assert queue(office) == 0
    with office.database.write() as session:
        session.execute(update(Job).where(Job.kind == WEBHOOK).values(state=JobState.DONE, attempts=5))
    assert queue(office) == 1
    with office.database.read() as session:
        (job,) = session.scalars(select(Job).where(Job.kind == WEBHOOK)).all()
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
