"""Alembic's entry: runs on the connection that ``engine.db.schema`` hands over."""

from __future__ import annotations

from alembic import context

import engine.model  # noqa: F401  # registers every table
from engine.db.base import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    include_object=lambda _object, name, kind, _reflected, _other: (
        not (kind == "table" and str(name).startswith("fts_"))
    ),
)
with context.begin_transaction():
    context.run_migrations()
