"""PostgreSQL databases for tests, each with a name of its own, each as new.

To copy a database costs PostgreSQL a thousand files: ten times what it costs to delete the rows that a test has left.
So a database that comes back is emptied and renamed for the next test, unless a test has changed its schema.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg
from psycopg import sql
from support.servers import PostgreSQL

from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistorySignature
from engine.model.notice import Notice
from engine.model.timer import Timer
from engine.model.work_item import WorkItem

Connection = psycopg.Connection[tuple[Any, ...]]

_MOST_USES = 30
"""Deleted rows stay in the files, since nothing is vacuumed."""

_END_OTHERS = """
SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_PATIENCE_S = 10.0
_SCHEMA = """
SELECT (SELECT array_agg((oid, relname, relnatts, relchecks) ORDER BY oid)::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace),
       (SELECT array_agg((oid, tgname, tgenabled) ORDER BY oid)::text FROM pg_trigger WHERE NOT tgisinternal)
"""
_WRITTEN_TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
ORDER BY relname
"""
_SEQUENCES = (
    "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace ORDER BY relname"
)


def _lost_references() -> str:
    """Asks which columns of what PostgreSQL does not look up (migration 0052) name a row that is not there."""
    tables = (model.__table__ for model in (HistoryEvent, HistorySignature, Notice, Timer, WorkItem))
    columns = [(key.parent, key.column) for table in tables for key in table.foreign_keys]
    asked = (
        f"SELECT '{one}' FROM {one.table.name} LEFT JOIN {to.table.name} AS known ON known.{to.name} = {one}"  # noqa: S608
        f" WHERE {one} IS NOT NULL AND known.{to.name} IS NULL"
        for one, to in columns
    )
    return " UNION ".join(asked)


_LOST_REFERENCES = _lost_references()
_OTHER_TEXTS = " UNION ".join(
    f"SELECT '{one}' FROM {one} FULL JOIN fts_{one} AS found ON found.id = {one}.id"  # noqa: S608
    f" WHERE found.search_text IS DISTINCT FROM {one}.search_text"
    for one in ("deal", "work_item")
)
"""Asks which tables have rows that are not found by what their text says (migration 0056)."""


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

    def put_into(self, connection: Connection, instead_of: Content | None = None) -> None:
        """Whatever the database held, or what it is known to hold; its triggers and references are not asked."""
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            emptied = _names(connection, _WRITTEN_TABLES) if instead_of is None else instead_of.rows
            deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in emptied]
            connection.execute(sql.SQL("; ").join(deletes))  # in one turn: there are up to a hundred
            for table, told in self.rows.items():
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                    copy.write(told)
            set_one = sql.SQL("setval({}, {}, {})")
            told_sequences = [
                set_one.format(sql.Literal(f'"{name}"'), *map(sql.Literal, stands))
                for name, stands in self.sequences.items()
            ]
            connection.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(told_sequences)))


def _names(connection: Connection, question: str) -> list[str]:
    return [name for (name,) in connection.execute(question.encode())]


def _end_others(connection: Connection) -> None:
    """Whoever else is connected, and return when they have gone: PostgreSQL by itself looks every tenth of a second."""
    ends_at = time.monotonic() + _PATIENCE_S
    while _names(connection, _END_OTHERS) and time.monotonic() < ends_at:
        time.sleep(0.002)


def _stands(connection: Connection, sequence: str) -> tuple[int, bool]:
    ((value, is_called),) = connection.execute(
        sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(sequence))
    )
    return value, is_called


@dataclass
class LentDatabases:
    """Copies of ``template``, a database of ``server``."""

    server: PostgreSQL
    template: str
    _uses: dict[str, int] = field(default_factory=dict)
    _spare: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        with self.server.connect(self.template) as connection:
            self.new = Content.of(connection)
            self._schema = connection.execute(_SCHEMA).fetchall()

    def lend(self) -> str:
        """The name of a database that nobody has seen."""
        name = f"test_{uuid.uuid4().hex}"
        if self._spare:
            spare = self._spare.pop()
            self.server.rename_database(spare, name)
            self._uses[name] = self._uses.pop(spare) + 1
        else:
            self.server.create_database(name, template=self.template)
            self._uses[name] = 1
        return name

    def take_back(self, name: str) -> None:
        """Whoever is still connected to it."""
        if self._uses[name] < _MOST_USES and self._is_as_new(name):
            self._spare.append(name)
        else:
            self._uses.pop(name)
            self.server.drop_database(name)

    def _is_as_new(self, name: str) -> bool:
        """Whether it could be made so."""
        with self.server.connect(name) as connection:
            _end_others(connection)
            if connection.execute(_SCHEMA).fetchall() != self._schema:
                return False
            lost, otherwise_found = _names(connection, _LOST_REFERENCES), _names(connection, _OTHER_TEXTS)
            self.new.put_into(connection)
        assert lost == [], "rows refer to what is not there"
        assert otherwise_found == [], "rows are found by another text than theirs"
        return True
