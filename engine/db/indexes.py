"""Indexes of some rows only: those that a search through them can find."""

from __future__ import annotations

from sqlalchemy import Index, text


def index_of_known(name: str, *columns: str) -> Index:
    """An index of the rows whose first column is known: a search that compares it with a value finds no others."""
    return index_where(f"{columns[0]} IS NOT NULL", name, *columns)


def index_where(condition: str, name: str, *columns: str) -> Index:
    """An index of the rows that ``condition`` holds for; a search has to say so in the same words."""
    return Index(name, *columns, postgresql_where=text(condition), sqlite_where=text(condition))
