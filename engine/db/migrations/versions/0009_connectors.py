"""Steps that are calls: each call as a row; the hosts that may be called, and the secrets that go there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0009"
down_revision = "0008"
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
    op.create_table(
        "call_host",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("host", sa.String(260), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", ROW_NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name="fk_call_host_added_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_call_host"),
        sa.UniqueConstraint("host", name="uq_call_host_host"),
    )
    op.create_table(
        "call_secret",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("host", sa.String(260), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", ROW_NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["set_by_id"], ["person.id"], name="fk_call_secret_set_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_call_secret"),
        sa.UniqueConstraint("name", name="uq_call_secret_name"),
    )
