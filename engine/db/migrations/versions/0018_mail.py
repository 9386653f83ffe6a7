"""Mail: notices, letters, their links and replies, and how each person wants to be written to.

Letters about deadlines that an older version had decided and not yet sent become notices.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
KINDS = {"step_reminder": "deadline_near", "step_late": "step_late", "step_reassigned": "step_handed"}

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=True),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        *_references("letter", person_id="person", deal_id="deal"),
        sa.PrimaryKeyConstraint("id", name="pk_letter"),
        sa.UniqueConstraint("key", name="uq_letter_key"),
    )
    op.create_index("ix_letter_state_written", "letter", ["state", "written_at"])
    op.create_index("ix_letter_person", "letter", ["person_id"])
    notice = op.create_table(
        "notice",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=True),
        sa.Column("department_id", ROW_NUMBER, nullable=True),
        sa.Column("deal_id", ROW_NUMBER, nullable=True),
        sa.Column("work_item_id", ROW_NUMBER, nullable=True),
        sa.Column("by_id", ROW_NUMBER, nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("letter_id", ROW_NUMBER, nullable=True),
        *_references(
            "notice",
            person_id="person",
            department_id="department",
            deal_id="deal",
            work_item_id="work_item",
            by_id="person",
            letter_id="letter",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index("ix_notice_state_due", "notice", ["state", "due_at"])
    op.create_index("ix_notice_person_state", "notice", ["person_id", "state"])
    op.create_index("ix_notice_letter", "notice", ["letter_id"])
    _create_links_and_replies()
    op.create_table(
        "mail_choice",
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("deliveries", JSON, nullable=False),
        sa.Column("digest_times", JSON, nullable=False),
        sa.Column("keeps_quiet", sa.Boolean(), nullable=False),
        *_references("mail_choice", person_id="person"),
        sa.PrimaryKeyConstraint("person_id", name="pk_mail_choice"),
    )
    _take_over_letters(notice)


def _create_links_and_replies() -> None:
    op.create_table(
        "mail_link",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("letter_id", ROW_NUMBER, nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("work_item_id", ROW_NUMBER, nullable=False),
        sa.Column("item_version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(200), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        *_references("mail_link", letter_id="letter", person_id="person", work_item_id="work_item"),
        sa.PrimaryKeyConstraint("id", name="pk_mail_link"),
        sa.UniqueConstraint("token_hash", name="uq_mail_link_token_hash"),
    )
    op.create_index("ix_mail_link_work_item", "mail_link", ["work_item_id"])
    op.create_index("ix_mail_link_expires", "mail_link", ["expires_at"])
    op.create_table(
        "proposed_decision",
        sa.Column("work_item_id", ROW_NUMBER, nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("outcome", sa.String(200), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        *_references("proposed_decision", work_item_id="work_item", person_id="person"),
        sa.PrimaryKeyConstraint("work_item_id", "person_id", name="pk_proposed_decision"),
    )
    op.create_table(
        "received_mail",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("became", sa.String(24), nullable=False),
        sa.Column("letter_id", ROW_NUMBER, nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        *_references("received_mail", letter_id="letter"),
        sa.PrimaryKeyConstraint("id", name="pk_received_mail"),
    )
    op.create_index("ix_received_mail_received", "received_mail", ["received_at"])
    op.create_index("ix_received_mail_letter", "received_mail", ["letter_id"])
    op.create_table(
        "mailbox_place",
        sa.Column("mailbox", sa.String(300), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name="pk_mailbox_place"),
    )


def _references(table: str, **columns: str) -> Iterable[sa.ForeignKeyConstraint]:
    for column, other in columns.items():
        yield sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def _take_over_letters(notice: sa.Table) -> None:
    job = sa.table(
        "job",
        sa.column("id", sa.String),
        sa.column("kind", sa.String),
        sa.column("state", sa.String),
        sa.column("payload", JSON),
        sa.column("created_at", MOMENT),
        sa.column("due_at", MOMENT),
    )
    work_item = sa.table("work_item", sa.column("id", sa.BigInteger), sa.column("deal_id", sa.BigInteger))
    of_mail = sa.and_(job.c.kind == "mail", job.c.state == "queued")
    connection = op.get_bind()
    for one in connection.execute(sa.select(job).where(of_mail)).all():
        item_id = one.payload["work_item_id"]
        deal_id = connection.scalar(sa.select(work_item.c.deal_id).where(work_item.c.id == item_id))
        connection.execute(
            sa.insert(notice).values(
                kind=KINDS[one.payload["notice"]],
                state="new",
                person_id=one.payload["person_id"],
                work_item_id=item_id,
                deal_id=deal_id,
                details={},
                created_at=one.created_at,
                due_at=one.created_at,
            )
        )
    connection.execute(sa.delete(job).where(of_mail))
