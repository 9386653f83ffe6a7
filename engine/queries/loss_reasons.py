"""The list of reasons why deals end without a sale."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import N_, FieldNotUnderstood, InvalidInput
from engine.model.loss_reason import LossReason
from engine.policy.permissions import Ability, Actor
from engine.policy.search_keys import fold
from engine.queries.scopes import ensure_sees


@dataclass(frozen=True, slots=True)
class LossReasonRow:
    id: int
    name: str
    is_archived: bool


def loss_reasons(session: Session, *, archived: bool = False) -> tuple[LossReasonRow, ...]:
    """Those that are offered, in their order; with ``archived`` all of them, archived ones last."""
    rows = session.execute(
        select(LossReason.id, LossReason.name, LossReason.archived_at)
        .where(*([] if archived else [LossReason.archived_at.is_(None)]))
        .order_by(LossReason.archived_at.is_not(None), LossReason.position, LossReason.id)
    )
    return tuple(LossReasonRow(row.id, row.name, row.archived_at is not None) for row in rows)


def managed_loss_reasons(session: Session, actor: Actor) -> tuple[LossReasonRow, ...]:
    """All of them. Raises NotFound for who may not keep the list."""
    ensure_sees(actor, Ability.MANAGE_LOSS_REASONS)
    return loss_reasons(session, archived=True)


def offered_reason(session: Session, reason_id: int, field: str) -> LossReason:
    """The reason, if it is offered. Raises InvalidInput at ``field``."""
    reason = session.get(LossReason, reason_id)
    if reason is None or reason.archived_at is not None:
        raise InvalidInput({field: FieldNotUnderstood(value=reason_id, expected=N_("a reason of the list"))})
    return reason


def reason_named(session: Session, text: str) -> int | None:
    """The id of the offered reason of that name, in any spelling of case and spaces; None where it is none."""
    named = (LossReason.name_key == fold(text), LossReason.archived_at.is_(None))
    return session.scalar(select(LossReason.id).where(*named)) if text.strip() else None
