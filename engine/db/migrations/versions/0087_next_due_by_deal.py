"""SQLite finds when a deal's next step is due among the steps of that deal, not among all that are open.

SQLite has no statistics here. For ``min(due_at)`` it chose the index that has the dates in order and read all open
steps of the company, twice with each step that was done: 2.5 ms each among 50,000. What is not a bare column (``+``) it
looks for by the deal's own index. PostgreSQL counts its rows, and does so already.
"""

from __future__ import annotations

from alembic import op

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

LIVE = "('open', 'claimed')"
NEAREST = f"(SELECT min(+due_at) FROM work_item WHERE deal_id = NEW.deal_id AND state IN {LIVE})"  # noqa: S608  # constants


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("DROP TRIGGER work_item_update_finds_next_due")
    op.execute(
        f"""
        CREATE TRIGGER work_item_update_finds_next_due AFTER UPDATE OF state, due_at ON work_item
        WHEN (OLD.state IN {LIVE}) <> (NEW.state IN {LIVE})
            OR (NEW.state IN {LIVE} AND OLD.due_at IS NOT NEW.due_at)
        BEGIN
            UPDATE deal SET next_due_at = {NEAREST} WHERE id = NEW.deal_id AND next_due_at IS NOT {NEAREST};
        END
        """  # noqa: S608  # constants
    )
