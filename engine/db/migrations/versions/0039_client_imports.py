"""Lists of clients and old notes that are brought from elsewhere, and the notes themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "client_import",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("headings", JSON, nullable=False),
        sa.Column("samples", JSON, nullable=False),
        sa.Column("columns", JSON, nullable=False),
        sa.Column("fills", sa.Boolean(), nullable=False),
        sa.Column("owner_id", ROW_NUMBER),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("fault", JSON),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("checking_id", sa.String(32), nullable=False),
        sa.Column("requested_by_id", ROW_NUMBER, nullable=False),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name="fk_client_import_owner_id"),
        sa.ForeignKeyConstraint(["requested_by_id"], ["person.id"], name="fk_client_import_requested_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_client_import"),
    )
    op.create_index("ix_client_import_requested_by_id", "client_import", ["requested_by_id"])
    op.create_index("ix_client_import_uploaded", "client_import", ["state", "uploaded_at"])
    op.create_table(
        "client_import_row",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("import_id", ROW_NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells", JSON, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("told", JSON, nullable=False),
        sa.Column("client_id", sa.BigInteger()),
        sa.Column("contact_id", sa.BigInteger()),
        sa.Column("note_ids", JSON, nullable=False),
        sa.Column("before", JSON),
        sa.Column("settled_at", MOMENT),
        sa.ForeignKeyConstraint(["import_id"], ["client_import.id"], name="fk_client_import_row_import_id"),
        sa.PrimaryKeyConstraint("id", name="pk_client_import_row"),
        sa.UniqueConstraint("import_id", "number", name="uq_client_import_row_import_id_number"),
    )
    op.create_index("ix_client_import_row_state", "client_import_row", ["import_id", "state", "number"])
    op.create_table(
        "client_note",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("client_id", ROW_NUMBER, nullable=False),
        sa.Column("written_at", MOMENT),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("brought_at", MOMENT, nullable=False),
        sa.Column("brought_by_id", ROW_NUMBER),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_client_note_client_id"),
        sa.ForeignKeyConstraint(["brought_by_id"], ["person.id"], name="fk_client_note_brought_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_client_note"),
        sa.UniqueConstraint("client_id", "fingerprint", name="uq_client_note_client_id_fingerprint"),
    )
    op.create_index("ix_client_note_written", "client_note", ["client_id", "written_at", "id"])
