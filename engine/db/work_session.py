"""A session that writes its plain rows in one burst, once per transaction.

SQLAlchemy's unit of work sorts what it writes by every dependency that a mapping could have, sends each row on its own
and pays for both with every row. Most of what a step writes has no such dependency: its foreign keys are columns that
are known before. Classes that say so (``Base.is_plain``) are written directly; as soon as a row of another class is to
be written, or a relationship says something else than its column, SQLAlchemy writes them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnDefault, ColumnElement, Table, Update, bindparam, insert, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.attributes import instance_dict, instance_state
from sqlalchemy.orm.base import NO_VALUE
from sqlalchemy.orm.exc import StaleDataError

from engine.db.base import Base
from engine.db.burst import Burst, Values, Write, fetch
from engine.db.round_trip import Raise

T = TypeVar("T", bound=Base)

_RESERVED = "reserved_numbers"


class WorkSession(Session):
    """The session of every transaction of the product."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.postponed = Burst()

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        if not (self._new or self._dirty_states or self._deleted or self.postponed):
            return
        if not self._flushing and objects is None and self._is_plain():
            self._write()
            return
        super().flush(objects)
        if not self._flushing and self.postponed:
            self._send(self.postponed)

    def commit(self) -> None:
        self._write_to_end()
        super().commit()  # of what is committed in the same trip, only the session has to be told

    def finish(self) -> None:
        """As ``commit`` and ``close`` behind it, for the end of a session.

        SQLAlchemy takes as long for a commit that has happened in the same trip as for one that it makes; to be closed,
        it need not hear of it. Whoever listens for commits hears of this one, too.
        """
        if self._write_to_end():
            self.dispatch.after_commit(self)
        else:
            super().commit()
        self.close()

    def _write_to_end(self) -> bool:
        """Write everything that waits; whether it was committed as well."""
        if self._is_plain() and not self.in_nested_transaction():
            return self._write(commits=True)
        self.flush()
        return False

    def rollback(self) -> None:
        self.postponed.clear()
        super().rollback()

    def _is_plain(self) -> bool:
        if self._deleted:
            return False
        return all(state.class_.is_plain and _says_columns(state) for state in (*self._new, *self._dirty_states))

    def _write(self, *, commits: bool = False) -> bool:
        """Insert the new objects, parents first, update the changed ones, then what was postponed.

        Whether it was committed as well, which ``commits`` asks for.
        """
        burst = Burst()
        new = sorted(self._new, key=lambda state: (_plans[state.class_].rank, state.insert_order))
        changed = list(self._dirty_states)
        unnumbered = [state.obj() for state in new if not _plans[state.class_].has_key(state.dict)]
        if unnumbered:
            number(self, unnumbered)
        for state in new:
            _plans[state.class_].insert_into(burst, state)
        for state in changed:
            _plans[state.class_].update_in(burst, state)
        burst.extend(self.postponed)
        self.postponed.clear()
        is_committed = bool(burst) and self._send(burst, commits=commits)
        if self.in_nested_transaction():  # of which the session has to know what it changed
            new += changed
        else:
            told = [(state, state.dict) for state in changed]
            InstanceState._commit_all_states(told, self.identity_map)  # noqa: SLF001  # as SQLAlchemy's own flush ends
        if new:
            self._register_persistent(set(new))
        return is_committed

    def _send(self, burst: Burst, *, commits: bool = False) -> bool:
        return burst.send(self.connection(), commits=commits)


def postpone(session: Session, statement: Write, values: Values, *, otherwise: Raise | None = None) -> None:
    """Execute ``statement`` with ``values`` when the session is flushed next, after its objects are written.

    Give one and the same object for the same statement each time: it is compiled once. ``otherwise`` makes the
    exception for when no row was there.
    """
    work: Any = session  # a WorkSession: every session of the product is
    work.postponed.add(statement, values, otherwise=otherwise)


