"""Whole rows of joined tables as objects of a session, at little more than the cost of their statement.

SQLAlchemy plans anew, with every execution, how each column of each class reaches its attribute; for the rows that
every step locks that costs twice what the statement costs. Here the plan is made once per driver. What is loaded is
what SQLAlchemy would have loaded: the same objects by identity, with the attributes that were not read loaded when
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Select, select
from sqlalchemy.orm import InstanceState, QueryableAttribute, Session
from sqlalchemy.orm.attributes import instance_dict, instance_state

from engine.db.base import Base
from engine.db.burst import Values, compiled_select, fetch

Process = Callable[[Any], Any]


class Part:
    """Rows of one class. ``columns`` are read, by default all that are not deferred.

    ``of`` is the relationship of an earlier part that leads here: it is set to the object.
    """

    def __init__(
        self,
        model: type[Base],
        *,
        of: QueryableAttribute[Any] | None = None,
        columns: Sequence[QueryableAttribute[Any]] = (),
    ) -> None:
        mapper = model.__mapper__
        every = [one.key for one in mapper.column_attrs if not one.deferred]
        wanted = [one.key for one in columns] or every
        self.model = model
        self.of = of
        self.names = tuple(wanted)
        self.columns = tuple(getattr(model, name) for name in wanted)
        self.unread = frozenset(every) - set(wanted)
        (key,) = (mapper.get_property_by_column(column).key for column in mapper.primary_key)
        self.key_at = self.names.index(key)


class JoinedRows:
    """A SELECT of ``parts``, each row of which gives one object of each, and of the values of ``more``.

    All values that the statement compares with are parameters by name.
    """

    def __init__(self, *parts: Part, more: Sequence[Any] = (), build: Callable[[Select[Any]], Select[Any]]) -> None:
        self._parts = parts
        columns = [column for part in parts for column in part.columns]
        self._statement = build(select(*columns, *more))
        self._places: dict[Any, int] = {part.model: place for place, part in enumerate(parts)}
        self._processes: WeakKeyDictionary[Dialect, list[Process | None]] = WeakKeyDictionary()

    def one_or_none(self, session: Session, values: Values) -> tuple[list[Any], Sequence[Any]] | None:
        """The objects in the order of the parts, as the row says now, and the further values; None without a row.

        Pending changes of the session are written before, and lost from objects that it held already: they show the
        row. Raises ValueError when there are several rows.
        """
        session.flush()
        connection = session.connection()
        found = fetch(connection, *compiled_select(connection.dialect, self._statement, values))
        if not found:
            return None
        (row,) = found
        processes = self._processes.get(connection.dialect)
        if processes is None:
            processes = self._processes[connection.dialect] = self._processes_of(connection.dialect)
        # Of every type NULL is None, also to the driver.
        pairs = zip(row, processes, strict=True)
        read = [one if process is None or one is None else process(one) for one, process in pairs]
        return self._objects(session, read)

    def _objects(self, session: Session, read: list[Any]) -> tuple[list[Any], Sequence[Any]]:
        objects: list[Any] = []
        at = 0
        for part in self._parts:
            end = at + len(part.names)
            objects.append(_loaded(session, part, read[at:end]))
            at = end
        for part, one in zip(self._parts, objects, strict=True):
            if part.of is not None:
                leading = objects[self._places[part.of.class_]]
                instance_dict(leading)[part.of.key] = one
        return objects, read[at:]

    def _processes_of(self, dialect: Dialect) -> list[Process | None]:
        types = [column.type for column in self._statement.selected_columns]
        return [one.dialect_impl(dialect).result_processor(dialect, None) for one in types]


def _loaded(session: Session, part: Part, values: Sequence[Any]) -> Any:
    """The session's object of the row, made where it has none."""
    mapper = part.model.__mapper__
    identity = mapper.identity_key_from_primary_key((values[part.key_at],))
    known = session.identity_map.get(identity)
    one = mapper.class_manager.new_instance() if known is None else known
    state: InstanceState[Any] = instance_state(one)
    loaded = instance_dict(one)
    loaded.update(zip(part.names, values, strict=True))
    if known is None:
        state.key = identity
        state.session_id = session.hash_key
        session.identity_map.add(state)
        state.expired_attributes.update(part.unread)
        return one
    state.expired_attributes.difference_update(part.names)
    state.expired_attributes.update(part.unread - loaded.keys())
    state._commit_all(loaded, session.identity_map)  # noqa: SLF001  # as SQLAlchemy's own loading ends
    return one
