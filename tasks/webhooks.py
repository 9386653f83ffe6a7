"""Addresses that are behind in history."""

from __future__ import annotations

from collections.abc import Iterator

from engine.commands.webhook_deliveries import queue_deliveries
from tasks.app import task
from tasks.services import Services, services


@task
def deliver_webhooks() -> None:
    """Queue a job for each address that has not taken the newest event; the job's retries are the outbox's."""
    for _ in delivering(services()):
        pass


def delivering(services: Services) -> Iterator[None]:
    """Queue a job for each address that is behind. Yields nothing: it is all done at once."""
    with services.database.write() as session:
        queue_deliveries(session, clock=services.clock)
    yield from ()
