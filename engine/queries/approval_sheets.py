"""The approval sheet of a deal, from its chain of history."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.policy.approval_sheet import ApprovalSheet, sheet_of
from engine.policy.permissions import Actor
from engine.queries.deal_history import ensure_visible_deal
from engine.queries.history import chain_entries
from engine.queries.history_signatures import signatures_of_deal, signing_keys


def approval_sheet(session: Session, actor: Actor, deal_id: int) -> ApprovalSheet:
    """Every decision so far, with the chain that proves it. Raises NotFound."""
    ensure_visible_deal(session, actor, deal_id)
    return whole_sheet(session, deal_id)


def whole_sheet(session: Session, deal_id: int) -> ApprovalSheet:
    """The sheet of a deal that the caller has already found visible."""
    entries = tuple(chain_entries(session, deal_id))
    return sheet_of(deal_id, entries, signatures_of_deal(session, deal_id), signing_keys(session))
