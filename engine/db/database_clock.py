"""The clock of an installation: all its processes, on however many machines, go by that of the database."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from engine.clock import Clock, SteadyClock, SystemClock, as_utc
from engine.db.glance import glance
from engine.db.session import Database


def installation_clock(database: Database) -> Clock:
    """On PostgreSQL the server's clock, on SQLite the machine's; in both cases one that does not follow a jump."""
    if database.is_sqlite:
        return SteadyClock(SystemClock().now)
    return SteadyClock(lambda: as_utc(cast("datetime", glance(database, "SELECT clock_timestamp()"))))
