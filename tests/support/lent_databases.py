"""PostgreSQL databases for tests, each with a name of its own, each as new.

To copy a database costs PostgreSQL a thousand files: ten times what it costs to delete the rows that a test has left.
So a database that comes back is set back to what it held and renamed for the next test, unless a test has changed its
schema. PostgreSQL counts what is done to each table: those that nobody has touched are not looked at.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg
from psycopg import sql
from psycopg.errors import ObjectInUse
from support.servers import PostgreSQL

from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistorySignature
from engine.model.notice import Notice
from engine.model.timer import Timer
from engine.model.work_item import WorkItem

Connection = psycopg.Connection[tuple[Any, ...]]

_MOST_USES = 30
"""Deleted rows stay in the files, since nothing is vacuumed."""

_COUNTS_AT_ONCE = 150_000
"""The version of PostgreSQL from which what is done is counted when its session has ended, not some time later."""

_END_OTHERS = """
SELECT pg_terminate_backend(pid)::text FROM pg_stat_get_activity(NULL)
WHERE datid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""
_PATIENCE_S = 10.0
_SCHEMA = """
WITH ours AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace)
SELECT (SELECT array_agg((oid, relname, relnatts, relchecks) ORDER BY oid)::text FROM ours),
       (SELECT array_agg((oid, tgname, tgenabled) ORDER BY oid)::text FROM pg_trigger WHERE NOT tgisinternal),
       (SELECT array_agg((attrelid, attnum, attname, atttypid, attnotnull, atthasdef) ORDER BY attrelid, attnum)::text
        FROM pg_attribute WHERE attrelid IN (SELECT oid FROM ours)),
       (SELECT array_agg((oid, conname) ORDER BY oid)::text FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace),
       (SELECT array_agg((oid, prosrc) ORDER BY oid)::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
"""
_WRITTEN_TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
ORDER BY relname
"""
_SEQUENCES = (
    "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace ORDER BY relname"
)
_TURNS = """
SELECT relname, CASE relkind
       WHEN 'S' THEN pg_stat_get_blocks_fetched(oid)
       ELSE pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid) + pg_stat_get_tuples_deleted(oid) END
FROM pg_class WHERE relkind IN ('r', 'S')
    AND (relnamespace = 'public'::regnamespace OR oid IN ('pg_class'::regclass, 'pg_trigger'::regclass,
         'pg_attribute'::regclass, 'pg_constraint'::regclass, 'pg_proc'::regclass))
"""
_OF_SCHEMA = {"pg_class", "pg_trigger", "pg_attribute", "pg_constraint", "pg_proc"}
"""Of these tables of PostgreSQL's own `_SCHEMA` tells; a table that is cut off with TRUNCATE changes them too."""


def _lost_references() -> dict[str, str]:
    """Ask which columns of what PostgreSQL does not look up (migration 0052) name a row that is not there, by table."""
    tables = (model.__table__ for model in (HistoryEvent, HistorySignature, Notice, Timer, WorkItem))
    return {
        str(table): " UNION ALL ".join(
            f"(SELECT '{key.parent}' FROM {table} WHERE {key.parent} IS NOT NULL"  # noqa: S608
            f" AND {key.parent} NOT IN (SELECT known.{key.column.name} FROM {key.column.table.name} AS known) LIMIT 1)"
            for key in table.foreign_keys
        )
        for table in tables
    }


_LOST_REFERENCES = _lost_references()
_OTHER_TEXTS = {
    one: f"SELECT '{one}' FROM {one} FULL JOIN fts_{one} AS found ON found.id = {one}.id"  # noqa: S608
    f" WHERE found.search_text IS DISTINCT FROM {one}.search_text"
    for one in ("deal", "work_item")
}
"""Ask whether a table has rows that are not found by what their text says (migration 0056)."""


@dataclass(frozen=True, slots=True)
class Content:
    """All rows of a database, and where its sequences stand."""

    rows: dict[str, bytes]
    sequences: dict[str, tuple[int, bool]]

    @classmethod
    def of(cls, connection: Connection) -> Self:
        rows = {}
        for table in _names(connection, _WRITTEN_TABLES):
            with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
                if told := b"".join(map(bytes, copy)):
                    rows[table] = told
        return cls(rows, {name: _stands(connection, name) for name in _names(connection, _SEQUENCES)})

    def put_into(self, connection: Connection, places: set[str]) -> None:
        """Into the tables and sequences named, whatever they held; triggers and references are not asked."""
        tables, sequences = sorted(places - self.sequences.keys()), sorted(places & self.sequences.keys())
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in tables]
            connection.execute(sql.SQL("; ").join(deletes))  # in one turn: there are up to a hundred
            for table in tables:
                if told := self.rows.get(table):
                    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                        copy.write(told)
            set_one = sql.SQL("setval({}, {}, {})")
            told_sequences = [
                set_one.format(sql.Literal(f'"{name}"'), *map(sql.Literal, self.sequences[name])) for name in sequences
            ]
            if told_sequences:
                connection.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(told_sequences)))

    def differs_from(self, other: Content) -> set[str]:
        """The tables and sequences."""
        tables = {one for one in self.rows | other.rows if self.rows.get(one) != other.rows.get(one)}
        return tables | {one for one, stands in self.sequences.items() if other.sequences[one] != stands}


