"""The Celery application. The broker only carries hints; what has to be done stands in the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, cast

from celery import Celery

from engine.settings import Settings
from tasks.schedule import SCHEDULE

HINT_LIFETIME_S = 30
"""A hint that waited longer is dropped: the schedule has given it again meanwhile."""

SCHEDULER = "celery.beat:Scheduler"
"""Keeps nothing in a file: when a task was last due is of no interest."""

Parameters = ParamSpec("Parameters")

app = Celery(
    "reglament",
    include=[
        "tasks.jobs",
        "tasks.timers",
        "tasks.escalations",
        "tasks.notices",
        "tasks.forecasts",
        "tasks.exchange_rates",
        "tasks.answers",
        "tasks.telegram",
        "tasks.webhooks",
        "tasks.upkeep",
        "tasks.history_signing",
        "tasks.rounds",
    ],
    set_as_current=False,
)


class Task(Protocol[Parameters]):
    """A function that a worker can be asked to perform."""

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> None: ...

    def delay(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> object: ...


def task(function: Callable[Parameters, None]) -> Task[Parameters]:
    """Make ``function`` a Celery task under its own full name."""
    return cast("Task[Parameters]", app.task(expires=HINT_LIFETIME_S)(function))


def configure(settings: Settings) -> Celery:
    """Point the application at the broker of this installation: Redis, or the memory of this process."""
    app.conf.update(
        broker_url=settings.redis_url or "memory://localhost/",
        broker_transport_options=_TO_REDIS if settings.redis_url else _IN_MEMORY,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        beat_schedule=SCHEDULE,
        beat_scheduler=SCHEDULER,
        beat_max_loop_interval=1,
        enable_utc=True,
        task_acks_late=True,
        task_ignore_result=True,
        task_publish_retry=False,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    return app


_IN_MEMORY: dict[str, Any] = {"polling_interval": 0.1}
_TO_REDIS: dict[str, Any] = {
    "visibility_timeout": 120,
    "unacked_restore_throttle": 1,
    "socket_timeout": 2,
    "socket_connect_timeout": 1,
    "health_check_interval": 5,
}
