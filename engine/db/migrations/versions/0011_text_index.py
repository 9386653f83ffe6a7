"""An index of trigrams on SQLite for what people search; PostgreSQL has one since the first schema.

The index holds no texts of its own: it refers to the rows of its table, and triggers keep it. Rebuilding one of the
tables (a batch operation) drops its triggers: it has to make them again.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEXED = ("client", "contact", "deal", "work_item")


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in INDEXED:
        index = f"fts_{table}"
        op.execute(
            f"""
            CREATE VIRTUAL TABLE {index} USING fts5(
                search_text, content='{table}', content_rowid='id', columnsize=0, tokenize='trigram case_sensitive 1'
            )
            """
        )
        op.execute(f"INSERT INTO {index}({index}) VALUES ('rebuild')")  # noqa: S608  # constants
        added = f"INSERT INTO {index}(rowid, search_text) VALUES (NEW.id, NEW.search_text);"  # noqa: S608  # constants
        gone = f"INSERT INTO {index}({index}, rowid, search_text) VALUES ('delete', OLD.id, OLD.search_text);"  # noqa: S608  # constants
        op.execute(f"CREATE TRIGGER {table}_insert_indexes_text AFTER INSERT ON {table} BEGIN {added} END")
        op.execute(f"CREATE TRIGGER {table}_delete_indexes_text AFTER DELETE ON {table} BEGIN {gone} END")
        op.execute(
            f"""
            CREATE TRIGGER {table}_update_indexes_text AFTER UPDATE OF search_text ON {table}
            WHEN OLD.search_text <> NEW.search_text
            BEGIN {gone} {added} END
            """
        )