def _names(connection: Connection, question: str) -> list[str]:
    return [name for (name,) in connection.execute(question.encode())]


def _have_others_gone(connection: Connection) -> bool:
    """End whoever else is connected. PostgreSQL by itself looks every tenth of a second whether they have gone.

    What they have done is counted by then: a session counts it before it is no longer told of.
    """
    ends_at = time.monotonic() + _PATIENCE_S
    while _names(connection, _END_OTHERS):
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.002)
    return True


def _stands(connection: Connection, sequence: str) -> tuple[int, bool]:
    ((value, is_called),) = connection.execute(
        sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(sequence))
    )
    return value, is_called


def _turns(connection: Connection) -> dict[str, int]:
    """How often each table was written to, and each sequence used, as far as sessions that have ended did so."""
    return dict(connection.execute(_TURNS.encode()).fetchall())


def _turns_with_own(connection: Connection) -> dict[str, int]:
    connection.execute("SELECT pg_stat_force_next_flush()")
    return _turns(connection)


@dataclass
class _Copy:
    """``turns``: what PostgreSQL had counted when the copy held ``content`` and nothing else; None: it does not."""

    content: Content
    turns: dict[str, int] | None
    uses: int = 1


@dataclass
class LentDatabases:
    """Copies of ``template``, a database of ``server``."""

    server: PostgreSQL
    template: str
    _lent: dict[str, _Copy] = field(default_factory=dict)
    _spare: dict[str, _Copy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.server.connect(self.template) as connection:
            self.new = Content.of(connection)
            self._schema = connection.execute(_SCHEMA).fetchall()
            self._counts = connection.info.server_version >= _COUNTS_AT_ONCE

    def lend(self) -> str:
        """The name of a database that nobody has seen."""
        name = f"test_{uuid.uuid4().hex}"
        if spare := self._spare_with(self.new):
            self._rename_spare(spare, name)
        else:
            self.server.create_database(name, template=self.template)
            self._lent[name] = _Copy(self.new, {} if self._counts else None)
        return name

    def fill(self, name: str, content: Content, connect: Callable[[], AbstractContextManager[Connection]]) -> None:
        """Let the database that was lent as ``name``, as yet as new, hold ``content``: by ``connect`` if it must."""
        spare = self._spare_with(content)
        if spare and self._is_put_aside(name):
            self._rename_spare(spare, name)
            return
        with connect() as connection:
            content.put_into(connection, content.differs_from(self.new))
        self._lent[name].content = content

    def _spare_with(self, content: Content) -> str | None:
        """That which came back first: of a later one PostgreSQL may still be ending the last session."""
        return next((name for name, copy in self._spare.items() if copy.content is content), None)

    def _rename_spare(self, spare: str, name: str) -> None:
        self.server.rename_database(spare, name)
        copy = self._lent[name] = self._spare.pop(spare)
        copy.uses += 1

    def _is_put_aside(self, name: str) -> bool:
        """Whether a lent database could be made a spare one: not while somebody is connected to it."""
        spare = f"spare_{uuid.uuid4().hex}"
        try:
            self.server.rename_database(name, spare)
        except ObjectInUse:
            return False
        self._spare[spare] = self._lent.pop(name)
        self._spare[spare].uses -= 1
        return True

    def take_back(self, name: str) -> None:
        """Whoever is still connected to it."""
        copy = self._lent.pop(name)
        if copy.uses < _MOST_USES and self._is_set_back(name, copy):
            self._spare[name] = copy
        else:
            self.server.drop_database(name)

    def _is_set_back(self, name: str, copy: _Copy) -> bool:
        """Whether it could be made to hold what it is kept for."""
        with self.server.connect(name) as connection:
            if not _have_others_gone(connection):
                return False
            turns = _turns(connection)
            touched = {one for one in turns if copy.turns is None or turns[one] != copy.turns.get(one, 0)}
            if touched & _OF_SCHEMA:
                if connection.execute(_SCHEMA).fetchall() != self._schema:
                    return False
                touched = set(turns)
            lost = _found_in(connection, _LOST_REFERENCES, touched | copy.content.rows.keys())
            otherwise_found = _found_in(connection, _OTHER_TEXTS, {one.removeprefix("fts_") for one in touched})
            copy.content.put_into(connection, touched - _OF_SCHEMA)
            copy.turns = _turns_with_own(connection) if self._counts else None
        assert lost == [], "rows refer to what is not there"
        assert otherwise_found == [], "rows are found by another text than theirs"
        return True


def _found_in(connection: Connection, questions: dict[str, str], tables: set[str]) -> list[str]:
    asked = [question for table, question in questions.items() if table in tables]
    return _names(connection, " UNION ALL ".join(asked)) if asked else []
