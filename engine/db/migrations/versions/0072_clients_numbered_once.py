"""The id of a client who is no more is never given to another one, as that of a contact is not.

PostgreSQL's sequences give none twice. SQLite gives the highest one anew once its row is gone, unless the table was
made to remember it: so the table is made anew, with the indexes and triggers that it has. The index of its texts refers
to the rows by their ids, which stay, and is left as it is. What was taken back before is remembered by history.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0070"
branch_labels = None
depends_on = None

AROUND = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = 'client' AND type IN ('index', 'trigger')")
COLUMNS = (
    "id, name, edrpou, segment, source, phone, email, owner_id, fields, created_at, version, search_text, sort_key, "
    "likeness, merged_into_id"
)
GIVEN = """
    SELECT 'client', max(
        (SELECT coalesce(max(id), 0) FROM client),
        (
            SELECT coalesce(max(json_extract(data, '$.client_id')), 0) FROM history_event
            WHERE kind IN ('client_added', 'client_imported')
        )
    )
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    around = op.get_bind().scalars(AROUND).all()
    op.execute(
        """
        CREATE TABLE client_anew (
            id INTEGER NOT NULL CONSTRAINT pk_client PRIMARY KEY AUTOINCREMENT,
            name VARCHAR(300) NOT NULL,
            edrpou VARCHAR(12) NOT NULL,
            segment VARCHAR(100) NOT NULL,
            source VARCHAR(100) NOT NULL,
            phone VARCHAR(32) NOT NULL,
            email VARCHAR(254) NOT NULL,
            owner_id INTEGER,
            fields JSON NOT NULL,
            created_at DATETIME NOT NULL,
            version INTEGER NOT NULL,
            search_text VARCHAR NOT NULL,
            sort_key VARCHAR(300) DEFAULT '' NOT NULL,
            likeness VARCHAR(300) DEFAULT '' NOT NULL,
            merged_into_id INTEGER REFERENCES client (id),
            CONSTRAINT fk_client_owner_id FOREIGN KEY(owner_id) REFERENCES person (id)
        )
        """
    )
    op.execute(f"INSERT INTO client_anew ({COLUMNS}) SELECT {COLUMNS} FROM client ORDER BY id")  # noqa: S608  # constants
    op.execute("DROP TABLE client")
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'client_anew'")
    op.execute("ALTER TABLE client_anew RENAME TO client")
    # Where all clients were taken back, nothing was inserted, and the table has no number yet.
    op.execute(f"INSERT INTO sqlite_sequence (name, seq) {GIVEN}")
    for made in around:
        op.execute(sa.text(made.replace(":", "\\:")))
