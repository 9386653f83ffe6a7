"""Servers outside that are asked for news: of all workers one at a time asks, as often as if it were the only one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.db.base import Base

ALWAYS = timedelta(0)
"""It may be asked although it has just been."""


def may_ask(asked_at: datetime | None, lease_until: datetime | None, *, every: timedelta, at: datetime) -> bool:
    """Whether a worker may ask at ``at``: nobody is reading, and nobody began to less than ``every`` ago.

    A moment in the future is one of a clock that was put back since: it keeps nobody from asking.
    """
    is_read = lease_until is not None and lease_until > at
    was_asked = asked_at is not None and ALWAYS <= at - asked_at < every
    return not is_read and not was_asked


def add_unless_there(session: Session, model: type[Base], values: Mapping[str, Any]) -> None:
    """Insert the row of a server, unless another worker does so at the same moment."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(model).values(values).on_conflict_do_nothing())
