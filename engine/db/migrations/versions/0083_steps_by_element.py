"""How the steps of a map go in work is counted out of one index, which holds all that is counted.

With half a million done steps the page read all of them twice, row by row, and sorted them.
"""

from __future__ import annotations

from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ["element_id", "state", "completed_at", "instance_id", "due_at", "outcome"]
    op.create_index("ix_work_item_element", "work_item", columns)
