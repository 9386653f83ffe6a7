"""How somebody gets into a company that has no people yet."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.person import Person

COMMAND = 'reglament user add admin --name "Your Name" --role administrator'
"""Adds the first administrator and prints a password; it is run where the server is."""


def has_nobody(session: Session) -> bool:
    """Whether nobody could sign in, whatever they type."""
    return session.scalar(select(Person.id).limit(1)) is None
