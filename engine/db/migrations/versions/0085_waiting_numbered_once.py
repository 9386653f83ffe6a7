"""The number of an event that waited for a message or a signal is never given to another one.

Who is to hear a signal is kept by these numbers with its job. On SQLite a deal that began to listen after the signal
was thrown could get the number of one that was over by then, and hear it. PostgreSQL's sequences give none twice;
SQLite's table is made anew as those in 0078 are, and begins behind the numbers that jobs still name.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None

COLUMNS = "id, instance_id, activity_id, node_id, kind, name, correlation_key"
NAMED = """
    SELECT coalesce(max(named.value), 0) FROM job, json_each(job.payload, '$.subscriptions') AS named
    WHERE job.kind = 'signal'
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(
        """
        CREATE TABLE message_subscription_anew (
            id INTEGER NOT NULL CONSTRAINT pk_message_subscription PRIMARY KEY AUTOINCREMENT,
            instance_id INTEGER NOT NULL,
            activity_id VARCHAR(32) NOT NULL,
            node_id VARCHAR(200) NOT NULL,
            kind VARCHAR(24) NOT NULL,
            name VARCHAR(300) NOT NULL,
            correlation_key VARCHAR(2000) NOT NULL,
            CONSTRAINT fk_message_subscription_instance_id FOREIGN KEY(instance_id) REFERENCES process_instance (id),
            CONSTRAINT uq_message_subscription_instance_id_activity_id_node_id
                UNIQUE (instance_id, activity_id, node_id)
        )
        """
    )
    op.execute(
        f"INSERT INTO message_subscription_anew ({COLUMNS}) SELECT {COLUMNS} FROM message_subscription ORDER BY id"  # noqa: S608  # constants
    )
    op.execute("DROP TABLE message_subscription")
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'message_subscription_anew'")
    op.execute("ALTER TABLE message_subscription_anew RENAME TO message_subscription")
    highest = "SELECT coalesce(max(id), 0) FROM message_subscription"
    op.execute(
        sa.text(f"INSERT INTO sqlite_sequence (name, seq) SELECT 'message_subscription', max(({highest}), ({NAMED}))")
    )
    op.create_index("ix_message_subscription_name_key", "message_subscription", ["name", "correlation_key"])
