"""Departments and calendars are put away, or deleted where they were never used; no id of theirs is given again.

History and journal name both by their ids. PostgreSQL's sequences give none twice; SQLite's tables are made anew as
those in 0078 are. Nothing could be deleted before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0078"
branch_labels = None
depends_on = None

AROUND = """
    SELECT sql FROM sqlite_master WHERE tbl_name = '{table}' AND type IN ('index', 'trigger') AND sql IS NOT NULL
"""
TABLES = {
    "calendar": """
        id INTEGER NOT NULL CONSTRAINT pk_calendar PRIMARY KEY AUTOINCREMENT,
        name VARCHAR(200) NOT NULL,
        zone VARCHAR(64) NOT NULL,
        weekly JSON NOT NULL,
        is_default BOOLEAN NOT NULL,
        CONSTRAINT uq_calendar_name UNIQUE (name)
    """,
    "department": """
        id INTEGER NOT NULL CONSTRAINT pk_department PRIMARY KEY AUTOINCREMENT,
        name VARCHAR(200) NOT NULL,
        name_key VARCHAR(200) NOT NULL,
        head_id INTEGER,
        parent_id INTEGER,
        calendar_id INTEGER,
        escalation VARCHAR(500) NOT NULL,
        distribution VARCHAR(24),
        sort_key VARCHAR(300) DEFAULT '' NOT NULL,
        CONSTRAINT fk_department_calendar_id FOREIGN KEY(calendar_id) REFERENCES calendar (id),
        CONSTRAINT fk_department_head_id FOREIGN KEY(head_id) REFERENCES person (id),
        CONSTRAINT fk_department_parent_id FOREIGN KEY(parent_id) REFERENCES department (id),
        CONSTRAINT uq_department_name_key UNIQUE (name_key)
    """,
}


def upgrade() -> None:
    for table, made in TABLES.items():
        if op.get_bind().dialect.name == "sqlite":
            _anew(table, made)
        op.add_column(table, sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))


def _anew(table: str, made: str) -> None:
    around = op.get_bind().scalars(sa.text(AROUND.format(table=table))).all()
    columns = ", ".join(line.split()[0] for line in made.split(",\n") if not line.split()[0].isupper())
    op.execute(f"CREATE TABLE {table}_anew ({made})")
    op.execute(f"INSERT INTO {table}_anew ({columns}) SELECT {columns} FROM {table} ORDER BY id")  # noqa: S608
    op.execute(f"DROP TABLE {table}")
    op.execute(f"DELETE FROM sqlite_sequence WHERE name = '{table}_anew'")  # noqa: S608
    op.execute(f"ALTER TABLE {table}_anew RENAME TO {table}")
    highest = f"SELECT coalesce(max(id), 0) FROM {table}"  # noqa: S608
    op.execute(f"INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', ({highest})")
    for one in around:
        op.execute(sa.text(one.replace(":", "\\:")))
