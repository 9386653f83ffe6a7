"""The log while the broker is away: it must not fill the disk."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from celery import Celery
from celery.beat import ScheduleEntry, Scheduler
from support.servers import free_port

from webui.serving.logs import without_trace


@pytest.fixture
def schedule_log() -> Iterator[logging.Logger]:
    logger = logging.getLogger("celery.beat")
    logger.addFilter(without_trace)
    yield logger
    logger.removeFilter(without_trace)


def test_a_hint_that_the_broker_does_not_take_is_one_line(
    schedule_log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    app = Celery(broker=f"redis://127.0.0.1:{free_port()}/0", set_as_current=False)
    app.conf.update(task_publish_retry=False, broker_connection_timeout=1)
    scheduler = Scheduler(app, lazy=True)
    entry = ScheduleEntry(name="sweep", task="sweep", schedule=timedelta(seconds=1), app=app)
    with caplog.at_level(logging.WARNING, logger=schedule_log.name):
        scheduler.apply_entry(entry)
    (record,) = [one for one in caplog.records if one.name == schedule_log.name]
    told = logging.Formatter("%(message)s").format(record)
    assert "Couldn't apply scheduled task sweep" in told
    assert "\n" not in told


def test_other_failures_of_the_schedule_keep_their_trace(
    schedule_log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        int("no number")
    except ValueError:
        schedule_log.exception("The schedule ends")
    (record,) = caplog.records
    assert "ValueError: invalid literal" in logging.Formatter().format(record)
