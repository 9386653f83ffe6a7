from __future__ import annotations

from threading import Barrier, Thread

import orjson
import pytest
from sqlalchemy import delete, insert, select, update
from support.office import Office

from engine.commands.history import record
from engine.commands.webhook_deliveries import WEBHOOK, backlog, queue_deliveries
from engine.commands.webhooks import add_webhook
from engine.db.job import Job
from engine.db.session import Database
from engine.events import Commented
from engine.model.webhook import Webhook
from engine.policy.permissions import Actor


@pytest.mark.postgres
def test_an_event_that_commits_late_is_not_overtaken(postgresql_database_url: str) -> None:
    """PostgreSQL numbers events when they are written, not when they are committed."""
    database = Database(postgresql_database_url)
    office = Office(database)
    office.do("admin", add_webhook, "https://example.com/events", ())

    with database.write() as session:
        queue_deliveries(session, clock=office.clock)
    with database.read() as session:
        job = session.scalars(select(Job).where(Job.kind == WEBHOOK)).one()

    def comment(text: str) -> Commented:
        return Commented(text=text)

    with database.write() as slow:
        record(slow, comment("slow"), actor=Actor.system(), at=office.clock.now())
        slow.flush()
        with database.write() as fast:
            record(fast, comment("fast"), actor=Actor.system(), at=office.clock.now())
        with database.read(snapshot=False) as session:
            behind = backlog(session, job, limit=10)
            assert behind is not None
            assert all(b"fast" not in event.body for event in behind.events)
    with database.read(snapshot=False) as session:
        behind = backlog(session, job, limit=10)
        assert behind is not None
        assert [orjson.loads(event.body)["data"].get("text") for event in behind.events][-2:] == ["slow", "fast"]
    database.dispose()


@pytest.mark.postgres
def test_of_schedules_that_look_at_the_same_moment_one_queues_the_job(postgresql_database_url: str) -> None:
    """One that locked the address just after another had queued its job saw the address as new, and the job not."""
    database = Database(postgresql_database_url)
    office = Office(database)
    webhook = office.do("admin", add_webhook, "https://example.com/events", ())
    stopped = {"url": webhook.url, "secret": webhook.secret, "kinds": [], "is_active": False}
    stopped |= {"created_by_id": webhook.created_by_id, "created_at": webhook.created_at}
    with database.write() as session:  # so many that a look takes its time
        session.execute(insert(Webhook), [stopped] * 5_000)
    together = Barrier(4)

    def look() -> None:
        with database.write() as session:
            together.wait()
            queue_deliveries(session, clock=office.clock)

    for _ in range(50):
        schedules = [Thread(target=look) for _ in range(together.parties)]
        for schedule in schedules:
            schedule.start()
        for schedule in schedules:
            schedule.join()
        with database.write() as session:
            assert len(session.scalars(select(Job.id)).all()) == 1
            session.execute(delete(Job))
            session.execute(update(Webhook).where(Webhook.is_active).values(job_id=""))
    database.dispose()