def append(session: Session, model: type[Base], **values: Any) -> None:
    """Insert a row of which no object is needed any more, when the session is flushed next."""
    plan = _plans[model]
    postpone(session, plan.insertion, plan.row(values))


def new_row(model: type[T], **values: Any) -> T:
    """An object for a new row of a plain class, of columns only.

    As ``model(**values)`` makes it, without telling SQLAlchemy of each value apart: nobody has to hear of what is new.
    """
    one: T = model.__mapper__.class_manager.new_instance()
    instance_dict(one).update(values)
    return one


def change(one: Base, **values: Any) -> None:
    """Set several columns of an object.

    As setting one after the other, but SQLAlchemy is told once that the row changes, not of each column apart: no
    validator hears of any but the first.
    """
    (first, told), *others = values.items()
    setattr(one, first, told)
    row, before = instance_dict(one), instance_state(one).committed_state
    for name, value in others:
        before.setdefault(name, row.get(name, NO_VALUE))
        row[name] = value


def add_rows(session: Session, rows: Iterable[Base]) -> None:
    """``session.add_all`` for what ``new_row`` made: no other object hangs on it, so none is looked for."""
    for one in rows:
        session._save_impl(instance_state(one))  # noqa: SLF001  # what add ends in


class ReservedNumbers(ColumnElement[list[int]]):
    """A column for a statement that reads something else: numbers for ``count`` new rows of ``model``, on PostgreSQL.

    What it gives is told to ``reserve``; what is then not used stays a gap. SQLite gives nothing.
    """

    inherit_cache = False  # its SQL depends on what it was made of

    def __init__(self, model: type[Base], count: int) -> None:
        (key,) = model.__mapper__.primary_key
        self.sequence, self.count = f"{model.__tablename__}_{key.name}_seq", count


@compiles(ReservedNumbers)
def _nothing_reserved(_element: ReservedNumbers, _compiler: Any, **_: Any) -> str:
    return "NULL"


@compiles(ReservedNumbers, "postgresql")
def _reserved(element: ReservedNumbers, _compiler: Any, **_: Any) -> str:
    each = f"nextval('{element.sequence}')"
    return f"ARRAY[{', '.join([each] * element.count)}]"


def reserve(session: Session, model: type[Base], numbers: Sequence[int] | None) -> None:
    """Let new rows of ``model`` have these numbers: spares asking for them."""
    session.info.setdefault(_RESERVED, {}).setdefault(model, []).extend(numbers or ())


def number(session: Session, objects: Iterable[Any]) -> None:
    """Give new objects their row numbers ahead of their rows, so that others can name them."""
    by_plan: dict[_Plan, list[Any]] = {}
    for one in objects:
        by_plan.setdefault(_plans[type(one)], []).append(one)
    for plan, alike in by_plan.items():
        waiting = (state.dict for state in session._new if _plans[state.class_] is plan)  # noqa: SLF001  # as below
        given = [values[plan.key] for values in waiting if plan.has_key(values)]
        for one, row_number in zip(alike, plan.numbers(session, len(alike), given=given), strict=True):
            setattr(one, plan.key, row_number)


