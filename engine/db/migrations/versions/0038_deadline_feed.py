"""Secret addresses at which calendars fetch their people's deadlines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deadline_feed",
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_deadline_feed_person_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_deadline_feed"),
        sa.UniqueConstraint("token_hash", name="uq_deadline_feed_token_hash"),
    )
