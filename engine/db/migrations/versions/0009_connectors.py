"""Steps that are calls: each call as a row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0009"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_call",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("instance_id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=False),
        sa.Column("activity_id", sa.String(32), nullable=False),
        sa.Column("element_id", sa.String(200), nullable=False),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("connector", sa.String(24), nullable=False),
        sa.Column("topic", sa.String(200), nullable=False),
        sa.Column("target", sa.String(300), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_owner", sa.String(200), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_deal_id", ROW_NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_service_call_deal_id"),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_service_call_instance_id"),
        sa.ForeignKeyConstraint(["opened_deal_id"], ["deal.id"], name="fk_service_call_opened_deal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_service_call"),
        sa.UniqueConstraint("instance_id", "activity_id", name="uq_service_call_instance_id_activity_id"),
    )
    op.create_index("ix_service_call_deal_id", "service_call", ["deal_id"])
    op.create_index("ix_service_call_opened_deal_id", "service_call", ["opened_deal_id"])
    op.create_index("ix_service_call_topic_due", "service_call", ["connector", "state", "topic", "due_at"])
    op.create_index("ix_service_call_done", "service_call", ["state", "done_at"])
