"""Trying a map before anyone works by it: practice deals, and rules that every version has to keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "practice",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("definition_id", ROW_NUMBER, nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("actions", JSON, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["process_definition.id"], name="fk_practice_definition_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_practice_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_practice"),
    )
    for column in ("definition_id", "person_id", "touched_at"):
        op.create_index(f"ix_practice_{column}", "practice", [column])

    op.create_table(
        "map_rule",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("map_key", sa.String(200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("given", JSON, nullable=False),
        sa.Column("expected", JSON, nullable=False),
        sa.Column("created_by_id", ROW_NUMBER, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name="fk_map_rule_created_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_map_rule"),
        sa.UniqueConstraint("map_key", "position", name="uq_map_rule_map_key_position"),
    )
