from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.servers import free_port

from engine.db import outbox
from engine.settings import settings_from
from tasks.app import app, configure
from tasks.jobs import run_job
from tasks.relay import Relay


@pytest.fixture
def refused_broker() -> Iterator[None]:
    """Nobody listens where the broker should be."""
    configure(replace(settings_from({}), redis_url=f"redis://127.0.0.1:{free_port()}/0"))
    _forget_connections()
    yield
    configure(settings_from({}))
    _forget_connections()


def _forget_connections() -> None:
    """A process has one broker for all its life; only tests have two."""
    app._pool = app.amqp._producer_pool = None


def test_who_commits_does_not_wait_for_a_broker_that_is_away(
    refused_broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, all_told = threading.Semaphore(0), threading.Event()
    tried: list[str] = []
    waited_for: list[bool] = []
    real = run_job.delay

    def counted(job_id: str) -> object:
        tried.append(job_id)
        waited_for.append(all_told.wait(timeout=10))  # for ever, if the one who tells stood here
        asked.release()
        return real(job_id)

    monkeypatch.setattr(run_job, "delay", counted)
    relay = Relay()
    monkeypatch.setattr(outbox, "_listeners", [])
    relay.listen()
    for number in range(100):
        relay.tell(str(number))
    all_told.set()
    assert asked.acquire(timeout=60)
    thread = relay._thread
    relay.stop()
    assert thread is not None
    thread.join(60)  # what it logs when it is refused belongs to no other test
    assert waited_for == [True]
    assert tried == ["0"], "after the first refusal the others are left to the sweep"
