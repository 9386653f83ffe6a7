"""Files of deals: each version as a row, the content once by its hash."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_file",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_stored_file"),
    )
    op.create_table(
        "deal_file",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("step_name", sa.String(500), nullable=False),
        sa.Column("added_by_id", ROW_NUMBER, nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_deal_file_deal_id"),
        sa.ForeignKeyConstraint(["sha256"], ["stored_file.sha256"], name="fk_deal_file_sha256"),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name="fk_deal_file_added_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deal_file"),
        sa.UniqueConstraint("deal_id", "name", "version", name="uq_deal_file_deal_id_name_version"),
    )
