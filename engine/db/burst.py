"""Many small writes in one round trip: PostgreSQL gets them together, SQLite one after another.

Each statement is compiled once per driver and then only given its values: SQLAlchemy's own way through a statement
costs several times what such a statement costs the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, Connection, Delete, Dialect, FromClause, Insert, Select, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from engine.db.round_trip import DOCUMENTS, DUMPS, Raise, Request, TripConnection, guarded, request
from engine.db.types import Written

Write = Insert | Update | Delete
Statement = Write | Select[Any]
Values = Mapping[str, Any]
Process = Callable[[Any], Any]
TextOf = Callable[[Any], bytes | None]

_FEW, _MANY = 8, 64  # new rows of one kind in one statement: each count is a statement that the server prepares


@dataclass(slots=True)
class _Group:
    """Rows with values for the same names, for one statement on ``table``."""

    statement: Write
    table: FromClause
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
        names, table = tuple(values), statement.table
        for group in reversed(self._groups):
            if group.statement is statement and group.names == names:
                group.rows.append(values)
                return
            if group.table is table:
                break
        self._groups.append(_Group(statement, table, names, [values], otherwise))

    def extend(self, other: Burst) -> None:
        """Put what ``other`` holds after what is here."""
        self._groups += other._groups  # the same class

    def clear(self) -> None:
        self._groups.clear()

    def send(self, connection: Connection, *, commits: bool = False) -> bool:
        """Execute everything in the transaction of ``connection``; whether it was committed as well.

        ``commits`` asks for that: on PostgreSQL it costs no trip of its own, SQLite leaves it to the session.
        Raises what SQLAlchemy raises for the driver's errors, and what ``otherwise`` made for rows that were not there.
        """
        groups, self._groups = self._groups, []
        driver: Any = connection.connection.driver_connection
        with errors_of(connection.dialect):
            if isinstance(driver, TripConnection):
                driver.tell(*_requests(connection.dialect, groups), commits=commits)
                return commits
            cursor, known = driver.cursor(), _known_to(connection.dialect)
            for group in groups:
                _execute(cursor, known, connection.dialect, group)
        return False


def _requests(dialect: Dialect, groups: Sequence[_Group]) -> Iterator[Request]:
    known = _known_to(dialect)
    for group in groups:
        for rows in _together(group):
            compiled = _compiled(known, dialect, group.statement, group.names, len(rows))
            sql = compiled.sql if group.otherwise is None else compiled.guarded_sql
            yield Request(sql, compiled.texts(*rows), group.otherwise)


def _execute(cursor: Any, known: _Known, dialect: Dialect, group: _Group) -> None:
    """On SQLite. Its index of texts is written out with each statement, so that rows together cost less there, too."""
    for rows in _together(group):
        compiled = _compiled(known, dialect, group.statement, group.names, len(rows))
        cursor.execute(compiled.sql, compiled.parameters(*rows))
        if group.otherwise is not None and cursor.rowcount != len(rows):
            raise group.otherwise()


def compiled_select(dialect: Dialect, statement: Select[Any], values: Values) -> tuple[str, Sequence[Any]]:
    """A SELECT with its parameters for ``fetch``. Give one and the same object each time: it is compiled once."""
    compiled = _compiled(_known_to(dialect), dialect, statement, tuple(values), 1)
    return compiled.sql, compiled.parameters(values)


def fetch(connection: Connection, sql: str, values: Sequence[Any]) -> list[Any]:
    """All rows of a SELECT in the driver's own words (PostgreSQL: $1, $2, …), in the transaction of ``connection``."""
    driver: Any = connection.connection.driver_connection
    with errors_of(connection.dialect):
        if isinstance(driver, TripConnection):
            return driver.ask(request(sql, values), begins=True)[0]
        found: list[Any] = driver.cursor().execute(sql, values).fetchall()
    return found


class errors_of:  # noqa: N801  # a with block reads like a sentence
    """Let the driver's errors be what SQLAlchemy makes of them."""

    __slots__ = ("_dialect",)

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        dialect = self._dialect
        if isinstance(error, dialect.loaded_dbapi.Error):
            raise DBAPIError.instance(None, None, error, dialect.loaded_dbapi.Error, dialect=dialect) from error


