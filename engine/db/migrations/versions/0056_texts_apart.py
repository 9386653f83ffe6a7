"""What deals and steps are found by stands in a table of its own, so that its index hears of no other change of theirs.

PostgreSQL writes a row that changes anew, and with it an entry in each index of its table unless no indexed column has
changed. So a completed step and a deal that moved on were put into the index of trigrams, the dearest of all, with the
texts that were there before. SQLite's index is such a table since it has one; triggers keep either.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

INDEXED = ("deal", "work_item")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    # A program of the version before may still be at work: what it writes while the texts are copied would be lost.
    op.execute("LOCK TABLE deal, work_item IN ACCESS EXCLUSIVE MODE")
    for table in INDEXED:
        op.execute(
            f"CREATE TABLE fts_{table} (id bigint CONSTRAINT pk_fts_{table} PRIMARY KEY, search_text varchar NOT NULL)"
        )
        op.execute(f"INSERT INTO fts_{table} (id, search_text) SELECT id, search_text FROM {table}")  # noqa: S608  # constants
        _move_index(table)
        _keep(table)


def _move_index(table: str) -> None:
    """Where the extension could not be installed, there is none: all texts are read."""
    if op.get_bind().scalar(sa.text("SELECT to_regclass(:name)"), {"name": f"ix_{table}_search_text"}) is None:
        return
    op.execute(f"DROP INDEX ix_{table}_search_text")
    op.execute(f"CREATE INDEX ix_fts_{table}_search_text ON fts_{table} USING gin (search_text gin_trgm_ops)")


def _keep(table: str) -> None:
    op.execute(
        f"""
        CREATE FUNCTION keep_text_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                INSERT INTO fts_{table} (id, search_text) VALUES (NEW.id, NEW.search_text);
            ELSE
                UPDATE fts_{table} SET search_text = NEW.search_text
                WHERE id = NEW.id AND search_text <> NEW.search_text;
            END IF;
            RETURN NULL;
        END $$
        """  # noqa: S608  # constants
    )
    op.execute(
        f"""
        CREATE TRIGGER {table}_keeps_text AFTER INSERT OR UPDATE OF search_text ON {table}
        FOR EACH ROW EXECUTE FUNCTION keep_text_of_{table}()
        """
    )
