"""Deals are found by what was written in them: letters with the client, and comments.

The texts stand in a table of their own: history cannot be written anew for the sake of a search, and the row of a
letter changes while it leaves. As soon as a letter or an entry of history says something else, a trigger deletes what
it was found by: an erased text cannot be left there, whichever command erases it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from engine.policy.written_texts import COMMENT_KINDS, comment_in, comment_search_text, letter_search_text

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
VALUES = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0070"
down_revision = "0068"
branch_labels = None
depends_on = None

BATCH = 1_000
LETTER_SAYS = ("subject", "text", "sender", "sender_name", "receivers")
ENTRY_SAYS = ("text", "comment", "question", "answer")
LOOKED_AFTER = ("10 minutes", "1 day")
NUMBERED_BEFORE = 1_000  # rows that may have got their numbers already, and are written behind the upgrade

Written = dict[str, Any]


def upgrade() -> None:
    table = op.create_table(
        "written_text",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("deal_id", ROW_NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("letter_id", ROW_NUMBER, nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_written_text"),
        sa.UniqueConstraint("deal_id", "number", name="uq_written_text_deal_id_number"),
        sa.UniqueConstraint("letter_id", name="uq_written_text_letter_id"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_written_text_deal_id"),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["client_letter.id"], name="fk_written_text_letter_id", ondelete="CASCADE"
        ),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        # A program of the version before may still be at work: what it erases while this reads would be found for ever.
        op.execute("LOCK TABLE client_letter, history_event IN SHARE ROW EXCLUSIVE MODE")
    _fill(table)
    if not is_sqlite:
        _find_what_is_missed()
    if is_sqlite:
        _index_on_sqlite()
        _forget_on_sqlite()
    else:
        _index_on_postgresql()
        _forget_on_postgresql()


def _fill(table: sa.Table) -> None:
    """The oldest first: the newest is found first by its number."""
    batch: list[Written] = []
    for _at, one in merge(_letters(), _comments(), key=itemgetter(0)):
        batch.append(one)
        if len(batch) == BATCH:
            op.bulk_insert(table, batch)
            batch = []
    if batch:
        op.bulk_insert(table, batch)


def _find_what_is_missed() -> None:
    """What a program of the version before writes until it ends is looked for by a worker, twice."""
    if op.get_bind().scalar(sa.text("SELECT 1 FROM deal LIMIT 1")) is None:
        return
    for after in LOOKED_AFTER:
        op.execute(
            f"""
            INSERT INTO job (id, kind, payload, state, due_at, attempts, last_error, created_at)
            SELECT '{uuid.uuid4().hex}', 'missed_texts', jsonb_build_object(
                'letters_after', (SELECT coalesce(max(id), 0) FROM client_letter) - {NUMBERED_BEFORE},
                'entries_after', (SELECT coalesce(max(id), 0) FROM history_event) - {NUMBERED_BEFORE},
                'after', 0
            ), 'queued', now() + interval '{after}', 0, '', now()
            """  # noqa: S608  # constants
        )


def _letters() -> Iterator[tuple[datetime, Written]]:
    letters = sa.table(
        "client_letter",
        sa.column("id"),
        sa.column("deal_id"),
        *(sa.column(name) for name in LETTER_SAYS if name != "receivers"),
        sa.column("receivers", VALUES),
        sa.column("written_at", sa.DateTime(timezone=True)),
    )
    for row in _rows(letters):
        receivers = (str(one[key]) for one in row["receivers"] for key in ("name", "address"))
        told = letter_search_text(row["subject"], row["text"], [row["sender_name"], row["sender"], *receivers])
        if told:
            found = {"deal_id": row["deal_id"], "number": None, "letter_id": row["id"], "search_text": told}
            yield row["written_at"], found


def _comments() -> Iterator[tuple[datetime, Written]]:
    entries = sa.table(
        "history_event",
        sa.column("id"),
        sa.column("deal_id"),
        sa.column("number"),
        sa.column("kind"),
        sa.column("data", VALUES),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    for row in _rows(entries, entries.c.deal_id.is_not(None), entries.c.kind.in_(COMMENT_KINDS)):
        comment = comment_in(row["kind"], row["data"])
        if comment:
            told = comment_search_text(comment)
            yield (
                row["at"],
                {"deal_id": row["deal_id"], "number": row["number"], "letter_id": None, "search_text": told},
            )


def _rows(table: sa.TableClause, *conditions: sa.ColumnElement[bool]) -> Iterator[sa.RowMapping]:
    last = -1
    while found := (
        op.get_bind()
        .execute(sa.select(table).where(table.c.id > last, *conditions).order_by(table.c.id).limit(BATCH))
        .mappings()
        .all()
    ):
        yield from found
        last = found[-1]["id"]


def _index_on_sqlite() -> None:
    op.execute(
        """
        CREATE VIRTUAL TABLE fts_written_text USING fts5(
            search_text, content='written_text', content_rowid='id', columnsize=0, tokenize='trigram case_sensitive 1'
        )
        """
    )
    op.execute("INSERT INTO fts_written_text(fts_written_text) VALUES ('rebuild')")
    added = "INSERT INTO fts_written_text(rowid, search_text) VALUES (NEW.id, NEW.search_text);"
    gone = (
        "INSERT INTO fts_written_text(fts_written_text, rowid, search_text) VALUES ('delete', OLD.id, OLD.search_text);"
    )
    op.execute(f"CREATE TRIGGER written_text_insert_indexes_text AFTER INSERT ON written_text BEGIN {added} END")
    op.execute(f"CREATE TRIGGER written_text_delete_indexes_text AFTER DELETE ON written_text BEGIN {gone} END")
    op.execute(
        f"""
        CREATE TRIGGER written_text_update_indexes_text AFTER UPDATE OF search_text ON written_text
        WHEN OLD.search_text <> NEW.search_text
        BEGIN {gone} {added} END
        """
    )


def _forget_on_sqlite() -> None:
    letter_changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in LETTER_SAYS)
    op.execute(
        f"""
        CREATE TRIGGER client_letter_forgets_text AFTER UPDATE OF {", ".join(LETTER_SAYS)} ON client_letter
        WHEN {letter_changed}
        BEGIN DELETE FROM written_text WHERE letter_id = NEW.id; END
        """  # noqa: S608  # constants
    )
    entry_changed = " OR ".join(
        f"json_extract(OLD.data, '$.{name}') IS NOT json_extract(NEW.data, '$.{name}')" for name in ENTRY_SAYS
    )
    op.execute(
        f"""
        CREATE TRIGGER history_event_forgets_text AFTER UPDATE OF data ON history_event
        WHEN NEW.deal_id IS NOT NULL AND ({entry_changed})
        BEGIN DELETE FROM written_text WHERE deal_id = NEW.deal_id AND number = NEW.number; END
        """  # noqa: S608  # constants
    )


def _index_on_postgresql() -> None:
    """Where the extension could not be installed, there is none: all texts are read."""
    if op.get_bind().scalar(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")) is not None:
        op.execute("CREATE INDEX ix_written_text_search_text ON written_text USING gin (search_text gin_trgm_ops)")


def _forget_on_postgresql() -> None:
    letter_changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in LETTER_SAYS)
    entry_changed = " OR ".join(f"OLD.data -> '{name}' IS DISTINCT FROM NEW.data -> '{name}'" for name in ENTRY_SAYS)
    for table, columns, condition, found in (
        ("client_letter", ", ".join(LETTER_SAYS), letter_changed, "letter_id = NEW.id"),
        (
            "history_event",
            "data",
            f"NEW.deal_id IS NOT NULL AND ({entry_changed})",
            "deal_id = NEW.deal_id AND number = NEW.number",
        ),
    ):
        op.execute(
            f"""
            CREATE FUNCTION forget_text_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                DELETE FROM written_text WHERE {found};
                RETURN NULL;
            END $$
            """  # noqa: S608  # constants
        )
        op.execute(
            f"""
            CREATE TRIGGER {table}_forgets_text AFTER UPDATE OF {columns} ON {table}
            FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION forget_text_of_{table}()
            """
        )
