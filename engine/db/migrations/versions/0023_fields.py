"""Own fields of clients and contacts: what they are, and the contacts' values."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB, "postgresql")
COUNT = "UPDATE company_revision SET number = number + 1 WHERE id = 1"

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_field",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("subject", sa.String(24), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_own_field"),
        sa.UniqueConstraint("subject", "name", name="uq_own_field_subject_name"),
    )
    op.add_column("contact", sa.Column("fields", JSON, nullable=False, server_default="{}"))
    _count_changes()


def _count_changes() -> None:
    """They are a part of the company that every step knows, as people and calendars are."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE CONSTRAINT TRIGGER own_field_counts_revision AFTER INSERT OR UPDATE OR DELETE ON own_field
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_company_revision()
            """
        )
        return
    for action in ("INSERT", "UPDATE", "DELETE"):
        op.execute(
            f"""
            CREATE TRIGGER own_field_{action.lower()}_counts_revision AFTER {action} ON own_field
            BEGIN {COUNT}; END
            """
        )
