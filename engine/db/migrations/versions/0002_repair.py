"""Interventions, and what an incident tells: how often it was tried, the variables then, why it was closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "intervention",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=False),
        sa.Column("instance_id", ROW_NUMBER, nullable=False),
        sa.Column("definition_id", ROW_NUMBER, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("element_id", sa.String(length=200), nullable=False),
        sa.Column("freedom", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("withdrawn", JSON, nullable=False),
        sa.Column("left", JSON, nullable=False),
        sa.Column("passed_over", JSON, nullable=False),
        sa.Column("former", JSON, nullable=False),
        sa.Column("state_before", sa.LargeBinary(), nullable=True),
        sa.Column("history_length", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ROW_NUMBER, nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_intervention_deal_id"),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_intervention_instance_id"),
        sa.ForeignKeyConstraint(["definition_id"], ["process_definition.id"], name="fk_intervention_definition_id"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_intervention_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_intervention"),
    )
    op.create_index("ix_intervention_deal", "intervention", ["deal_id", "id"])
    op.create_index("ix_intervention_map", "intervention", ["definition_id", "kind", "element_id"])
    with op.batch_alter_table("incident") as incident:
        incident.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="1"))
        incident.add_column(sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=True))
        incident.add_column(sa.Column("variables", JSON, nullable=False, server_default="{}"))
        incident.add_column(sa.Column("closing_reason", sa.String(length=500), nullable=False, server_default=""))
        incident.add_column(sa.Column("resolved_by_id", ROW_NUMBER, nullable=True))
        incident.create_foreign_key("fk_incident_resolved_by_id", "person", ["resolved_by_id"], ["id"])
