"""Why deals end without a sale is chosen from a list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0043"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loss_reason",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_loss_reason"),
        sa.UniqueConstraint("name_key", name="uq_loss_reason_name_key"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("deal", sa.Column("loss_reason_id", ROW_NUMBER, nullable=True))
        op.create_foreign_key("fk_deal_loss_reason_id", "deal", "loss_reason", ["loss_reason_id"], ["id"])
    else:  # steps and history refer to the table: it is not built anew
        op.execute("ALTER TABLE deal ADD COLUMN loss_reason_id INTEGER REFERENCES loss_reason (id)")
