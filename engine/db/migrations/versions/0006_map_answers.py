"""What a map leaves open is asked: the questions of each version, and the answers remembered per map."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("process_definition", sa.Column("questions", JSON, nullable=False, server_default="[]"))
    op.create_table(
        "map_answer",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("map_key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("element_id", sa.String(300), nullable=False),
        sa.Column("element_name", sa.String(300), nullable=False),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.Column("label", sa.String(300), nullable=False),
        sa.Column("definition_id", ROW_NUMBER, nullable=False),
        sa.Column("answered_by_id", ROW_NUMBER, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["process_definition.id"], name="fk_map_answer_definition_id"),
        sa.ForeignKeyConstraint(["answered_by_id"], ["person.id"], name="fk_map_answer_answered_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_map_answer"),
        sa.UniqueConstraint("map_key", "kind", "element_id", name="uq_map_answer_map_key_kind_element_id"),
    )
    op.create_index("ix_map_answer_definition_id", "map_answer", ["definition_id"])
