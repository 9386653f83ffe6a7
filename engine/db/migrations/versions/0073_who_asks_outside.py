"""An address that is told of events knows its job, and a mailbox and a bot know when they were last asked.

Jobs that an address has from before are left out: its next one delivers the same, and two at once would both do so.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook", sa.Column("job_id", sa.String(32), nullable=False, server_default=""))
    op.execute("DELETE FROM job WHERE kind = 'webhook' AND state <> 'done'")
    for table in ("mailbox_place", "telegram_bot"):
        op.add_column(table, sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
