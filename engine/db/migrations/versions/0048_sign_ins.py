"""Sign-ins and tries at them are recorded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("way", sa.String(24), nullable=True),
        sa.Column("person_id", ROW_NUMBER, nullable=True),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("browser", sa.String(100), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("by_id", ROW_NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_sign_in_person_id"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_sign_in_by_id"),
    )
    op.create_index("ix_sign_in_at", "sign_in", ["at"])
    op.create_index("ix_sign_in_person", "sign_in", ["person_id", "at"])
    op.create_index("ix_sign_in_kind", "sign_in", ["kind", "at"])
