"""Whether there is room for a demo company. Apart from it, because every start asks and few load one."""

from __future__ import annotations

from sqlalchemy import select

from engine.db.session import Database
from engine.model.person import Person


def is_empty(database: Database) -> bool:
    """Whether nobody works here yet."""
    with database.read() as session:
        return session.scalar(select(Person.id).limit(1)) is None
