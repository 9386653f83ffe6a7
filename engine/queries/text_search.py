"""Finding a row by any part of what its ``search_text`` holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from sqlalchemy import ColumnElement, SQLColumnExpression, String, Table, TableClause, and_, literal, select, text, true
from sqlalchemy import column as named_column
from sqlalchemy import table as named_table
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.policy.search_keys import query_terms

_ESCAPE = "\\"
_TWO_TOGETHER = re.compile(r"[^\W_]{2}")
_TRIGRAM = 3  # the shortest part that an index of trigrams can find
_MOST_LISTED = 200  # rows; what more rows hold is met soon when a list is read in its order
_INDEXED = ("client", "contact", "deal", "work_item", "written_text")
_APART = {
    name: named_table(f"fts_{name}", named_column("id"), named_column("search_text", String))
    for name in ("deal", "work_item")
}
"""PostgreSQL has the texts of what changes often in these, kept by triggers, and their index."""


def has_indexed_term(q: str) -> bool:
    """Whether an index can find something of ``q``: without, every text would have to be read.

    PostgreSQL's trigrams are of letters and digits, and of the edge of a word: of "к-т" and "..." it has none.
    """
    return any(len(term) >= _TRIGRAM and _TWO_TOGETHER.search(term) for term in query_terms(q))


def holds(texts: SQLColumnExpression[str], q: str) -> ColumnElement[bool]:
    """Every term of ``q`` stands somewhere in ``texts``; an empty ``q`` matches all."""
    return and_(true(), *(texts.like(_pattern(term), escape=_ESCAPE) for term in query_terms(q)))


def matches(session: Session, column: InstrumentedAttribute[str], q: str) -> ColumnElement[bool]:
    """Every term of ``q`` stands somewhere in ``column``; an empty ``q`` matches all.

    The index of trigrams is asked first, and once: where few rows hold the terms, they are named, so that a list made
    of several reads does not search again with each of them. Where many do, a plain LIKE filters what is read in order.
    """
    found = holds(column, q)
    rows = few_rows(session, column, q)
    if rows is None:
        return found
    named = cast("Table", column.class_.__table__).c.id.in_(rows)
    return named & found if any(len(term) < _TRIGRAM for term in query_terms(q)) else named


def few_rows(session: Session, column: InstrumentedAttribute[str], q: str) -> list[int] | None:
    """The ids of rows that hold the terms of ``q``; None where there are many of them, or no index to ask.

    On SQLite they need not hold the terms that are shorter than a trigram.
    """
    terms = query_terms(q)
    table = cast("Table", column.class_.__table__)
    long = [term for term in terms if len(term) >= _TRIGRAM]
    if not long or table.name not in _INDEXED:
        return None
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    rows = _rows_by_full_text(session, table, long) if is_sqlite else _rows_by_like(session, table, terms)
    return rows if len(rows) <= _MOST_LISTED else None


def _rows_by_like(session: Session, table: Table, terms: Sequence[str]) -> list[int]:
    """The ids of rows that hold all terms, of one more than may be listed at most; PostgreSQL has an index for it.

    The patterns stand in the statement itself: how common they are decides whether the index or the table is read.
    """
    apart: TableClause = _APART.get(table.name, table)
    row_id, texts = apart.c["id", "search_text"]
    patterns = (literal(_pattern(term), texts.type, literal_execute=True) for term in terms)
    found = (texts.like(pattern, escape=_ESCAPE) for pattern in patterns)
    return list(session.scalars(select(row_id).where(*found).limit(_MOST_LISTED + 1)))


def _rows_by_full_text(session: Session, table: Table, terms: Sequence[str]) -> list[int]:
    """The same by SQLite's index of trigrams, which is a table of its own."""
    index = f"fts_{table.name}"
    wanted = " AND ".join('"{}"'.format(term.replace('"', '""')) for term in terms)
    statement = text(f"SELECT rowid FROM {index} WHERE {index} MATCH :wanted LIMIT {_MOST_LISTED + 1}")  # noqa: S608  # own names
    return list(session.scalars(statement, {"wanted": wanted}))


def _pattern(term: str) -> str:
    literally = term.replace(_ESCAPE, _ESCAPE * 2).replace("%", _ESCAPE + "%").replace("_", _ESCAPE + "_")
    return f"%{literally}%"
