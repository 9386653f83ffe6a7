"""Drafts of maps can be amended: by whom and when, how often, and which version a draft was derived from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = "process_definition"
    op.add_column(table, sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(table, sa.Column("amended_at", sa.DateTime(timezone=True), nullable=True))
    for column, referred in (("amended_by_id", "person"), ("based_on_id", table)):
        if op.get_bind().dialect.name == "postgresql":
            op.add_column(table, sa.Column(column, ROW_NUMBER, nullable=True))
            op.create_foreign_key(f"fk_{table}_{column}", table, referred, [column], ["id"])
        else:  # running deals refer to the table: it is not built anew
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER REFERENCES {referred} (id)")
