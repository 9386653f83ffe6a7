"""Webhooks, for those who manage them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.webhook import Webhook
from engine.policy.permissions import Ability, Actor
from engine.queries.scopes import ensure_sees


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """``kinds`` empty means every kind of event. The secret is told only once, by who adds the webhook."""

    id: int
    url: str
    kinds: tuple[str, ...]
    is_active: bool
    created_at: datetime


def webhooks(session: Session, actor: Actor) -> tuple[WebhookRow, ...]:
    """All of them, oldest first. Raises NotFound for those who do not manage webhooks."""
    ensure_sees(actor, Ability.MANAGE_WEBHOOKS)
    return tuple(
        WebhookRow(row.id, row.url, tuple(row.kinds), row.is_active, row.created_at)
        for row in session.scalars(select(Webhook).order_by(Webhook.id))
    )
