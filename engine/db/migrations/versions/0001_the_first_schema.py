"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("weekly", JSON, nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendar"),
        sa.UniqueConstraint("name", name="uq_calendar_name"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("beaten_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeat"),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index("ix_job_state_due", "job", ["state", "due_at"])

    op.create_table(
        "performed_command",
        sa.Column("actor_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("result", JSON, nullable=False),
        sa.Column("performed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "key", name="pk_performed_command"),
    )
    op.create_index("ix_performed_command_performed_at", "performed_command", ["performed_at"])

    op.create_table(
        "person",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("session_stamp", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("theme", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("login", name="uq_person_login"),
    )
    op.create_table(
        "api_token",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_api_token_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
    )
    op.create_index("ix_api_token_person_id", "api_token", ["person_id"])

    op.create_table(
        "calendar_exception",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("calendar_id", ROW_NUMBER, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("spans", JSON, nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name="fk_calendar_exception_calendar_id"),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_exception"),
        sa.UniqueConstraint("calendar_id", "day", name="uq_calendar_exception_calendar_id_day"),
    )
    op.create_table(
        "client",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("edrpou", sa.String(length=12), nullable=False),
        sa.Column("segment", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("owner_id", ROW_NUMBER, nullable=True),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name="fk_client_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
    )
    op.create_index("ix_client_edrpou", "client", ["edrpou"])
    op.create_index("ix_client_email", "client", ["email"])
    op.create_index("ix_client_name", "client", ["name", "id"])
    op.create_index("ix_client_owner_id", "client", ["owner_id"])
    op.create_index("ix_client_phone", "client", ["phone"])

    op.create_table(
        "department",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("head_id", ROW_NUMBER, nullable=True),
        sa.Column("parent_id", ROW_NUMBER, nullable=True),
        sa.Column("calendar_id", ROW_NUMBER, nullable=True),
        sa.Column("escalation", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name="fk_department_calendar_id"),
        sa.ForeignKeyConstraint(["head_id"], ["person.id"], name="fk_department_head_id"),
        sa.ForeignKeyConstraint(["parent_id"], ["department.id"], name="fk_department_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_department"),
        sa.UniqueConstraint("name_key", name="uq_department_name_key"),
    )
    op.create_table(
        "process_definition",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("compiled", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("findings", JSON, nullable=False),
        sa.Column("called", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ROW_NUMBER, nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", ROW_NUMBER, nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name="fk_process_definition_created_by_id"),
        sa.ForeignKeyConstraint(["published_by_id"], ["person.id"], name="fk_process_definition_published_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_process_definition"),
        sa.UniqueConstraint("key", "version", name="uq_process_definition_key_version"),
    )
    op.create_index("ix_process_definition_state", "process_definition", ["state"])

    op.create_table(
        "substitution",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("substitute_id", ROW_NUMBER, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_substitution_person_id"),
        sa.ForeignKeyConstraint(["substitute_id"], ["person.id"], name="fk_substitution_substitute_id"),
        sa.PrimaryKeyConstraint("id", name="pk_substitution"),
    )
    op.create_index("ix_substitution_person_id", "substitution", ["person_id"])
    op.create_index("ix_substitution_substitute_id", "substitution", ["substitute_id"])

    op.create_table(
        "webhook",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("secret", sa.String(length=100), nullable=False),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("delivered_event_id", ROW_NUMBER, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_by_id", ROW_NUMBER, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name="fk_webhook_created_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_table(
        "contact",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("client_id", ROW_NUMBER, nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_contact_client_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_client_id", "contact", ["client_id"])
    op.create_index("ix_contact_email", "contact", ["email"])
    op.create_index("ix_contact_phone", "contact", ["phone"])

    op.create_table(
        "deal",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("client_id", ROW_NUMBER, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("close_date", sa.Date(), nullable=True),
        sa.Column("owner_id", ROW_NUMBER, nullable=False),
        sa.Column("definition_key", sa.String(length=200), nullable=False),
        sa.Column("stage", sa.String(length=200), nullable=False),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.String(24), nullable=False),
        sa.Column("loss_reason", sa.String(length=500), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("history_length", sa.Integer(), nullable=False),
        sa.Column("history_hash", sa.String(length=64), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_deal_client_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name="fk_deal_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deal"),
        sa.UniqueConstraint("number", name="uq_deal_number"),
    )
    op.create_index("ix_deal_client_id", "deal", ["client_id"])
    op.create_index("ix_deal_definition_key", "deal", ["definition_key"])
    op.create_index("ix_deal_opened", "deal", ["opened_at", "id"])
    op.create_index("ix_deal_owner_result", "deal", ["owner_id", "result"])
    op.create_index("ix_deal_result_stage", "deal", ["result", "stage", "stage_since", "id"])

    op.create_table(
        "definition_file",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("definition_id", ROW_NUMBER, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["process_definition.id"], name="fk_definition_file_definition_id"),
        sa.PrimaryKeyConstraint("id", name="pk_definition_file"),
    )
    op.create_index("ix_definition_file_definition_id", "definition_file", ["definition_id"])

    op.create_table(
        "membership",
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("department_id", ROW_NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_membership_department_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_membership_person_id"),
        sa.PrimaryKeyConstraint("person_id", "department_id", name="pk_membership"),
    )
    op.create_index("ix_membership_department_id", "membership", ["department_id"])

    op.create_table(
        "process_instance",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=False),
        sa.Column("definition_id", ROW_NUMBER, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("execution_state", sa.LargeBinary(), nullable=False),
        sa.Column("walked", JSON, nullable=False),
        sa.Column("open_incidents", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_process_instance_deal_id"),
        sa.ForeignKeyConstraint(["definition_id"], ["process_definition.id"], name="fk_process_instance_definition_id"),
        sa.PrimaryKeyConstraint("id", name="pk_process_instance"),
    )
    op.create_index("ix_process_instance_deal_id", "process_instance", ["deal_id"])
    op.create_index("ix_process_instance_definition_id", "process_instance", ["definition_id"])

    op.create_table(
        "incident",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("instance_id", ROW_NUMBER, nullable=True),
        sa.Column("deal_id", ROW_NUMBER, nullable=True),
        sa.Column("element_id", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("params", JSON, nullable=False),
        sa.Column("stimulus", JSON, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_incident_deal_id"),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_incident_instance_id"),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
    )
    op.create_index("ix_incident_deal_id", "incident", ["deal_id"])
    op.create_index("ix_incident_instance_id", "incident", ["instance_id"])
    op.create_index("ix_incident_state", "incident", ["state"])

    op.create_table(
        "message_subscription",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("instance_id", ROW_NUMBER, nullable=False),
        sa.Column("activity_id", sa.String(length=32), nullable=False),
        sa.Column("node_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("correlation_key", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_message_subscription_instance_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message_subscription"),
        sa.UniqueConstraint(
            "instance_id", "activity_id", "node_id", name="uq_message_subscription_instance_id_activity_id_node_id"
        ),
    )
    op.create_index("ix_message_subscription_name_key", "message_subscription", ["name", "correlation_key"])

    op.create_table(
        "timer",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("instance_id", ROW_NUMBER, nullable=False),
        sa.Column("activity_id", sa.String(length=32), nullable=False),
        sa.Column("node_id", sa.String(length=200), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_timer_instance_id"),
        sa.PrimaryKeyConstraint("id", name="pk_timer"),
        sa.UniqueConstraint("instance_id", "activity_id", "node_id", name="uq_timer_instance_id_activity_id_node_id"),
    )
    op.create_index("ix_timer_due_at", "timer", ["due_at"])

    op.create_table(
        "work_item",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("instance_id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=False),
        sa.Column("activity_id", sa.String(length=32), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("element_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("stage", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("assignee_id", ROW_NUMBER, nullable=True),
        sa.Column("group_id", ROW_NUMBER, nullable=True),
        sa.Column("asked_by_id", ROW_NUMBER, nullable=True),
        sa.Column("approver", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_escalation_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalation_reached", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_by_id", ROW_NUMBER, nullable=True),
        sa.Column("on_behalf_of_id", ROW_NUMBER, nullable=True),
        sa.Column("outcome", sa.String(length=200), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("item_index", sa.Integer(), nullable=True),
        sa.Column("item", JSON, nullable=True),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name="fk_work_item_asked_by_id"),
        sa.ForeignKeyConstraint(["assignee_id"], ["person.id"], name="fk_work_item_assignee_id"),
        sa.ForeignKeyConstraint(["completed_by_id"], ["person.id"], name="fk_work_item_completed_by_id"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_work_item_deal_id"),
        sa.ForeignKeyConstraint(["group_id"], ["department.id"], name="fk_work_item_group_id"),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_work_item_instance_id"),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["person.id"], name="fk_work_item_on_behalf_of_id"),
        sa.PrimaryKeyConstraint("id", name="pk_work_item"),
        sa.UniqueConstraint("instance_id", "activity_id", "part", name="uq_work_item_instance_id_activity_id_part"),
    )
    op.create_index("ix_work_item_asked_by_state", "work_item", ["asked_by_id", "state"])
    op.create_index("ix_work_item_assignee_live", "work_item", ["assignee_id", "state", "due_at"])
    op.create_index("ix_work_item_deal_state", "work_item", ["deal_id", "state"])
    op.create_index("ix_work_item_done", "work_item", ["completed_by_id", "completed_at", "id"])
    op.create_index("ix_work_item_group_live", "work_item", ["group_id", "state", "due_at"])
    op.create_index("ix_work_item_next_escalation_at", "work_item", ["next_escalation_at"])
    op.create_index("ix_work_item_state_due", "work_item", ["state", "due_at", "id"])

    op.create_table(
        "draft",
        sa.Column("work_item_id", ROW_NUMBER, nullable=False),
        sa.Column("person_id", ROW_NUMBER, nullable=False),
        sa.Column("typed", JSON, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_draft_person_id"),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name="fk_draft_work_item_id"),
        sa.PrimaryKeyConstraint("work_item_id", "person_id", name="pk_draft"),
    )
    op.create_table(
        "history_event",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("work_item_id", ROW_NUMBER, nullable=True),
        sa.Column("actor_id", ROW_NUMBER, nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name="fk_history_event_actor_id"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_history_event_deal_id"),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name="fk_history_event_work_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_history_event"),
        sa.UniqueConstraint("deal_id", "number", name="uq_history_event_deal_id_number"),
    )
    op.create_index("ix_history_event_actor_id", "history_event", ["actor_id"])
    op.create_index("ix_history_event_at", "history_event", ["at", "id"])
    op.create_index("ix_history_event_deal_kind", "history_event", ["deal_id", "kind", "number"])
    op.create_index("ix_history_event_kind", "history_event", ["kind"])

    _forbid_changing_history()
    _index_search_texts()


def _forbid_changing_history() -> None:
    """History is append-only, also for whoever has the database's password and good intentions."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'history is append-only'; END $$
            """
        )
        op.execute(
            """
            CREATE TRIGGER history_event_append_only BEFORE UPDATE OR DELETE ON history_event
            FOR EACH ROW EXECUTE FUNCTION history_is_append_only()
            """
        )
        return
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"""
            CREATE TRIGGER history_event_no_{action.lower()} BEFORE {action} ON history_event
            BEGIN SELECT RAISE(ABORT, 'history is append-only'); END
            """
        )


def _index_search_texts() -> None:
    """Any part of a text is found through its trigrams, where the extension may be installed; else by reading all."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    available = connection.scalar(sa.text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'"))
    allowed = connection.scalar(sa.text("SELECT has_database_privilege(current_database(), 'CREATE')"))
    if not (available and allowed):
        return
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for table in ("client", "contact", "deal", "person", "work_item"):
        op.execute(f"CREATE INDEX ix_{table}_search_text ON {table} USING gin (search_text gin_trgm_ops)")
