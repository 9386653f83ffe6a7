"""Finding a row by any part of what its ``search_text`` holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, text, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.policy.search_keys import query_terms

_ESCAPE = "\\"
_TRIGRAM = 3  # the shortest part that an index of trigrams can find
_MOST_LISTED = 200  # rows; what more rows hold is met soon when a list is read in its order
_INDEXED_ON_SQLITE = ("client", "contact", "deal", "work_item")


def matches(session: Session, column: InstrumentedAttribute[str], q: str) -> ColumnElement[bool]:
    """Every term of ``q`` stands somewhere in ``column``; an empty ``q`` matches all.

    A plain LIKE: PostgreSQL serves it from a trigram index. SQLite's index of trigrams is a table of its own: it is
    asked first, and where few rows hold the terms, they are named.
    """
    terms = query_terms(q)
    if not terms:
        return true()
    found = and_(*(column.like(f"%{_literally(term)}%", escape=_ESCAPE) for term in terms))
    table = cast("Table", column.class_.__table__)
    long = [term for term in terms if len(term) >= _TRIGRAM]
    if not long or session.get_bind().dialect.name != "sqlite" or table.name not in _INDEXED_ON_SQLITE:
        return found
    rows = _rows_with(session, table, long)
    return found if len(rows) > _MOST_LISTED else and_(table.c.id.in_(rows), found)


def _rows_with(session: Session, table: Table, terms: Sequence[str]) -> list[int]:
    """The ids of rows that hold all terms, of one more than may be listed at most."""
    index = f"fts_{table.name}"
    wanted = " AND ".join('"{}"'.format(term.replace('"', '""')) for term in terms)
    statement = text(f"SELECT rowid FROM {index} WHERE {index} MATCH :wanted LIMIT {_MOST_LISTED + 1}")  # noqa: S608  # own names
    return list(session.scalars(statement, {"wanted": wanted}))


def _literally(term: str) -> str:
    return term.replace(_ESCAPE, _ESCAPE * 2).replace("%", _ESCAPE + "%").replace("_", _ESCAPE + "_")
