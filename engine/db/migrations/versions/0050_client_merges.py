"""Doubles of clients are found by what their names have in common, and are merged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from engine.likeness import LONGEST_LIKENESS, likeness_key

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

BATCH = 5_000


def upgrade() -> None:
    op.add_column("client", sa.Column("likeness", sa.String(LONGEST_LIKENESS), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("client", sa.Column("merged_into_id", ROW_NUMBER, nullable=True))
        op.create_foreign_key("fk_client_merged_into_id", "client", "client", ["merged_into_id"], ["id"])
    else:  # deals and contacts refer to the table: it is not built anew
        op.execute("ALTER TABLE client ADD COLUMN merged_into_id INTEGER REFERENCES client (id)")
    op.create_table(
        "client_merge",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_by_id", sa.BigInteger(), nullable=True),
        sa.Column("merged_at", MOMENT, nullable=False),
        sa.Column("moved", JSON, nullable=False),
        sa.Column("changes", JSON, nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_client_merge"),
    )
    op.create_index("ix_client_merge_kept", "client_merge", ["kept_id", "merged_at"])
    op.create_index("ix_client_merge_merged", "client_merge", ["merged_id"])
    op.create_table(
        "not_double",
        sa.Column("low_id", sa.BigInteger(), nullable=False),
        sa.Column("high_id", sa.BigInteger(), nullable=False),
        sa.Column("said_by_id", sa.BigInteger(), nullable=True),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("low_id", "high_id", name="pk_not_double"),
    )
    _compare_names()
    op.create_index("ix_client_likeness", "client", ["likeness"])
    op.create_index("ix_client_merged_into_id", "client", ["merged_into_id"])


def _compare_names() -> None:
    connection = op.get_bind()
    clients = sa.table("client", sa.column("id"), sa.column("name"), sa.column("likeness"))
    put = clients.update().where(clients.c.id == sa.bindparam("of")).values(likeness=sa.bindparam("key"))
    last = -1
    while found := connection.execute(
        sa.select(clients.c.id, clients.c.name).where(clients.c.id > last).order_by(clients.c.id).limit(BATCH)
    ).all():
        connection.execute(put, [{"of": row.id, "key": likeness_key(row.name)} for row in found])
        last = found[-1].id
