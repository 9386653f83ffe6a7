"""Webhook deliveries: history is the queue, and each address remembers the last event that it has taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.db.job import Job, JobState
from engine.db.outbox import enqueue, enqueue_again, ensure_still_held
from engine.events import plain
from engine.model.history_event import HistoryEvent
from engine.model.webhook import Webhook
from engine.queries.history import is_settled
from engine.queries.webhooks import REVIVED_AFTER

WEBHOOK = "webhook"
"""The kind of an outbox job: payload ``webhook_id``. It delivers what is behind, and its retries are the outbox's.

An address has one at a time: two would tell it events out of their order.
"""


@dataclass(frozen=True, slots=True)
class EventToDeliver:
    """``is_wanted``: of a kind that the address asked for. ``body`` is JSON."""

    event_id: int
    kind: str
    is_wanted: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class WebhookBacklog:
    """The next events for an address, in their order."""

    webhook_id: int
    url: str
    secret: str
    events: tuple[EventToDeliver, ...]


def queue_deliveries(session: Session, *, clock: Clock) -> int:
    """The one job of each address that is behind and does not wait for its next try; how many were queued.

    Of two schedules the second finds the address held by the first, or its job queued.
    """
    at = clock.now()
    waits = or_(Job.state == JobState.QUEUED, and_(Job.state == JobState.FAILED, Job.due_at > at - REVIVED_AFTER))
    rows = session.execute(
        select(Webhook, Job)
        .outerjoin(Job, Job.id == Webhook.job_id)
        .where(Webhook.is_active, _has_more(), or_(Job.id.is_(None), ~waits))
        .order_by(Webhook.id)
        .with_for_update(of=Webhook, skip_locked=True)
    )
    behind: list[tuple[Webhook, Job | None]] = [(webhook, job) for webhook, job in rows]
    for webhook, job in behind:
        if job is None and session.get(Job, webhook.job_id) is not None:
            continue  # a schedule that looked at the same moment has queued it: only the lock shows the job
        if job is None:
            webhook.job_id = enqueue(session, WEBHOOK, {"webhook_id": webhook.id}, at=at)
        else:  # done, and yet behind: what it looked for was not settled then, or is new
            enqueue_again(session, job, at=at, attempts=job.attempts if job.state is JobState.FAILED else 0)
    return len(behind)


def backlog(session: Session, job: Job, *, limit: int) -> WebhookBacklog | None:
    """Up to ``limit`` events that the address of a claimed job has not taken yet; None when it was removed meanwhile.

    Nothing is left to a job that is not the address's own: an older version queued it, or it was of a removed address
    whose number SQLite has given again. The session sees what was committed since it began (``Database.read`` without
    a snapshot). Raises JobTaken.
    """
    webhook = session.get(Webhook, int(job.payload["webhook_id"]))
    if webhook is None or not webhook.is_active or webhook.job_id != job.id:
        return None
    ensure_still_held(session, job)
    settled = is_settled(session)
    rows = session.scalars(
        select(HistoryEvent)
        .where(HistoryEvent.id > webhook.delivered_event_id, settled)
        .order_by(HistoryEvent.id)
        .limit(limit)
    )
    events = tuple(
        EventToDeliver(row.id, row.kind, not webhook.kinds or row.kind in webhook.kinds, orjson.dumps(_told(row)))
        for row in rows
    )
    return WebhookBacklog(webhook.id, webhook.url, webhook.secret, events)


def confirm_delivery(session: Session, webhook_id: int, event_id: int) -> None:
    """The address has taken everything up to ``event_id``. It never goes back: two workers may tell it twice."""
    session.execute(
        update(Webhook)
        .where(Webhook.id == webhook_id, Webhook.delivered_event_id < event_id)
        .values(delivered_event_id=event_id)
    )


def _has_more() -> ColumnElement[bool]:
    newest = select(func.max(HistoryEvent.id)).scalar_subquery()
    return Webhook.delivered_event_id < newest


def _told(row: HistoryEvent) -> Mapping[str, Any]:
    told: Mapping[str, Any] = plain(
        {
            "id": row.id,
            "kind": row.kind,
            "at": row.at,
            "deal_id": row.deal_id,
            "number": row.number,
            "work_item_id": row.work_item_id,
            "actor": row.actor_name,
            "data": row.data,
            "hash": row.entry_hash,
        }
    )
    return told
