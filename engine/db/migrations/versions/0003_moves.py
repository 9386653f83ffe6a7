"""Moving running deals to another version of their map."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "version_move",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("definition_id", ROW_NUMBER, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("deadlines", sa.String(24), nullable=False),
        sa.Column("holders", sa.String(24), nullable=False),
        sa.Column("choices", JSON, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("requested_by_id", ROW_NUMBER, nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["definition_id"], ["process_definition.id"], name="fk_version_move_definition_id"),
        sa.ForeignKeyConstraint(["requested_by_id"], ["person.id"], name="fk_version_move_requested_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_version_move"),
    )
    op.create_index("ix_version_move_definition_id", "version_move", ["definition_id"])

    op.create_table(
        "moved_deal",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("move_id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=False),
        sa.Column("instance_id", ROW_NUMBER, nullable=False),
        sa.Column("from_definition_id", ROW_NUMBER, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("reason", JSON, nullable=True),
        sa.Column("before", JSON, nullable=True),
        sa.Column("state_before", sa.LargeBinary(), nullable=True),
        sa.Column("instance_version", sa.Integer(), nullable=True),
        sa.Column("history_number", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_moved_deal_deal_id"),
        sa.ForeignKeyConstraint(
            ["from_definition_id"], ["process_definition.id"], name="fk_moved_deal_from_definition_id"
        ),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_moved_deal_instance_id"),
        sa.ForeignKeyConstraint(["move_id"], ["version_move.id"], name="fk_moved_deal_move_id"),
        sa.PrimaryKeyConstraint("id", name="pk_moved_deal"),
        sa.UniqueConstraint("move_id", "instance_id", name="uq_moved_deal_move_id_instance_id"),
    )
    op.create_index("ix_moved_deal_deal_id", "moved_deal", ["deal_id"])
    op.create_index("ix_moved_deal_move_state", "moved_deal", ["move_id", "state", "id"])
