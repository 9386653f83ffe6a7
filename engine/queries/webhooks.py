"""Webhooks, for the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.model.history_event import HistoryEvent
from engine.model.webhook import Webhook
from engine.policy.permissions import Ability, Actor
from engine.queries.scopes import ensure_sees


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """``waiting`` counts the events that the address has not been told yet, wanted or not."""

    id: int
    url: str
    secret: str
    kinds: tuple[str, ...]
    is_active: bool
    created_at: datetime
    waiting: int


def webhooks(session: Session, actor: Actor) -> tuple[WebhookRow, ...]:
    """All, oldest first. Raises NotFound for those who do not manage them."""
    ensure_sees(actor, Ability.MANAGE_WEBHOOKS)
    waiting = (
        select(func.count())
        .select_from(HistoryEvent)
        .where(HistoryEvent.id > Webhook.delivered_event_id)
        .correlate(Webhook)
        .scalar_subquery()
    )
    rows = session.execute(select(Webhook, waiting).order_by(Webhook.id))
    return tuple(
        WebhookRow(row.id, row.url, row.secret, tuple(row.kinds), row.is_active, row.created_at, count)
        for row, count in rows
    )
