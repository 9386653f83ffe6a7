"""Reports are saved under a name, and sent to who saved them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_report",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("report", sa.String(24), nullable=False),
        sa.Column("filters", JSON, nullable=False),
        sa.Column("rhythm", sa.String(24), nullable=True),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(5), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_report"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_saved_report_person_id"),
        sa.UniqueConstraint("person_id", "name_key", name="uq_saved_report_person_id_name_key"),
    )
    op.create_index("ix_saved_report_next_at", "saved_report", ["next_at"])
