"""Emptying a table deletes as well, and no trigger on rows hears of it: PostgreSQL refuses it where rows are kept.

Before 0052, emptying ``deal`` with whatever refers to it took its history along. Since then it would have left the
history, the notices and the steps behind, about nothing.
"""

from __future__ import annotations

from alembic import op

revision = "0055"
down_revision = "0053"
branch_labels = None
depends_on = None

KEPT = ("deal", "department", "person", "process_instance", "work_item")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    functions = {**dict.fromkeys(KEPT, "row_is_kept"), "history_event": "history_is_append_only"}
    for table, function in functions.items():
        op.execute(
            f"""
            CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {function}()
            """
        )
