"""Files whose content was erased: when and by whom; the rows stay, so that what was decided on them can be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stored_file", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("deal_file", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        # SQLite takes a reference with a new column only in its own words.
        op.execute(
            "ALTER TABLE deal_file ADD COLUMN erased_by_id INTEGER "
            "CONSTRAINT fk_deal_file_erased_by_id REFERENCES person (id)"
        )
    else:
        op.add_column("deal_file", sa.Column("erased_by_id", ROW_NUMBER, nullable=True))
        op.create_foreign_key("fk_deal_file_erased_by_id", "deal_file", "person", ["erased_by_id"], ["id"])
