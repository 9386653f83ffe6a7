"""The steps that were returned have an index of their own: the daily control looks for deals that came back twice.

It looked through all completed steps for them. What is not returned has no entry in it, so no other step pays for it.
"""

from __future__ import annotations

from alembic import op

revision = "0080"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_work_item_returned ON work_item (completed_at, deal_id) WHERE outcome = 'returned'")
