"""Drafts of maps that were thrown away: their numbers, which must never be given to another one.

Names get a key by which they are sorted as the Ukrainian alphabet goes, the same on both databases.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.alphabet import LONGEST_KEY, sort_key

SORT_KEY = sa.String(LONGEST_KEY).with_variant(sa.String(LONGEST_KEY, collation="C"), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0033"
down_revision = "0030"
branch_labels = None
depends_on = None

NAMED = {"person": "full_name", "department": "name", "client": "name", "contact": "full_name"}
BATCH = 5_000


def upgrade() -> None:
    op.create_table(
        "discarded_draft",
        sa.Column("definition_id", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("discarded_by_id", ROW_NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["discarded_by_id"], ["person.id"], name="fk_discarded_draft_discarded_by_id"),
        sa.PrimaryKeyConstraint("definition_id", name="pk_discarded_draft"),
    )
    op.create_index("ix_discarded_draft_key", "discarded_draft", ["key"])
    for table, name in NAMED.items():
        op.add_column(table, sa.Column("sort_key", SORT_KEY, nullable=False, server_default=""))
        _put_in_order(table, name)
    op.create_index("ix_client_sort_key", "client", ["sort_key", "id"])
    op.create_index("ix_contact_sort_key", "contact", ["sort_key", "id"])


def _put_in_order(table: str, name: str) -> None:
    connection = op.get_bind()
    rows = sa.table(table, sa.column("id"), sa.column(name), sa.column("sort_key"))
    put = rows.update().where(rows.c.id == sa.bindparam("of")).values(sort_key=sa.bindparam("key"))
    last = -1
    while found := connection.execute(
        sa.select(rows.c.id, rows.c[name]).where(rows.c.id > last).order_by(rows.c.id).limit(BATCH)
    ).all():
        connection.execute(put, [{"of": row.id, "key": sort_key(row[1])} for row in found])
        last = found[-1].id
