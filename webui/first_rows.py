"""The first rows of a table that is long in a large company; all of them at one press."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

from webui.listed_pages import address_with

FIRST_SHOWN = 50
"""A report of a thousand people was a megabyte, of which its readers looked at the first screen."""

_ALL = "all"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class FirstRows(Generic[Row]):
    """``items`` are shown of ``count``; ``all_url`` is where all are, None where none is left out."""

    items: Sequence[Row]
    count: int
    all_url: str | None


def first_rows(rows: Sequence[Row]) -> FirstRows[Row]:
    """The first of ``rows`` in their order, or all where the address asks for them. Totals are counted of ``rows``."""
    if request.args.get("rows") == _ALL or len(rows) <= FIRST_SHOWN:
        return FirstRows(rows, len(rows), None)
    return FirstRows(rows[:FIRST_SHOWN], len(rows), address_with(rows=_ALL))
