"""People write to the client inside the deal, and the client's answers come there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
VALUES = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "client_letter",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=False),
        sa.Column("key", sa.String(32), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=True),
        sa.Column("sender", sa.String(254), nullable=False),
        sa.Column("sender_name", sa.String(200), nullable=False),
        sa.Column("is_known", sa.Boolean(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("receivers", VALUES, nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quoted", sa.Text(), nullable=False),
        sa.Column("file_ids", VALUES, nullable=False),
        sa.Column("left_out", VALUES, nullable=False),
        sa.Column("answers_id", ROW_NUMBER, nullable=True),
        sa.Column("message_id", sa.String(300), nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_client_letter"),
        sa.UniqueConstraint("key", name="uq_client_letter_key"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_client_letter_deal_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_client_letter_person_id"),
        sa.ForeignKeyConstraint(["answers_id"], ["client_letter.id"], name="fk_client_letter_answers_id"),
    )
    op.create_index("ix_client_letter_deal", "client_letter", ["deal_id", "id"])
    op.create_index("ix_client_letter_answers", "client_letter", ["answers_id"])
