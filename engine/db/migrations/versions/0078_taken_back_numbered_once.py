"""The id of an address, a substitution, a host or a secret that was taken back is never given to another one.

A page that somebody left open would take back the other one with its button, and a call of the API that is repeated
would be told the other address's secret. PostgreSQL's sequences give none twice; SQLite's tables are made anew as those
in 0075 are. Of what was taken back before, history remembers the ids of addresses.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0076"
branch_labels = None
depends_on = None

AROUND = """
    SELECT sql FROM sqlite_master WHERE tbl_name = '{table}' AND type IN ('index', 'trigger') AND sql IS NOT NULL
"""
TABLES = {
    "webhook": """
        id INTEGER NOT NULL CONSTRAINT pk_webhook PRIMARY KEY AUTOINCREMENT,
        url VARCHAR(2000) NOT NULL,
        secret VARCHAR(100) NOT NULL,
        kinds JSON NOT NULL,
        delivered_event_id INTEGER NOT NULL,
        is_active BOOLEAN NOT NULL,
        created_by_id INTEGER NOT NULL,
        created_at DATETIME NOT NULL,
        job_id VARCHAR(32) DEFAULT '' NOT NULL,
        CONSTRAINT fk_webhook_created_by_id FOREIGN KEY(created_by_id) REFERENCES person (id)
    """,
    "substitution": """
        id INTEGER NOT NULL CONSTRAINT pk_substitution PRIMARY KEY AUTOINCREMENT,
        person_id INTEGER NOT NULL,
        substitute_id INTEGER NOT NULL,
        starts_on DATE NOT NULL,
        ends_on DATE NOT NULL,
        CONSTRAINT fk_substitution_person_id FOREIGN KEY(person_id) REFERENCES person (id),
        CONSTRAINT fk_substitution_substitute_id FOREIGN KEY(substitute_id) REFERENCES person (id)
    """,
    "call_host": """
        id INTEGER NOT NULL CONSTRAINT pk_call_host PRIMARY KEY AUTOINCREMENT,
        host VARCHAR(260) NOT NULL,
        added_at DATETIME NOT NULL,
        added_by_id INTEGER,
        CONSTRAINT fk_call_host_added_by_id FOREIGN KEY(added_by_id) REFERENCES person (id),
        CONSTRAINT uq_call_host_host UNIQUE (host)
    """,
    "call_secret": """
        id INTEGER NOT NULL CONSTRAINT pk_call_secret PRIMARY KEY AUTOINCREMENT,
        name VARCHAR(64) NOT NULL,
        host VARCHAR(260) NOT NULL,
        sealed TEXT NOT NULL,
        set_at DATETIME NOT NULL,
        set_by_id INTEGER,
        CONSTRAINT fk_call_secret_set_by_id FOREIGN KEY(set_by_id) REFERENCES person (id),
        CONSTRAINT uq_call_secret_name UNIQUE (name)
    """,
}
TOLD = {
    "webhook": """
        SELECT coalesce(max(json_extract(data, '$.webhook_id')), 0) FROM history_event
        WHERE kind IN ('webhook_added', 'webhook_removed')
    """
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, made in TABLES.items():
        _anew(table, made)


def _anew(table: str, made: str) -> None:
    around = op.get_bind().scalars(sa.text(AROUND.format(table=table))).all()
    columns = ", ".join(line.split()[0] for line in made.split(",\n") if not line.split()[0].isupper())
    op.execute(f"CREATE TABLE {table}_anew ({made})")
    op.execute(f"INSERT INTO {table}_anew ({columns}) SELECT {columns} FROM {table} ORDER BY id")  # noqa: S608
    op.execute(f"DROP TABLE {table}")
    op.execute(f"DELETE FROM sqlite_sequence WHERE name = '{table}_anew'")  # noqa: S608
    op.execute(f"ALTER TABLE {table}_anew RENAME TO {table}")
    highest, told = f"SELECT coalesce(max(id), 0) FROM {table}", TOLD.get(table, "SELECT 0")  # noqa: S608
    op.execute(f"INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', max(({highest}), ({told}))")
    for one in around:
        op.execute(sa.text(one.replace(":", "\\:")))
