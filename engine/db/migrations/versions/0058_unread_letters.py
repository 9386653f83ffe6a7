"""Letters of clients that nobody has read yet; those that came before count as read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

UNREAD = sa.text("unread_since IS NOT NULL")


def upgrade() -> None:
    op.add_column("client_letter", sa.Column("unread_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_client_letter_unread", "client_letter", ["deal_id"], postgresql_where=UNREAD, sqlite_where=UNREAD
    )