class _Plan:
    """How the rows of one plain class are written."""

    def __init__(self, model: type[Base]) -> None:
        mapper: Mapper[Any] = model.__mapper__
        self._model = model
        self._table = cast("Table", model.__table__)
        self._columns = frozenset(column.key for column in self._table.columns)
        self._defaults = {
            column.key: column.default for column in self._table.columns if isinstance(column.default, ColumnDefault)
        }
        self._empty = dict.fromkeys(self._columns)
        self._keys = tuple(column.key for column in self._table.primary_key.columns)
        version = mapper.version_id_col
        self._version = None if version is None else str(version.key)
        self.rank = Base.metadata.sorted_tables.index(self._table)
        self.insertion = insert(self._table)
        self.references = tuple(
            (
                relationship.key,
                tuple((str(own.key), str(its.key)) for own, its in relationship.local_remote_pairs or ()),
            )
            for relationship in mapper.relationships
        )
        """The many-to-one relationships, each with its pairs of own and referred columns."""
        self.referring = frozenset(name for name, _ in self.references)
        self._updating = self._update()

    @property
    def key(self) -> str:
        (key,) = self._keys
        return key

    def has_key(self, values: Values) -> bool:
        return all(values.get(key) is not None for key in self._keys)

    def row(self, values: Values) -> dict[str, Any]:
        """The values, and the defaults of columns that have none."""
        row = dict(values)
        for name, default in self._defaults.items():
            if name not in row:
                row[name] = default.arg(None) if default.is_callable else default.arg
        return row

    def insert_into(self, burst: Burst, state: InstanceState[Any]) -> None:
        values = state.dict
        row = self.row({name: value for name, value in values.items() if name in self._columns})
        values.update(self._empty | row)
        burst.add(self.insertion, row)

    def update_in(self, burst: Burst, state: InstanceState[Any]) -> None:
        """The columns that changed, where the row still has the version that was read."""
        values = state.dict
        changed = {
            name: values[name]
            for name, before in state.committed_state.items()
            if name in self._columns and (before is NO_VALUE or before != values[name])
        }
        if not changed:
            return
        where = {f"key_{name}": values[name] for name in self._keys}
        if self._version is not None:
            version = values[self._version]
            where["key_version"] = version
            values[self._version] = changed[self._version] = version + 1
        burst.add(self._updating, changed | where, otherwise=self._stale)

    def numbers(self, session: Session, count: int, *, given: Iterable[int] = ()) -> list[int]:
        """New numbers. ``given`` are those of rows that are not written yet."""
        reserved: list[int] = session.info.get(_RESERVED, {}).get(self._model, [])
        if len(reserved) >= count:
            numbers, reserved[:] = reserved[:count], reserved[count:]
            return numbers
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            taken = f"SELECT nextval('{self._table.name}_{self.key}_seq') FROM generate_series(1, $1::integer)"  # noqa: S608  # the model's own names
            return [one for (one,) in fetch(connection, taken, (count,))]
        written = [one or 0 for (one,) in fetch(connection, _last_number_on_sqlite(self._table, self.key), ())]
        last = max((0, *written, *given))
        return [last + 1 + index for index in range(count)]  # nobody else writes meanwhile

    def _update(self) -> Update:
        statement = update(self._table)
        for name in self._keys:
            statement = statement.where(self._table.columns[name] == bindparam(f"key_{name}"))
        if self._version is not None:
            statement = statement.where(self._table.columns[self._version] == bindparam("key_version"))
        return statement

    def _stale(self) -> Exception:
        return StaleDataError(f"a row of {self._table.name} is not as it was read")


def _last_number_on_sqlite(table: Table, key: str) -> str:
    """What asks for it: of all rows that there were, where none is given twice, else of those that there are."""
    if table.dialect_options["sqlite"]["autoincrement"]:
        return f"SELECT seq FROM sqlite_sequence WHERE name = '{table.name}'"  # noqa: S608  # the model's own names
    return f"SELECT max({key}) FROM {table.name}"  # noqa: S608  # as above


class _Plans(dict[type[Base], _Plan]):
    """The plan of each class, made when it is first asked for."""

    def __missing__(self, model: type[Base]) -> _Plan:
        plan = self[model] = _Plan(model)
        return plan


_plans = _Plans()


def _says_columns(state: InstanceState[Any]) -> bool:
    """Whether every relationship that was set since says what its column says."""
    values, plan = state.dict, _plans[state.class_]
    said = values if state.key is None else state.committed_state
    if plan.referring.isdisjoint(said):
        return True
    for name, columns in plan.references:
        if name not in said:
            continue
        other = values.get(name)
        if any(values.get(own) != (None if other is None else getattr(other, its)) for own, its in columns):
            return False
    return True
