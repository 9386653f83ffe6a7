"""Departments and calendars are put away, or deleted where they were never used.

Rows of departments are kept, see 0052: a deleted one has given up its name and everything else that finds it. A
calendar that is deleted is gone, and its id is never given again, for the journal names calendars by theirs:
PostgreSQL's sequences give none twice, SQLite's table is made anew as those in 0078 are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0080"
branch_labels = None
depends_on = None

AROUND = (
    "SELECT sql FROM sqlite_master WHERE tbl_name = 'calendar' AND type IN ('index', 'trigger') AND sql IS NOT NULL"
)
COLUMNS = "id, name, zone, weekly, is_default"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _calendar_anew()
    for table, column in (("calendar", "archived_at"), ("department", "archived_at"), ("department", "deleted_at")):
        op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True))


def _calendar_anew() -> None:
    around = op.get_bind().scalars(sa.text(AROUND)).all()
    op.execute(
        """
        CREATE TABLE calendar_anew (
            id INTEGER NOT NULL CONSTRAINT pk_calendar PRIMARY KEY AUTOINCREMENT,
            name VARCHAR(200) NOT NULL,
            zone VARCHAR(64) NOT NULL,
            weekly JSON NOT NULL,
            is_default BOOLEAN NOT NULL,
            CONSTRAINT uq_calendar_name UNIQUE (name)
        )
        """
    )
    op.execute(f"INSERT INTO calendar_anew ({COLUMNS}) SELECT {COLUMNS} FROM calendar ORDER BY id")  # noqa: S608  # constants
    op.execute("DROP TABLE calendar")
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'calendar_anew'")
    op.execute("ALTER TABLE calendar_anew RENAME TO calendar")
    op.execute("INSERT INTO sqlite_sequence (name, seq) SELECT 'calendar', coalesce(max(id), 0) FROM calendar")
    for one in around:
        op.execute(sa.text(one.replace(":", "\\:")))
