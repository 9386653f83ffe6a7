"""Whether a transaction stands before a lock of PostgreSQL: what tests wait for instead of sleeping."""

from __future__ import annotations

from sqlalchemy import text

from engine.db.session import Database

_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def somebody_waits(database: Database) -> bool:
    with database.read() as session:
        return bool(session.scalar(_WAITING))
