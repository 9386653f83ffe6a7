"""PostgreSQL keeps the references of steps, history, notices and timers by letting nobody delete what they refer to.

Looking each of them up took a sixth of its work on a completed step: twenty rows locked, of which no command ever
deletes one, and four people's rows that every transaction of a company locks at once. SQLite looks its references up in
memory and keeps doing so, which is how a test hears of a reference to nothing.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0052"
down_revision = "0050"
branch_labels = None
depends_on = None

REFERRING = ("history_event", "history_signature", "notice", "timer", "work_item")
NEVER_DELETED = {"deal", "department", "history_event", "person", "process_instance", "work_item"}
APPEND_ONLY = {"history_event"}  # has a trigger of its own for this

REFERENCES = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE contype = 'f' AND conrelid::regclass::text = ANY(:referring) AND confrelid::regclass::text = ANY(:never_deleted)
"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what migrations before this one, in its transaction, left to its end
    op.execute(
        """
        CREATE FUNCTION row_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE foreign_key_violation USING MESSAGE = format(
                'rows of %I are never deleted and keep their number: others refer to them', TG_TABLE_NAME
            );
        END $$
        """
    )
    for table in NEVER_DELETED - APPEND_ONLY:
        op.execute(
            f"""
            CREATE TRIGGER {table}_is_kept BEFORE DELETE OR UPDATE OF id ON {table}
            FOR EACH ROW EXECUTE FUNCTION row_is_kept()
            """
        )
    kept = {"referring": list(REFERRING), "never_deleted": list(NEVER_DELETED)}
    for table, name in connection.execute(text(REFERENCES), kept).all():
        op.drop_constraint(name, table, type_="foreignkey")
