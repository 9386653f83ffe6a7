"""Deals get a key by which their titles are sorted as the Ukrainian alphabet goes, the same on both databases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.alphabet import LONGEST_KEY, sort_key

SORT_KEY = sa.String(LONGEST_KEY).with_variant(sa.String(LONGEST_KEY, collation="C"), "postgresql")

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

BATCH = 5_000


def upgrade() -> None:
    op.add_column("deal", sa.Column("sort_key", SORT_KEY, nullable=False, server_default=""))
    op.drop_index("ix_deal_result_title", table_name="deal")
    _put_in_order()
    op.create_index("ix_deal_result_sort_key", "deal", ["result", "sort_key", "id"])


def _put_in_order() -> None:
    connection = op.get_bind()
    deals = sa.table("deal", sa.column("id"), sa.column("title"), sa.column("sort_key"))
    put = deals.update().where(deals.c.id == sa.bindparam("of")).values(sort_key=sa.bindparam("key"))
    last = -1
    while found := connection.execute(
        sa.select(deals.c.id, deals.c.title).where(deals.c.id > last).order_by(deals.c.id).limit(BATCH)
    ).all():
        connection.execute(put, [{"of": row.id, "key": sort_key(row.title)} for row in found])
        last = found[-1].id
