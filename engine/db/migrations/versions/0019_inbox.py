"""How a person wants a list to look, kept across devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "list_choice",
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("list_name", sa.String(64), nullable=False),
        sa.Column("chosen", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_list_choice_person_id"),
        sa.PrimaryKeyConstraint("person_id", "list_name", name="pk_list_choice"),
    )
