from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from support.office import Office
from support.post_office import PostOffice

from engine.db.job import Job, JobState
from engine.model.heartbeat import Heartbeat
from tasks.app import app
from tasks.embedded import EmbeddedMachinery
from tasks.services import Services


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def embedded(services: Services) -> EmbeddedMachinery:
    app.conf.task_always_eager = False
    return EmbeddedMachinery(replace(services, settings=replace(services.settings, redis_url=None)))


def test_it_does_what_is_due_and_leaves_neither_thread_nor_file(
    office: Office,
    post_office: PostOffice,
    embedded: EmbeddedMachinery,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    before = set(threading.enumerate())
    office.open_deal()
    office.wait(days=1, hours=6)
    embedded.start()
    try:
        assert eventually(lambda: post_office.receivers == ["olena@example.com"])
        with office.database.read() as session:
            assert session.scalars(select(Heartbeat.name)).all() == ["worker"]
    finally:
        embedded.stop()
    assert {one.name for one in set(threading.enumerate()) - before} == set()
    assert list(here.iterdir()) == []


def test_one_that_is_stopped_while_it_starts_leaves_no_thread_behind(embedded: EmbeddedMachinery) -> None:
    """Celery takes a worker that is still starting for stopped, and it went on."""
    before = set(threading.enumerate())
    embedded.start()
    embedded.stop()
    assert {one.name for one in set(threading.enumerate()) - before} == set()


def test_a_step_that_becomes_late_while_it_runs_is_escalated_and_told(
    office: Office, post_office: PostOffice, embedded: EmbeddedMachinery
) -> None:
    office.open_deal()
    embedded.start()
    try:
        office.clock.set(office.clock.now().replace(month=4))
        assert eventually(lambda: office.step("prepare").assignee_id == office.company.bohdan.id)
        assert eventually(lambda: "bohdan@example.com" in post_office.receivers)
    finally:
        embedded.stop()
    with office.database.read() as session:
        assert {job.state for job in session.scalars(select(Job))} <= {JobState.DONE, JobState.QUEUED}
