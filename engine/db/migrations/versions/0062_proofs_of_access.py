"""A proof by the provider of the company's accounts may serve a change of one's own access, where there is no step.

A proof lasts five minutes: on SQLite, where a column keeps its rule, the table is made anew and they go.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0062"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("provider_proof", "work_item_id", nullable=True)
        return
    op.drop_table("provider_proof")
    op.create_table(
        "provider_proof",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("work_item_id", ROW_NUMBER, nullable=True),
        sa.Column("session_stamp", sa.String(32), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name="pk_provider_proof"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_provider_proof_person_id"),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name="fk_provider_proof_work_item_id"),
    )
    op.create_index("ix_provider_proof_proved", "provider_proof", ["proved_at"])
