"""Accounts of the company's provider by which people sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "linked_account",
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("mail", sa.String(254), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_linked_account_person_id"),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_linked_account"),
        sa.UniqueConstraint("person_id", "issuer", name="uq_linked_account_person_id"),
    )
    op.create_table(
        "sign_in_rule",
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("issuer", name="pk_sign_in_rule"),
    )
