"""An upgrade of a PostgreSQL database in which others may still be at work: who waits for whom, and for how long.

All tables are locked before anything is changed, in the order of their names, so that nobody who writes meets the
upgrade half-way and keeps from it what it needs next. Readers go on until a table that they read is changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import cycle
from typing import ClassVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from engine.clock import monotonic
from engine.db.session import Database
from engine.errors import N_, DomainError

GIVEN_UP_AFTER_S = 60.0
_PAUSE_S = 0.5
_WAITS_MS = (500, 500, 500, 3_000)
"""How long each try waits for a lock. PostgreSQL ends a command that waits in a circle after a second: before that the
upgrade gives way. Now and then it waits for longer, because only then does PostgreSQL send its own vacuum away."""
_IN_THE_WAY = frozenset({"55P03", "40P01"})  # the lock was not to be had in time, a deadlock
_UPGRADE = 7_239_000  # any constant: the name of a lock

# A table of another owner, an extension's say, is none of ours: no upgrade changes it, and we may not lock it.
_TABLES = text(
    """
    SELECT string_agg(format('%I', relname), ', ' ORDER BY relname COLLATE "C") FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    AND relname <> 'alembic_version' AND pg_has_role(relowner, 'USAGE')
    """
)
_HOLDER = text(
    """
    SELECT concat_ws(', ', 'pid ' || a.pid, host(a.client_addr), l.relation::regclass,
                     extract(epoch FROM clock_timestamp() - a.xact_start)::int || ' s')
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.granted AND a.datname = current_database() AND a.pid <> pg_backend_pid()
    AND l.relation IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r')
    ORDER BY a.xact_start, l.mode DESC LIMIT 1
    """
)


class DatabaseInUse(DomainError):
    """Somebody does not let go of a table.

    ``by`` is who: the id of their process in PostgreSQL, from where, which table, how many seconds their transaction
    has lasted.
    """

    code: ClassVar[str] = "database_in_use"
    template: ClassVar[str] = N_(
        "Nothing was changed: something else is at work in the database (%(by)s). "
        "End it, then run `reglament migrate` again."
    )


def upgrade_when_free(
    database: Database, is_due: Callable[[Connection], bool], upgrade: Callable[[Connection], None]
) -> None:
    """Call ``upgrade`` in a transaction in which nobody else writes; anew, where somebody stood in the way.

    Of several processes one at a time does so, and the others find that it ``is_due`` no more. Raises DatabaseInUse.
    """
    until = monotonic() + GIVEN_UP_AFTER_S
    mode = "EXCLUSIVE"
    for wait_ms in cycle(_WAITS_MS):
        has_all = False
        try:
            with database.migrating() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE})
                if not is_due(connection):
                    return
                connection.execute(text(f"SET LOCAL lock_timeout = {wait_ms}"))
                _lock_all(connection, mode)
                has_all = True
                upgrade(connection)
        except DBAPIError as failure:
            if getattr(failure.orig, "sqlstate", "") not in _IN_THE_WAY:
                raise
            if monotonic() >= until:
                raise DatabaseInUse(by=_holder(database)) from failure
        else:
            return
        if has_all:
            mode = "ACCESS EXCLUSIVE"  # a reader stood in the way of a change: next time they wait from the beginning
        time.sleep(_PAUSE_S)


def _lock_all(connection: Connection, mode: str) -> None:
    tables = connection.scalar(_TABLES)
    if tables is not None:
        connection.execute(text(f"LOCK TABLE {tables} IN {mode} MODE"))


def _holder(database: Database) -> str:
    with database.engine.connect() as connection:
        return str(connection.scalar(_HOLDER) or "?")
