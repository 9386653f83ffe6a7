"""Deals and steps of clients that were renamed before are found by the new name: a worker looks through all of them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

DUE = datetime(2026, 1, 1, tzinfo=UTC)  # long ago: at once


def upgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT 1 FROM deal LIMIT 1")) is None:
        return
    job = sa.table(
        "job",
        sa.column("id", sa.String),
        sa.column("kind", sa.String),
        sa.column("payload", sa.JSON),
        sa.column("state", sa.String),
        sa.column("due_at", sa.DateTime(timezone=True)),
        sa.column("attempts", sa.Integer),
        sa.column("last_error", sa.Text),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    everything = {"client_id": None, "after": 0}
    op.bulk_insert(
        job,
        [
            {
                "id": uuid.uuid4().hex,
                "kind": "search_texts",
                "payload": everything,
                "state": "queued",
                "due_at": DUE,
                "attempts": 0,
                "last_error": "",
                "created_at": DUE,
            }
        ],
    )
