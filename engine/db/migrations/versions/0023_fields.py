"""Own fields of clients and contacts with the contacts' values; comments that are being written."""

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
    op.add_column("draft", sa.Column("comment", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "comment_draft",
        sa.Column("work_item_id", ROW_NUMBER, nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name="fk_comment_draft_work_item_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_comment_draft_person_id"),
        sa.PrimaryKeyConstraint("work_item_id", "person_id", name="pk_comment_draft"),
    )


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
