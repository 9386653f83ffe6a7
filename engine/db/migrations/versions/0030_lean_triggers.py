"""What PostgreSQL counts beside every completed step, at half the cost; nothing else is counted than before.

A trigger's WHEN is read anew from its stored text with every statement: that took longer than what the trigger then
did. So the conditions stand in the functions, of which a session keeps the plans, and each does its work in one
statement. SQLite reads no text again and keeps its triggers.
"""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None

LIVE = "('open', 'claimed')"
PLACE = ("definition_key", "stage", "currency")
COLUMNS = f"{', '.join(PLACE)}, deals, priced, amount"
DECIDING = (*PLACE, "amount", "result")
PUT_TOGETHER = 0.02  # the share of changes that do


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _find_next_due()
        _count_stages()


def _find_next_due() -> None:
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION move_next_due_closer() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE deal SET next_due_at = NEW.due_at
            WHERE id = NEW.deal_id AND NEW.state IN {LIVE} AND NEW.due_at IS NOT NULL
            AND (next_due_at IS NULL OR next_due_at > NEW.due_at);
            RETURN NULL;
        END $$
        """  # noqa: S608  # constants
    )
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION find_next_due() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE deal SET next_due_at = nearest.due_at
            FROM (SELECT min(due_at) AS due_at FROM work_item WHERE deal_id = NEW.deal_id AND state IN {LIVE}) nearest
            WHERE id = NEW.deal_id AND next_due_at IS DISTINCT FROM nearest.due_at;
            RETURN NULL;
        END $$
        """  # noqa: S608  # constants
    )
    _always("work_item_insert_moves_next_due", "INSERT ON work_item", "move_next_due_closer")
    _always("work_item_update_finds_next_due", "UPDATE OF state, due_at ON work_item", "find_next_due")


def _count_stages() -> None:
    op.execute(
        f"""
        CREATE FUNCTION put_stage_total_together(its_key varchar, its_stage varchar, its_currency varchar)
        RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            WITH parts AS (
                SELECT id FROM stage_total
                WHERE definition_key = its_key AND stage = its_stage AND currency = its_currency
                FOR UPDATE SKIP LOCKED
            ), gone AS (
                DELETE FROM stage_total USING parts WHERE stage_total.id = parts.id RETURNING deals, priced, amount
            )
            INSERT INTO stage_total ({COLUMNS})
            SELECT its_key, its_stage, its_currency, sum(deals), sum(priced), sum(amount)
            FROM gone HAVING count(*) > 0;
        END $$
        """  # noqa: S608  # constants
    )
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION add_to_stage_total(
            its_key varchar, its_stage varchar, its_currency varchar, more bigint, more_priced bigint, more_money bigint
        ) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO stage_total ({COLUMNS})
            VALUES (its_key, its_stage, its_currency, more, more_priced, more_money);
            IF random() < {PUT_TOGETHER} THEN
                PERFORM put_stage_total_together(its_key, its_stage, its_currency);
            END IF;
        END $$
        """  # noqa: S608  # constants
    )
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION count_changed_deal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO stage_total ({COLUMNS})
            SELECT {COLUMNS}
            FROM (VALUES ({_counted("OLD", "-")}), ({_counted("NEW", "")})) AS moved ({COLUMNS}, result)
            WHERE result = 'open' AND ({_values("OLD", DECIDING)}) IS DISTINCT FROM ({_values("NEW", DECIDING)});
            IF FOUND AND random() < {PUT_TOGETHER} THEN
                PERFORM put_stage_total_together({_values("OLD", PLACE)});
                PERFORM put_stage_total_together({_values("NEW", PLACE)});
            END IF;
            RETURN NULL;
        END $$
        """  # noqa: S608  # constants
    )
    _always("deal_update_counts_stages", f"UPDATE OF {', '.join(DECIDING)} ON deal", "count_changed_deal")


def _always(name: str, event: str, function: str) -> None:
    """Let the trigger call its function for every row: that looks itself whether there is anything to do."""
    table = event.rpartition(" ")[2]
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"CREATE TRIGGER {name} AFTER {event} FOR EACH ROW EXECUTE FUNCTION {function}()")


def _counted(row: str, sign: str) -> str:
    counts = f"{sign}1, {sign}({row}.amount IS NOT NULL)::int, {sign}coalesce({row}.amount, 0)"
    return f"{_values(row, PLACE)}, {counts}, {row}.result"


def _values(row: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f"{row}.{column}" for column in columns)
