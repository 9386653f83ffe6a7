"""The id of a contact who is no more is never given to another one.

PostgreSQL's sequences give none twice. SQLite gives the highest one anew once its row is gone, unless the table was
made to remember it: so the table is made anew, with the indexes and triggers that it has. The index of its texts refers
to the rows by their ids, which stay, and is left as it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0064"
branch_labels = None
depends_on = None

AROUND = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = 'contact' AND type IN ('index', 'trigger')")
COLUMNS = "id, client_id, full_name, position, phone, email, created_at, search_text, fields, sort_key"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    around = op.get_bind().scalars(AROUND).all()
    op.execute(
        """
        CREATE TABLE contact_anew (
            id INTEGER NOT NULL CONSTRAINT pk_contact PRIMARY KEY AUTOINCREMENT,
            client_id INTEGER NOT NULL,
            full_name VARCHAR(200) NOT NULL,
            position VARCHAR(200) NOT NULL,
            phone VARCHAR(32) NOT NULL,
            email VARCHAR(254) NOT NULL,
            created_at DATETIME NOT NULL,
            search_text VARCHAR NOT NULL,
            fields JSON DEFAULT '{}' NOT NULL,
            sort_key VARCHAR(300) DEFAULT '' NOT NULL,
            CONSTRAINT fk_contact_client_id FOREIGN KEY(client_id) REFERENCES client (id)
        )
        """
    )
    op.execute(f"INSERT INTO contact_anew ({COLUMNS}) SELECT {COLUMNS} FROM contact ORDER BY id")  # noqa: S608  # constants
    op.execute("DROP TABLE contact")
    op.execute("ALTER TABLE contact_anew RENAME TO contact")
    for made in around:
        op.execute(sa.text(made.replace(":", "\\:")))
