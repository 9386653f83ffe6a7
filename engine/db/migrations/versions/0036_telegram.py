"""Notices in Telegram: chats of people, codes that link them, the place in the bot's updates; letters by channel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "telegram_chat",
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.Column("ended", sa.String(24), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_telegram_chat_person_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_telegram_chat"),
        sa.UniqueConstraint("chat_id", name="uq_telegram_chat_chat_id"),
    )
    op.create_table(
        "telegram_code",
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_telegram_code_person_id"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_telegram_code"),
    )
    op.create_index("ix_telegram_code_person", "telegram_code", ["person_id"])
    op.create_index("ix_telegram_code_expires", "telegram_code", ["expires_at"])
    op.create_table(
        "telegram_bot",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("last_update", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_telegram_bot"),
    )
    op.add_column("letter", sa.Column("channel", sa.String(24), nullable=False, server_default="mail"))
    op.add_column("letter", sa.Column("may_have_left", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("mail_choice", sa.Column("places", JSON, nullable=False, server_default="{}"))
