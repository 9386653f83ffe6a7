"""How somebody gets into a company that has no people yet."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.person import Person


def first_command(name: str) -> str:
    """Adds the first administrator and prints a password; it is run where the server is. ``name`` is to be replaced."""
    return f'reglament user add admin --name "{name}" --role administrator'


def has_nobody(session: Session) -> bool:
    """Whether nobody could sign in, whatever they type."""
    return session.scalar(select(Person.id).limit(1)) is None
