"""What a large company needs: a count of the company's changes, and an index for every order of every long list.

What was read of people, departments, substitutions, calendars and tokens can be kept while the count stands.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTED = ("api_token", "calendar", "calendar_exception", "department", "membership", "person", "substitution")
COUNT = "UPDATE company_revision SET number = number + 1 WHERE id = 1"


def upgrade() -> None:
    op.create_table(
        "company_revision",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_company_revision"),
    )
    op.execute("INSERT INTO company_revision (id, number) VALUES (1, 1)")
    if op.get_bind().dialect.name == "postgresql":
        _count_on_postgresql()
    else:
        _count_on_sqlite()
    _index_lists()


def _index_lists() -> None:
    for name, *columns in (
        ("opened", "opened_at", "id"),
        ("amount", "amount", "id"),
        ("close_date", "close_date", "id"),
        ("title", "title", "id"),
        ("since", "stage_since", "id"),
    ):
        op.create_index(f"ix_deal_result_{name}", "deal", ["result", *columns])
    op.create_index("ix_deal_board", "deal", ["definition_key", "result", "stage", "currency", "amount"])
    unheld = sa.text("assignee_id IS NULL")
    op.create_index(
        "ix_work_item_unheld",
        "work_item",
        ["group_id", "state", "due_at", "id"],
        postgresql_where=unheld,
        sqlite_where=unheld,
    )
    op.create_index("ix_work_item_latest", "work_item", ["state", sa.text("coalesce(completed_at, opened_at)"), "id"])
    op.drop_index("ix_work_item_state_due", "work_item")
    op.create_index("ix_work_item_state_due", "work_item", ["state", "due_at", "id", "deal_id"])


def _count_on_postgresql() -> None:
    """At the commit, so that nobody holds the counter's row and then waits for another: that could be a deadlock."""
    op.execute(
        f"""
        CREATE FUNCTION count_company_revision() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {COUNT} AND xmin::text <> pg_current_xact_id()::xid::text;  -- once in a transaction is enough
            RETURN NULL;
        END $$
        """
    )
    for table in COUNTED:
        op.execute(
            f"""
            CREATE CONSTRAINT TRIGGER {table}_counts_revision AFTER INSERT OR UPDATE OR DELETE ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_company_revision()
            """
        )


def _count_on_sqlite() -> None:
    for table in COUNTED:
        for action in ("INSERT", "UPDATE", "DELETE"):
            op.execute(
                f"""
                CREATE TRIGGER {table}_{action.lower()}_counts_revision AFTER {action} ON {table}
                BEGIN {COUNT}; END
                """
            )
