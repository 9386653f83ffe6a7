"""Many small writes in one round trip: PostgreSQL gets them in a pipeline, SQLite one after another.

Each statement is compiled once per driver and then only given its values: SQLAlchemy's own way through a statement
costs several times what such a statement costs the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import capabilities
from sqlalchemy import Connection, Delete, Dialect, FromClause, Insert, Update
from sqlalchemy.exc import DBAPIError

Write = Insert | Update | Delete
Values = Mapping[str, Any]
Raise = Callable[[], Exception]


@dataclass(slots=True)
class _Group:
    """Rows with values for the same names, for one statement."""

    statement: Write
    names: tuple[str, ...]
    rows: list[Values]
    otherwise: Raise | None


class Burst:
    """Statements in the order in which they came; those of one kind go together as far as their table cannot notice."""

    def __init__(self) -> None:
        self._groups: list[_Group] = []

    def __bool__(self) -> bool:
        return bool(self._groups)

    def add(self, statement: Write, values: Values, *, otherwise: Raise | None = None) -> None:
        """Add one row. ``values`` are by column for INSERT and SET, and by name for the parameters of a WHERE.

        ``otherwise`` makes the exception for when no row was there.
        """
        names = tuple(values)
        for group in reversed(self._groups):
            if group.statement is statement and group.names == names:
                group.rows.append(values)
                return
            if _table(group.statement) is _table(statement):
                break
        self._groups.append(_Group(statement, names, [values], otherwise))

    def extend(self, other: Burst) -> None:
        """Put what ``other`` holds after what is here."""
        self._groups += other._groups  # the same class

    def clear(self) -> None:
        self._groups.clear()

    def send(self, connection: Connection) -> None:
        """Execute everything in the transaction of ``connection``.

        Raises what SQLAlchemy raises for the driver's errors, and what ``otherwise`` made for rows that were not there.
        """
        groups, self._groups = self._groups, []
        dialect, driver = connection.dialect, _driver(connection)
        cursors: list[Any] = []
        try:
            with _one_trip(driver, dialect, groups):
                for group in groups:
                    compiled = _compiled(dialect, group.statement, group.names)
                    cursors.append(cursor := driver.cursor())
                    if len(group.rows) == 1:
                        cursor.execute(compiled.sql, compiled.parameters(group.rows[0]))
                    else:
                        cursor.executemany(compiled.sql, [compiled.parameters(row) for row in group.rows])
        except dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(None, None, error, dialect.loaded_dbapi.Error, dialect=dialect) from error
        for group, cursor in zip(groups, cursors, strict=True):
            if group.otherwise is not None and cursor.rowcount != len(group.rows):
                raise group.otherwise()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _table(statement: Write) -> FromClause:
    return statement.table


def _one_trip(driver: Any, dialect: Dialect, groups: Sequence[_Group]) -> AbstractContextManager[Any]:
    is_alone = len(groups) == 1 and len(groups[0].rows) == 1
    if is_alone or dialect.name != "postgresql" or not _has_pipeline():
        return nullcontext()
    pipeline: AbstractContextManager[Any] = driver.pipeline()
    return pipeline


@lru_cache
def _has_pipeline() -> bool:
    """Whether the client library is new enough."""
    return capabilities.has_pipeline()


class _Compiled:
    """A statement in the words of one driver."""

    def __init__(self, dialect: Dialect, statement: Write, names: tuple[str, ...]) -> None:
        columns = {column.key for column in statement.table.columns}
        compiled = statement.compile(dialect=dialect, column_keys=[name for name in names if name in columns])
        self.sql = str(compiled)
        types = {name: bound.type for bound, name in compiled.bind_names.items()}
        order = compiled.positiontup or list(types)
        self._is_positional = compiled.positiontup is not None
        self._processors = [(name, types[name].dialect_impl(dialect).bind_processor(dialect)) for name in order]

    def parameters(self, row: Values) -> tuple[Any, ...] | dict[str, Any]:
        if self._is_positional:
            return tuple(row[name] if process is None else process(row[name]) for name, process in self._processors)
        return {name: row[name] if process is None else process(row[name]) for name, process in self._processors}


_kept: WeakKeyDictionary[Dialect, dict[tuple[Write, tuple[str, ...]], _Compiled]] = WeakKeyDictionary()


def _compiled(dialect: Dialect, statement: Write, names: tuple[str, ...]) -> _Compiled:
    known = _kept.setdefault(dialect, {})
    found = known.get((statement, names))
    if found is None:
        found = known[statement, names] = _Compiled(dialect, statement, names)
    return found
