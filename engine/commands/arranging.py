"""Changes of who stands above or in for whom, and of what is used: one at a time, each on what the last one left.

No circle is closed by two who look at once, and nothing is put away that somebody takes into use meanwhile.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

_ARRANGING = 7_239_002  # any constant: the name of the lock


def take_turn_arranging(session: Session) -> None:
    """Wait for whoever arranges something, until their commit. On SQLite there is one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_ARRANGING)))
