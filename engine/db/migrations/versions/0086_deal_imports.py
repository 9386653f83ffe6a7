"""Files of deals that are opened in the background, and their rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deal_import",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("definition_key", sa.String(200), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("unused", JSON, nullable=False),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("fault", JSON),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("checking_id", sa.String(32), nullable=False),
        sa.Column("requested_by_id", ROW_NUMBER, nullable=False),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.ForeignKeyConstraint(["requested_by_id"], ["person.id"], name="fk_deal_import_requested_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deal_import"),
        sqlite_autoincrement=True,  # a job still names an import that was forgotten
    )
    op.create_index("ix_deal_import_requested_by_id", "deal_import", ["requested_by_id"])
    op.create_index("ix_deal_import_uploaded", "deal_import", ["state", "uploaded_at"])
    op.create_table(
        "deal_import_row",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("import_id", ROW_NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("texts", JSON, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("faults", JSON, nullable=False),
        sa.Column("deal_id", sa.BigInteger()),
        sa.Column("settled_at", MOMENT),
        sa.ForeignKeyConstraint(["import_id"], ["deal_import.id"], name="fk_deal_import_row_import_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deal_import_row"),
        sa.UniqueConstraint("import_id", "number", name="uq_deal_import_row_import_id_number"),
    )
    op.create_index("ix_deal_import_row_state", "deal_import_row", ["import_id", "state", "number"])
