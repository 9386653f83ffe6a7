from __future__ import annotations

import orjson
import pytest
from support.office import Office

from engine.commands.history import record
from engine.commands.webhook_deliveries import backlog
from engine.commands.webhooks import add_webhook
from engine.db.session import Database
from engine.events import Commented
from engine.policy.permissions import Actor


@pytest.mark.postgres
def test_an_event_that_commits_late_is_not_overtaken(postgresql_database_url: str) -> None:
    """PostgreSQL numbers events when they are written, not when they are committed."""
    database = Database(postgresql_database_url)
    office = Office(database)
    webhook = office.do("admin", add_webhook, "https://example.com/events", ())

    def comment(text: str) -> Commented:
        return Commented(text=text)

    with database.write() as slow:
        record(slow, comment("slow"), actor=Actor.system(), at=office.clock.now())
        slow.flush()
        with database.write() as fast:
            record(fast, comment("fast"), actor=Actor.system(), at=office.clock.now())
        with database.read(snapshot=False) as session:
            behind = backlog(session, webhook.id, limit=10)
            assert behind is not None
            assert all(b"fast" not in event.body for event in behind.events)
    with database.read(snapshot=False) as session:
        behind = backlog(session, webhook.id, limit=10)
        assert behind is not None
        assert [orjson.loads(event.body)["data"].get("text") for event in behind.events][-2:] == ["slow", "fast"]
    database.dispose()
