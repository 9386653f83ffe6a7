"""Whether a password that was right signs its person in."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.model.person import Person
from engine.queries.linked_accounts import ensure_password_signs_in
from webui.request_context import services


def ensure_password_opens(session: Session, person: Person) -> None:
    """Raises OnlyThroughProvider."""
    provider = services().provider
    if provider is not None:
        ensure_password_signs_in(session, person.id, provider.given.issuer, provider.name)
