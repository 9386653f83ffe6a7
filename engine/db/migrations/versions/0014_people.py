"""Who does what with whom: turns of departments, steps handed on, questions to others, mentions, watched deals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("department", sa.Column("distribution", sa.String(24), nullable=True))
    op.create_table(
        "department_turn",
        sa.Column("department_id", ROW_NUMBER, nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_department_turn_department_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_department_turn_person_id"),
        sa.PrimaryKeyConstraint("department_id", name="pk_department_turn"),
    )
    op.add_column("deal", sa.Column("watchers", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "watch",
        sa.Column("deal_id", ROW_NUMBER, nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_watch_deal_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_watch_person_id"),
        sa.PrimaryKeyConstraint("deal_id", "person_id", name="pk_watch"),
    )
    op.create_index("ix_watch_person_id", "watch", ["person_id"])
    op.create_table(
        "delegation",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("work_item_id", ROW_NUMBER, nullable=False),
        sa.Column("by_id", ROW_NUMBER, nullable=False),
        sa.Column("from_id", ROW_NUMBER, nullable=True),
        sa.Column("to_id", ROW_NUMBER, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name="fk_delegation_work_item_id"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_delegation_by_id"),
        sa.ForeignKeyConstraint(["from_id"], ["person.id"], name="fk_delegation_from_id"),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name="fk_delegation_to_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delegation"),
    )
    op.create_index("ix_delegation_work_item_id", "delegation", ["work_item_id"])
    op.create_table(
        "consultation",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("work_item_id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=False),
        sa.Column("asked_by_id", ROW_NUMBER, nullable=False),
        sa.Column("asked_id", ROW_NUMBER, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by_id", ROW_NUMBER, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name="fk_consultation_work_item_id"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_consultation_deal_id"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name="fk_consultation_asked_by_id"),
        sa.ForeignKeyConstraint(["asked_id"], ["person.id"], name="fk_consultation_asked_id"),
        sa.ForeignKeyConstraint(["answered_by_id"], ["person.id"], name="fk_consultation_answered_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consultation"),
    )
    op.create_index("ix_consultation_work_item_id", "consultation", ["work_item_id"])
    op.create_index("ix_consultation_asked", "consultation", ["asked_id", "answered_at", "deal_id"])
    op.create_index("ix_consultation_asked_by", "consultation", ["asked_by_id", "read_at"])
    op.create_table(
        "mention",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_mention_deal_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_mention_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mention"),
        sa.UniqueConstraint("deal_id", "number", "person_id", name="uq_mention_deal_id_number_person_id"),
    )
    op.create_index("ix_mention_person_id", "mention", ["person_id", "read_at"])
