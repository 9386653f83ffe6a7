"""The approval sheet of a deal, from its chain of history."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.policy.approval_sheet import ApprovalSheet, sheet_of
from engine.policy.permissions import Actor
from engine.queries.deal_history import ensure_visible_deal
from engine.queries.history import chain_entries


def approval_sheet(session: Session, actor: Actor, deal_id: int) -> ApprovalSheet:
    """Every decision so far, with the chain that proves it. Raises NotFound."""
    ensure_visible_deal(session, actor, deal_id)
    return sheet_of(deal_id, tuple(chain_entries(session, deal_id)))
