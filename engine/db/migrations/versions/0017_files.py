"""Files that people add: their content in pieces, the step that a file was added at, and files that were removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PIECE = 1024 * 1024

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_piece",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["stored_file.sha256"], name="fk_stored_piece_sha256", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sha256", "number", name="pk_stored_piece"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Most of what is kept is compressed already: trying it again would only take time.
        op.execute("ALTER TABLE stored_piece ALTER COLUMN content SET STORAGE EXTERNAL")
    op.add_column("stored_file", sa.Column("size", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column(
        "stored_file",
        sa.Column(
            "touched_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("'2026-01-01 00:00:00.000000'"),
        ),
    )
    _cut_into_pieces()
    op.drop_column("stored_file", "content")
    op.add_column("deal_file", sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        # SQLite takes a reference with a new column only in its own words.
        op.execute(
            "ALTER TABLE deal_file ADD COLUMN work_item_id INTEGER "
            "CONSTRAINT fk_deal_file_work_item_id REFERENCES work_item (id)"
        )
    else:
        op.add_column("deal_file", sa.Column("work_item_id", ROW_NUMBER, nullable=True))
        op.create_foreign_key("fk_deal_file_work_item_id", "deal_file", "work_item", ["work_item_id"], ["id"])
    op.create_index("ix_deal_file_sha256", "deal_file", ["sha256"])


def _cut_into_pieces() -> None:
    """One content at a time: none of those kept so far is larger than a document that a map has made."""
    connection = op.get_bind()
    file = sa.table("stored_file", sa.column("sha256"), sa.column("content", sa.LargeBinary), sa.column("size"))
    piece = sa.table("stored_piece", sa.column("sha256"), sa.column("number"), sa.column("content", sa.LargeBinary))
    for sha256 in connection.scalars(sa.select(file.c.sha256)).all():
        content = bytes(connection.scalar(sa.select(file.c.content).where(file.c.sha256 == sha256)) or b"")
        for number, begin in enumerate(range(0, len(content), PIECE)):
            part = content[begin : begin + PIECE]
            connection.execute(piece.insert().values(sha256=sha256, number=number, content=part))
        connection.execute(file.update().where(file.c.sha256 == sha256).values(size=len(content)))
