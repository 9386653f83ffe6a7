"""The revision of the organisation: people, departments and calendars are kept in memory while it stays the same."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0004_organisation_revision"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "organisation_revision",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation_revision"),
    )
    op.bulk_insert(table, [{"id": 1, "token": uuid.uuid4().hex}])
