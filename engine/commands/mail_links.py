"""Links in letters that lead to one decision: random, kept as a hash, for one person, once, and not for ever."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from engine.db.work_session import append
from engine.model.letter import MailLink
from engine.queries.decision_contents import DecisionContent

LINKS_LAST = timedelta(days=14)
_RANDOM_BYTES = 32


def make_link(
    session: Session,
    content: DecisionContent,
    *,
    letter_id: int,
    person_id: int,
    outcome: str = "",
    comment: str = "",
    at: datetime,
) -> str:
    """A new token for the decision about one step with this content. It is nowhere but in the answer."""
    token = secrets.token_urlsafe(_RANDOM_BYTES)
    append(
        session,
        MailLink,
        token_hash=hash_of_token(token),
        letter_id=letter_id,
        person_id=person_id,
        work_item_id=content.work_item_id,
        item_version=content.version,
        content_hash=content.hash,
        outcome=outcome,
        comment=comment,
        created_at=at,
        expires_at=at + LINKS_LAST,
        used_at=None,
    )
    return token


def hash_of_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
