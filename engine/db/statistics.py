"""What PostgreSQL knows of how many rows its tables have, learnt anew where much was written at once.

It learns by itself within a minute, and until then reads a filled table by the plan of a nearly empty one. Statements
that are prepared already are planned anew with what it learns.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from sqlalchemy import bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from engine.db.session import Database

FEWEST = 200
"""Rows written at once: of fewer, no plan goes wrong by much."""
_SHARE = 10
"""New is one row in so many, as PostgreSQL itself has it; of a larger table its plans stay right."""

OF_DEALS = ("deal", "client", "process_instance", "work_item", "timer", "history_event", "fts_deal", "fts_work_item")
OF_CLIENTS = ("client", "contact", "client_note", "client_import_row", "history_event")
"""Tables that fill with deals, and with clients from elsewhere."""

_OUTGROWN = text(
    "SELECT relname FROM pg_class WHERE oid IN (SELECT to_regclass(one) FROM unnest(CAST(:tables AS text[])) AS one)"
    " AND greatest(reltuples, 0) < :most ORDER BY relname"
).bindparams(bindparam("tables"), bindparam("most"))

_logger = logging.getLogger(__name__)


def learn_of_rows(database: Database, tables: Collection[str], written: int) -> tuple[str, ...]:
    """Have the ``tables`` analysed of which about ``written`` new rows are a tenth or more; those that were.

    Call it after the commit: it is no part of what was written, holds up nobody, and leaves a table to whoever analyses
    it at the moment. Where it fails, PostgreSQL learns by itself. SQLite chooses its indexes without statistics.
    """
    if database.is_sqlite or written < FEWEST:
        return ()
    try:
        return _learn(database, tables, written)
    except SQLAlchemyError as failure:  # what was written is: who wrote it must not be told that it failed
        _logger.warning("The tables are not analysed: %s", failure)
        return ()


def _learn(database: Database, tables: Collection[str], written: int) -> tuple[str, ...]:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        found = connection.scalars(_OUTGROWN, {"tables": list(tables), "most": written * _SHARE})
        outgrown = tuple(found)
        if outgrown:
            connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {', '.join(outgrown)}")
    return outgrown