def _together(group: _Group) -> list[list[Values]]:
    """The rows of each statement: a few new ones are cheaper together, whatever else is one row."""
    rows = group.rows
    if len(rows) == 1:
        return [rows]
    if group.otherwise is not None or not isinstance(group.statement, Insert):
        return [[one] for one in rows]
    whole = len(rows) - len(rows) % _MANY
    few, many = range(whole, len(rows), _FEW), range(0, whole, _MANY)
    return [*(rows[at : at + _MANY] for at in many), *(rows[at : at + _FEW] for at in few)]


class _Compiled:
    """A statement for one row, or an INSERT of several rows, in the words of one driver."""

    def __init__(self, dialect: Dialect, statement: Statement, names: tuple[str, ...], together: int) -> None:
        if isinstance(statement, Select):
            compiled = statement.compile(dialect=dialect)
        elif together > 1 and isinstance(statement, Insert):
            compiled = statement.values([dict.fromkeys(names)] * together).compile(dialect=dialect)
        else:
            columns = {column.key for column in statement.table.columns}
            compiled = statement.compile(dialect=dialect, column_keys=[name for name in names if name in columns])
        types = {name: bound.type for bound, name in compiled.bind_names.items()}
        of_rows = {f"{name}_m{index}": (index, name) for index in range(together) for name in names}
        order = compiled.positiontup or list(types)
        numbered = {name: f"${number}" for number, name in enumerate(order, 1)}
        self.sql = str(compiled) if compiled.positional else _in_place_of_names(str(compiled), numbered)
        self.guarded_sql = guarded(self.sql)
        self._places = [(*of_rows.get(name, (0, name)), _process_of(types[name], dialect)) for name in order]
        """Of each placeholder: of which row it is, under which name, and what the driver wants done with its value."""
        self._texts = [
            (index, name, _text_of(types[bound], process))
            for bound, (index, name, process) in zip(order, self._places, strict=True)
        ]
        """The same for PostgreSQL: how its value is written; None where its own type says that."""

    def parameters(self, *rows: Values) -> Sequence[Any]:
        return [
            rows[index][name] if process is None else process(rows[index][name])
            for index, name, process in self._places
        ]

    def texts(self, *rows: Values) -> Sequence[bytes | None]:
        """As ``parameters``, written for PostgreSQL, in one go: a step has a hundred of them."""
        return [
            text_of(rows[index][name])
            if text_of is not None
            else None
            if (value := rows[index][name]) is None
            else DUMPS[type(value)](value)
            for index, name, text_of in self._texts
        ]


def _process_of(kind: TypeEngine[Any], dialect: Dialect) -> Process | None:
    """What the driver wants done with a value of this type. A document goes to PostgreSQL as it is (``Request``)."""
    its = kind.dialect_impl(dialect)
    process = its.bind_processor(dialect)
    if process is None or not isinstance(its, JSON) or dialect.name != "postgresql":
        return process

    def unless_document(value: Any) -> Any:
        return value if value.__class__ in DOCUMENTS else process(value)

    return unless_document


def _in_place_of_names(sql: str, numbered: Mapping[str, str]) -> str:
    """A statement with %(name)s in it, as SQLAlchemy writes for psycopg, with PostgreSQL's own placeholders."""
    return re.sub(r"%\((\w+)\)s", lambda found: numbered[found[1]], sql).replace("%%", "%")


def _text_of(kind: TypeEngine[Any], process: Process | None) -> TextOf | None:
    """How PostgreSQL is written a value of this type, which its driver wants to have gone through ``process``."""
    if isinstance(kind, Written):
        return kind.text_of
    if process is None:
        return None

    def text_of(value: Any) -> bytes | None:
        processed = process(value)
        return None if processed is None else DUMPS[type(processed)](processed)

    return text_of


_Known = dict[tuple[Statement, tuple[str, ...], int], _Compiled]
_kept: WeakKeyDictionary[Dialect, _Known] = WeakKeyDictionary()


def _known_to(dialect: Dialect) -> _Known:
    return _kept.setdefault(dialect, {})


def _compiled(
    known: _Known, dialect: Dialect, statement: Statement, names: tuple[str, ...], together: int
) -> _Compiled:
    key = (statement, names, together)
    found = known.get(key)
    if found is None:
        found = known[key] = _Compiled(dialect, *key)
    return found
