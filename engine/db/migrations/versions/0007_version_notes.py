"""Why a version of a map was published, in the words of who published it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("process_definition", sa.Column("published_note", sa.Text(), nullable=False, server_default=""))
