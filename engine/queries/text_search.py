"""Finding a row by any part of what its ``search_text`` holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, true
from sqlalchemy.orm import InstrumentedAttribute

from engine.policy.search_keys import query_terms

_ESCAPE = "\\"


def matches(column: InstrumentedAttribute[Any] | ColumnElement[Any], q: str) -> ColumnElement[bool]:
    """Every term of ``q`` stands somewhere in ``column``; an empty ``q`` matches all.

    A plain LIKE: PostgreSQL serves it from a trigram index, SQLite reads its smaller tables through.
    """
    terms = query_terms(q)
    if not terms:
        return true()
    return and_(*(column.like(f"%{_literally(term)}%", escape=_ESCAPE) for term in terms))


def _literally(term: str) -> str:
    return term.replace(_ESCAPE, _ESCAPE * 2).replace("%", _ESCAPE + "%").replace("_", _ESCAPE + "_")
