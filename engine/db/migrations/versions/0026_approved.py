"""What approvals of a running deal were given for, kept with its instance: see ``ProcessInstance.approved``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("process_instance", sa.Column("approved", json, nullable=True))
