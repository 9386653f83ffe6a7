"""The id of a saved report or of a text of letters that was deleted is never given to another one.

A page that somebody left open would delete the other one with its button. PostgreSQL's sequences give none twice;
SQLite's tables are made anew as that of clients is in 0072. What was deleted before is remembered by history.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0073"
branch_labels = None
depends_on = None

AROUND = """
    SELECT sql FROM sqlite_master WHERE tbl_name = '{table}' AND type IN ('index', 'trigger') AND sql IS NOT NULL
"""
SAVED_REPORTS = """
    CREATE TABLE saved_report_anew (
        id INTEGER NOT NULL CONSTRAINT pk_saved_report PRIMARY KEY AUTOINCREMENT,
        person_id INTEGER NOT NULL,
        name VARCHAR(100) NOT NULL,
        name_key VARCHAR(200) NOT NULL,
        report VARCHAR(24) NOT NULL,
        filters JSON NOT NULL,
        rhythm VARCHAR(24),
        day INTEGER NOT NULL,
        at VARCHAR(5) NOT NULL,
        next_at DATETIME,
        refused_at DATETIME,
        created_at DATETIME NOT NULL,
        CONSTRAINT fk_saved_report_person_id FOREIGN KEY(person_id) REFERENCES person (id),
        CONSTRAINT uq_saved_report_person_id_name_key UNIQUE (person_id, name_key)
    )
"""
LETTER_TEMPLATES = """
    CREATE TABLE letter_template_anew (
        id INTEGER NOT NULL CONSTRAINT pk_letter_template PRIMARY KEY AUTOINCREMENT,
        name VARCHAR(100) NOT NULL,
        name_key VARCHAR(200) NOT NULL,
        subject VARCHAR(200) NOT NULL,
        text TEXT NOT NULL,
        CONSTRAINT uq_letter_template_name_key UNIQUE (name_key)
    )
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    _anew(
        "saved_report",
        SAVED_REPORTS,
        "id, person_id, name, name_key, report, filters, rhythm, day, at, next_at, refused_at, created_at",
        named="saved_report_id",
        kinds="'saved_report_changed'",
    )
    _anew(
        "letter_template",
        LETTER_TEMPLATES,
        "id, name, name_key, subject, text",
        named="template_id",
        kinds="'letter_template_added', 'letter_template_removed'",
    )


def _anew(table: str, made: str, columns: str, *, named: str, kinds: str) -> None:
    """``named`` is what events of those ``kinds`` call its id."""
    around = op.get_bind().scalars(sa.text(AROUND.format(table=table))).all()
    known = f"SELECT coalesce(max(json_extract(data, '$.{named}')), 0) FROM history_event WHERE kind IN ({kinds})"  # noqa: S608
    highest = f"SELECT coalesce(max(id), 0) FROM {table}"  # noqa: S608
    op.execute(made)
    op.execute(f"INSERT INTO {table}_anew ({columns}) SELECT {columns} FROM {table} ORDER BY id")  # noqa: S608
    op.execute(f"DROP TABLE {table}")
    op.execute(f"DELETE FROM sqlite_sequence WHERE name = '{table}_anew'")  # noqa: S608
    op.execute(f"ALTER TABLE {table}_anew RENAME TO {table}")
    op.execute(f"INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', max(({highest}), ({known}))")
    for one in around:
        op.execute(sa.text(one.replace(":", "\\:")))
