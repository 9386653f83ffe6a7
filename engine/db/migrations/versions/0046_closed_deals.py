"""The forecast finds the deals that ended lately by an index that open deals stay out of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    closed = sa.text("closed_at IS NOT NULL")
    op.create_index(
        "ix_deal_closed", "deal", ["definition_key", "closed_at"], postgresql_where=closed, sqlite_where=closed
    )
