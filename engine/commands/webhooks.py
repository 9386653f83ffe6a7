"""Webhooks: add, try again, remove. Delivery is the worker's: history is the queue."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import urlsplit

from sqlalchemy import BigInteger, func, literal, select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.db.job import Job
from engine.db.outbox import enqueue_again
from engine.errors import N_, DomainError, InvalidInput, NotFound
from engine.events import WebhookAdded, WebhookRemoved, WebhookTriedAgain, kind_of
from engine.model.history_event import HistoryEvent
from engine.model.webhook import Webhook
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.webhooks import webhook_row


class AddressRefused(DomainError):
    code: ClassVar[str] = "address_refused"
    template: ClassVar[str] = N_("“%(url)s” cannot be called: write an https address without a user name.")


def add_webhook(
    session: Session, url: str, kinds: Sequence[str], *, actor: Actor, clock: Clock, command_id: str | None = None
) -> Webhook:
    """Tell ``url`` of events of ``kinds`` (all, if empty) from now on.

    Raises NotAllowed, InvalidInput, KeyReused, NotFound where it was added under that id and removed since.
    """
    ensure_may(actor, Ability.MANAGE_WEBHOOKS)
    at, told = clock.now(), {"url": url, "kinds": sorted(kinds)}
    done = already_performed(session, command_id, "add_webhook", told, actor=actor, at=at)
    if done is not None:
        added = session.get(Webhook, int(done["id"]))
        if added is None:
            raise NotFound
        return added
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidInput({"url": AddressRefused(url=url)}) from None
    if parts.scheme != "https" or not parts.hostname or parts.username or port == 0:
        raise InvalidInput({"url": AddressRefused(url=url)})
    webhook = Webhook(
        url=url,
        secret=secrets.token_urlsafe(32),
        kinds=list(kinds),
        delivered_event_id=session.scalar(select(func.max(HistoryEvent.id))) or 0,
        created_by_id=actor.person_id,
        created_at=at,
    )
    session.add(webhook)
    session.flush()
    record(session, WebhookAdded(webhook_id=webhook.id, url=url), actor=actor, at=at)
    remember(session, command_id, {"id": webhook.id}, actor=actor)
    return webhook


def try_webhook_again(session: Session, webhook_id: int, *, actor: Actor, clock: Clock) -> None:
    """Tell an address at once what it has not taken; its tries are counted anew.

    Nothing is done for one that waits for no try, or is told now anyway. Raises NotFound, NotAllowed.
    """
    ensure_may(actor, Ability.MANAGE_WEBHOOKS)
    webhook = session.get(Webhook, webhook_id, with_for_update=True)
    if webhook is None:
        raise NotFound
    at, job = clock.now(), session.get(Job, webhook.job_id)
    next_try_at = webhook_row(webhook, job).next_try_at
    if job is None or next_try_at is None or next_try_at <= at:
        return
    enqueue_again(session, job, at=at)
    record(session, WebhookTriedAgain(webhook_id=webhook.id, url=webhook.url), actor=actor, at=at)


def remove_webhook(session: Session, webhook_id: int, *, actor: Actor, clock: Clock) -> bool:
    """Whether it was there, and had not been removed before. Raises NotFound, NotAllowed."""
    ensure_may(actor, Ability.MANAGE_WEBHOOKS)
    webhook = session.get(Webhook, webhook_id, with_for_update=True)
    if webhook is None:
        if _was_removed(session, webhook_id):
            return False
        raise NotFound
    session.delete(webhook)
    record(session, WebhookRemoved(webhook_id=webhook_id), actor=actor, at=clock.now())
    return True


def _was_removed(session: Session, webhook_id: int) -> bool:
    removed = select(HistoryEvent.id).where(
        HistoryEvent.kind == kind_of(WebhookRemoved),
        HistoryEvent.data["webhook_id"].as_integer() == literal(webhook_id, BigInteger),
    )
    return session.scalar(removed.limit(1)) is not None
