"""A sign-in that stands for many tries says for how many."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("tries", sa.Integer(), nullable=False, server_default="1"))
