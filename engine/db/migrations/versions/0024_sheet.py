"""Texts of history entries with a salt of their own, which can be erased, and nothing else of an entry.

Entries from before have no salt: they stay under the hash that they have, and whole.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_FOR_EVER = "id, deal_id, number, kind, work_item_id, actor_id, actor_name, at, previous_hash, entry_hash"


def upgrade() -> None:
    op.add_column("history_event", sa.Column("salt", sa.Text(), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER history_event_append_only ON history_event")
        for name, when, condition in (
            ("append_only", f"UPDATE OF {_FOR_EVER} OR DELETE", ""),
            ("only_erased", "UPDATE OF data, salt", "WHEN (OLD.salt = '' OR OLD.salt = NEW.salt)"),
        ):
            op.execute(
                f"""
                CREATE TRIGGER history_event_{name} BEFORE {when} ON history_event
                FOR EACH ROW {condition} EXECUTE FUNCTION history_is_append_only()
                """
            )
        return
    op.execute("DROP TRIGGER history_event_no_update")
    for name, columns, condition in (
        ("no_update", _FOR_EVER, ""),
        ("only_erased", "data, salt", "WHEN OLD.salt = '' OR OLD.salt = NEW.salt"),
    ):
        op.execute(
            f"""
            CREATE TRIGGER history_event_{name} BEFORE UPDATE OF {columns} ON history_event {condition}
            BEGIN SELECT RAISE(ABORT, 'history is append-only'); END
            """
        )
