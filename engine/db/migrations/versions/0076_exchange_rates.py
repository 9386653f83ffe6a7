"""Sums of several currencies are added up in the company's own, by the rate of a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company_currency",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("asks_bank", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(24), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_company_currency"),
    )
    op.create_table(
        "exchange_rate",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("into_currency", sa.String(3), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(24), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exchange_rate"),
        sa.UniqueConstraint("into_currency", "currency", "day", name="uq_exchange_rate_into_currency_currency_day"),
    )
    op.create_index("ix_exchange_rate_since", "exchange_rate", ["into_currency", "currency", "since"])
