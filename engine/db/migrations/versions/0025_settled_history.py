"""Up to which number the history can be told without passing over an event that is still to be committed.

PostgreSQL gives numbers out before a transaction commits, so a later number may be seen first. A transaction says with
its first event, by a shared lock of its own, behind which number it may have numbers: who follows the history stops at
the lowest of those that are still open. SQLite has one writer at a time.
"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# The lock's key: this mark in its upper 16 bits, the number in the others. PostgreSQL shows a key as two halves.
MARK = 7239
LAST_NUMBER = "coalesce(pg_sequence_last_value('history_event_id_seq'::regclass), 0)"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        f"""
        CREATE FUNCTION announce_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- One expression, done from left to right: a PERFORM for each would be a statement and cost as one.
            IF coalesce(current_setting('reglament.announced', true), '') = ''
                AND set_config('reglament.announced', '1', true) = '1'
                AND pg_advisory_xact_lock_shared(({MARK}::bigint << 48) | {LAST_NUMBER}) IS NULL
            THEN
                RAISE 'it has no value';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER history_event_announced BEFORE INSERT ON history_event
        FOR EACH STATEMENT EXECUTE FUNCTION announce_history()
        """
    )
    op.execute(
        f"""
        CREATE FUNCTION settled_history() RETURNS bigint LANGUAGE plpgsql AS $$
        DECLARE
            newest bigint := {LAST_NUMBER};  -- before the look at the locks: who has none yet gets higher numbers
            oldest bigint;
        BEGIN
            IF current_setting('transaction_isolation') <> 'read committed' THEN
                RAISE 'what is settled now is not visible to a transaction that began before';
            END IF;
            SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO oldest
            FROM pg_locks
            WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = {MARK} AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
            RETURN least(newest, oldest);
        END $$
        """  # noqa: S608  # constants
    )
