"""The link by which somebody chooses a password, as whoever opens it finds it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import N_, DomainError
from engine.model.password_link import PasswordLink
from engine.model.person import Person
from engine.queries.mail_links import hash_of_token


class PasswordLinkOver(DomainError):
    """It was used, is too old, another way of setting the password was quicker, or it never existed."""

    code: ClassVar[str] = "password_link_over"
    template: ClassVar[str] = N_("It was used, it is too old, or the password was set meanwhile. Ask for a new one.")


def person_of_link(session: Session, token: str, now: datetime) -> Person:
    """Whose password the link sets. Raises PasswordLinkOver, which does not tell why."""
    person = session.scalar(
        select(Person)
        .join(PasswordLink, PasswordLink.person_id == Person.id)
        .where(
            PasswordLink.token_hash == hash_of_token(token),
            PasswordLink.expires_at > now,
            PasswordLink.session_stamp == Person.session_stamp,
            Person.is_active,
        )
    )
    if person is None:
        raise PasswordLinkOver
    return person
