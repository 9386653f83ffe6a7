"""Addresses that are behind in history."""

from __future__ import annotations

from engine.commands.webhook_deliveries import queue_deliveries
from tasks.app import task
from tasks.services import services


@task
def deliver_webhooks() -> None:
    """Queue a job for each address that has not taken the newest event; the job's retries are the outbox's."""
    given = services()
    with given.database.write() as session:
        queue_deliveries(session, clock=given.clock)
