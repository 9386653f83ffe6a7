"""How many open deals stand in each stage of a map and what they come to, kept by the database itself.

On PostgreSQL each change of a deal adds a row, positive or negative, and waits for nobody; one change in fifty puts
the rows of its place together, those that nobody else is putting together. SQLite has one writer and one row per place.
Rebuilding ``deal`` on SQLite (a batch operation) drops the triggers: it has to make them again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PLACE = ("definition_key", "stage", "currency")
COLUMNS = f"{', '.join(PLACE)}, deals, priced, amount"
DECIDING = (*PLACE, "amount", "result")
PUT_TOGETHER = 0.02  # the share of changes that do


def upgrade() -> None:
    op.create_table(
        "stage_total",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("definition_key", sa.String(length=200), nullable=False),
        sa.Column("stage", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("deals", sa.BigInteger(), nullable=False),
        sa.Column("priced", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stage_total"),
    )
    op.create_index("ix_stage_total_place", "stage_total", list(PLACE))
    op.drop_index("ix_deal_board", "deal")
    op.create_index("ix_deal_board", "deal", ["definition_key", "result", "next_due_at", "stage"])
    if op.get_bind().dialect.name == "postgresql":
        _keep_on_postgresql()
    else:
        _keep_on_sqlite()
    op.execute(
        f"""
        INSERT INTO stage_total ({COLUMNS})
        SELECT {", ".join(PLACE)}, count(*), count(amount), coalesce(sum(amount), 0)
        FROM deal WHERE result = 'open' GROUP BY {", ".join(PLACE)}
        """  # noqa: S608  # constants
    )


def _keep_on_postgresql() -> None:
    op.execute(
        f"""
        CREATE FUNCTION add_to_stage_total(
            its_key varchar, its_stage varchar, its_currency varchar, more bigint, more_priced bigint, more_money bigint
        ) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO stage_total ({COLUMNS})
            VALUES (its_key, its_stage, its_currency, more, more_priced, more_money);
            IF random() >= {PUT_TOGETHER} THEN
                RETURN;
            END IF;
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
    for action, rows, sign in (("INSERT", "NEW", ""), ("DELETE", "OLD", "-")):
        name = f"count_deals_of_{action.lower()}"
        op.execute(
            f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM add_to_stage_total(
                    {", ".join(PLACE)}, {sign}count(*), {sign}count(amount), {sign}coalesce(sum(amount), 0)::bigint
                ) FROM counted WHERE result = 'open' GROUP BY {", ".join(PLACE)};
                RETURN NULL;
            END $$
            """
        )
        op.execute(
            f"""
            CREATE TRIGGER deal_{action.lower()}_counts_stages AFTER {action} ON deal
            REFERENCING {rows} TABLE AS counted FOR EACH STATEMENT EXECUTE FUNCTION {name}()
            """
        )
    op.execute(
        f"""
        CREATE FUNCTION count_changed_deal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.result = 'open' THEN
                PERFORM add_to_stage_total({_of("OLD")}, -1, -(OLD.amount IS NOT NULL)::int, -coalesce(OLD.amount, 0));
            END IF;
            IF NEW.result = 'open' THEN
                PERFORM add_to_stage_total({_of("NEW")}, 1, (NEW.amount IS NOT NULL)::int, coalesce(NEW.amount, 0));
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"""
        CREATE TRIGGER deal_update_counts_stages AFTER UPDATE OF {", ".join(DECIDING)} ON deal
        FOR EACH ROW WHEN ({_changes("IS DISTINCT FROM")}) EXECUTE FUNCTION count_changed_deal()
        """
    )


def _keep_on_sqlite() -> None:
    changed = f"UPDATE OF {', '.join(DECIDING)}"
    for name, action, row, sign, more in (
        ("deal_insert_counts_stages", "INSERT", "NEW", "+", ""),
        ("deal_delete_counts_stages", "DELETE", "OLD", "-", ""),
        ("deal_update_counts_stage_left", changed, "OLD", "-", f"AND ({_changes('IS NOT')})"),
        ("deal_update_counts_stage_reached", changed, "NEW", "+", f"AND ({_changes('IS NOT')})"),
    ):
        here = " AND ".join(f"{column} = {row}.{column}" for column in PLACE)
        op.execute(
            f"""
            CREATE TRIGGER {name} AFTER {action} ON deal WHEN {row}.result = 'open' {more}
            BEGIN
                INSERT INTO stage_total ({COLUMNS})
                SELECT {_of(row)}, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM stage_total WHERE {here});
                UPDATE stage_total SET
                    deals = deals {sign} 1,
                    priced = priced {sign} ({row}.amount IS NOT NULL),
                    amount = amount {sign} coalesce({row}.amount, 0)
                WHERE {here};
            END
            """  # noqa: S608  # constants
        )


def _of(row: str) -> str:
    return ", ".join(f"{row}.{column}" for column in PLACE)


def _changes(differs: str) -> str:
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in DECIDING)
