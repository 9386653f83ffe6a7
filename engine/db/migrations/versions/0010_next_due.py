"""When a deal's next step is due, kept beside the deal by the database itself.

A board counts late deals without a look at their steps. Rebuilding ``work_item`` or ``deal`` on SQLite (a batch
operation) drops the triggers: it has to make them again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LIVE = "('open', 'claimed')"
NEAREST = f"SELECT min(due_at) FROM work_item WHERE deal_id = NEW.deal_id AND state IN {LIVE}"  # noqa: S608  # constants
ARRIVES = f"NEW.state IN {LIVE} AND NEW.due_at IS NOT NULL"
MOVE_CLOSER = """
    UPDATE deal SET next_due_at = NEW.due_at
    WHERE id = NEW.deal_id AND (next_due_at IS NULL OR next_due_at > NEW.due_at)
"""


def upgrade() -> None:
    op.add_column("deal", sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        f"""
        UPDATE deal SET next_due_at = (
            SELECT min(due_at) FROM work_item WHERE work_item.deal_id = deal.id AND work_item.state IN {LIVE}
        )
        """  # noqa: S608  # constants
    )
    op.drop_index("ix_deal_board", "deal")
    op.create_index("ix_deal_board", "deal", ["definition_key", "result", "stage", "currency", "amount", "next_due_at"])
    if op.get_bind().dialect.name == "postgresql":
        _keep_on_postgresql()
    else:
        _keep_on_sqlite()


def _keep_on_postgresql() -> None:
    op.execute(
        f"""
        CREATE FUNCTION move_next_due_closer() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {MOVE_CLOSER};
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"""
        CREATE FUNCTION find_next_due() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE nearest timestamptz := ({NEAREST});
        BEGIN
            UPDATE deal SET next_due_at = nearest WHERE id = NEW.deal_id AND next_due_at IS DISTINCT FROM nearest;
            RETURN NULL;
        END $$
        """  # noqa: S608  # constants
    )
    op.execute(
        f"""
        CREATE TRIGGER work_item_insert_moves_next_due AFTER INSERT ON work_item
        FOR EACH ROW WHEN ({ARRIVES}) EXECUTE FUNCTION move_next_due_closer()
        """
    )
    op.execute(
        f"""
        CREATE TRIGGER work_item_update_finds_next_due AFTER UPDATE OF state, due_at ON work_item
        FOR EACH ROW WHEN ({_changes("IS DISTINCT FROM")}) EXECUTE FUNCTION find_next_due()
        """
    )


def _keep_on_sqlite() -> None:
    op.execute(
        f"""
        CREATE TRIGGER work_item_insert_moves_next_due AFTER INSERT ON work_item WHEN {ARRIVES}
        BEGIN {MOVE_CLOSER}; END
        """
    )
    op.execute(
        f"""
        CREATE TRIGGER work_item_update_finds_next_due AFTER UPDATE OF state, due_at ON work_item
        WHEN {_changes("IS NOT")}
        BEGIN UPDATE deal SET next_due_at = ({NEAREST}) WHERE id = NEW.deal_id AND next_due_at IS NOT ({NEAREST}); END
        """  # noqa: S608  # constants
    )


def _changes(differs: str) -> str:
    """Claiming and releasing change neither whether a step is live nor its deadline."""
    was_live, is_live = f"OLD.state IN {LIVE}", f"NEW.state IN {LIVE}"
    return f"({was_live}) <> ({is_live}) OR ({is_live} AND OLD.due_at {differs} NEW.due_at)"
