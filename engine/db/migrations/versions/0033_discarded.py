"""Drafts of maps that were thrown away: their numbers, which must never be given to another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0033"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discarded_draft",
        sa.Column("definition_id", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("discarded_by_id", ROW_NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["discarded_by_id"], ["person.id"], name="fk_discarded_draft_discarded_by_id"),
        sa.PrimaryKeyConstraint("definition_id", name="pk_discarded_draft"),
    )
    op.create_index("ix_discarded_draft_key", "discarded_draft", ["key"])
