"""Letters about changes of somebody's access: whoever did not make one learns of it, whatever letters they have chosen.

What is written is decided here, in the transaction of the change; a worker words and sends it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from engine.db.outbox import enqueue
from engine.model.person import Person
from engine.policy.permissions import Actor

ACCESS_LETTER = "access_letter"
"""The kind of an outbox job: payload ``person_id``, ``to`` an address, ``change`` of AccessChange, ``at`` an instant in
ISO 8601, ``by_id`` of who changed it (None for the machinery), and ``name`` of what it is about."""


class AccessChange(StrEnum):
    """The words for people stand in tasks/access_letters.py."""

    EMAIL_CHANGED = "email_changed"
    TOKEN_CREATED = "token_created"  # noqa: S105  # a word
    AUTHENTICATOR_ADDED = "authenticator_added"
    AUTHENTICATOR_REMOVED = "authenticator_removed"


def tell_of_access(
    session: Session, person: Person, change: AccessChange, *, to: str, actor: Actor, at: datetime, name: str = ""
) -> None:
    """Have a letter sent to the address ``to`` about a change of the access of ``person``; to no address, none."""
    if not to.strip():
        return
    payload = {
        "person_id": person.id,
        "to": to.strip(),
        "change": change.value,
        "at": at.isoformat(),
        "by_id": actor.recorded_id,
        "name": name,
    }
    enqueue(session, ACCESS_LETTER, payload, at=at)
