"""Webhook deliveries: history is the queue, and each address remembers the last event that it has taken."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.db.job import Job, JobState
from engine.events import plain
from engine.model.history_event import HistoryEvent
from engine.model.webhook import Webhook
from engine.queries.history import is_settled

WEBHOOK = "webhook"
"""The kind of an outbox job: payload ``webhook_id``. It delivers what is behind, and its retries are the outbox's."""

REVIVED_AFTER = timedelta(hours=1)
"""How long an address that failed too often is left alone before it is tried once more."""


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

    url: str
    secret: str
    events: tuple[EventToDeliver, ...]


def queue_deliveries(session: Session, *, clock: Clock) -> int:
    """One job for each address that is behind and has none; how many were queued or revived.

    The job's id is made of the address and of its place in history, so that two schedules queue one job.
    """
    at = clock.now()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    queued = 0
    behind = session.execute(
        select(Webhook.id, Webhook.delivered_event_id).where(Webhook.is_active, _has_more()).order_by(Webhook.id)
    ).all()
    for webhook_id, delivered in behind:
        job_id = hashlib.sha256(f"{WEBHOOK}:{webhook_id}:{delivered}".encode()).hexdigest()[:32]
        inserted = session.scalars(
            dialect.insert(Job)
            .values(id=job_id, kind=WEBHOOK, payload={"webhook_id": webhook_id}, due_at=at, created_at=at)
            .on_conflict_do_nothing()
            .returning(Job.id)
        )
        revived = session.scalars(
            update(Job)
            .where(
                Job.id == job_id,
                or_(
                    and_(Job.state == JobState.FAILED, Job.due_at <= at - REVIVED_AFTER),
                    # Done, and yet behind: what it looked for was not settled then.
                    Job.state == JobState.DONE,
                ),
            )
            .values(
                state=JobState.QUEUED, due_at=at, attempts=case((Job.state == JobState.DONE, 0), else_=Job.attempts)
            )
            .returning(Job.id)
        )
        queued += len({*inserted, *revived})
    return queued


def backlog(session: Session, webhook_id: int, *, limit: int) -> WebhookBacklog | None:
    """Up to ``limit`` events that the address has not taken yet; None when it was removed meanwhile.

    The session sees what was committed since it began (``Database.read`` without a snapshot).
    """
    webhook = session.get(Webhook, webhook_id)
    if webhook is None or not webhook.is_active:
        return None
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
    return WebhookBacklog(webhook.url, webhook.secret, events)


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
