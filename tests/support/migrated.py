"""Databases as an installation has them: made by the migrations, never by the model's metadata."""

from __future__ import annotations

from engine.db.schema import migrate
from engine.db.session import Database


def build_schema(url: str) -> None:
    """Migrate the database at ``url`` to the newest version, and leave no connection to it."""
    database = Database(url)
    try:
        migrate(database)
    finally:
        database.dispose()
