"""Webhooks, for those who manage them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.db.job import Job, JobState
from engine.model.webhook import Webhook
from engine.policy.permissions import Ability, Actor
from engine.queries.scopes import ensure_sees

REVIVED_AFTER = timedelta(hours=1)
"""How long an address that failed too often is left alone before it is tried once more."""


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """``kinds`` empty means every kind of event. The secret is told only once, by who adds the webhook.

    ``error`` is why the address did not take the event that is its turn, as the last try met it, and ``next_try_at``
    the moment of the next one; empty and None where it takes what it is told.
    """

    id: int
    url: str
    kinds: tuple[str, ...]
    is_active: bool
    created_at: datetime
    error: str
    next_try_at: datetime | None


def webhooks(session: Session, actor: Actor) -> tuple[WebhookRow, ...]:
    """All of them, oldest first. Raises NotFound for those who do not manage webhooks."""
    ensure_sees(actor, Ability.MANAGE_WEBHOOKS)
    found = select(Webhook, Job).outerjoin(Job, Job.id == Webhook.job_id).order_by(Webhook.id)
    return tuple(webhook_row(webhook, job) for webhook, job in session.execute(found))


def webhook_row(webhook: Webhook, job: Job | None = None) -> WebhookRow:
    """``job`` is the webhook's own."""
    error, next_try_at = "", None
    if job is not None and _is_failing(job):
        error = job.last_error
        next_try_at = job.due_at + REVIVED_AFTER if job.state is JobState.FAILED else job.due_at
    return WebhookRow(
        webhook.id, webhook.url, tuple(webhook.kinds), webhook.is_active, webhook.created_at, error, next_try_at
    )


def _is_failing(job: Job) -> bool:
    """Whether the last try of a job has failed, so that it waits for the next one."""
    return job.state is not JobState.DONE and job.last_error != ""
