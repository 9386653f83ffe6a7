"""Long lists read in the order of an index: one short read for each part that an index serves, and these merged.

A condition with OR or IN, and values of which some are missing, have every row of a list read and sorted for each of
its pages. Their parts have not: each begins at the cursor's row and ends with the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, literal, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute

Parts = Iterable[Sequence[ColumnElement[bool]]]
"""The conditions of each part; no row is in two of them."""


def smallest_first(
    column: InstrumentedAttribute[Any], ids: InstrumentedAttribute[int], parts: Parts, *, after: Any, size: int
) -> Select[*tuple[Any, ...]]:
    """Ids of the next ``size`` + 1 rows by ``column``, those without a value last, and by id.

    ``after`` is the key of the last row shown: its value and its id, or None.
    """
    value, last_id = after or (None, 0)
    valued_is_over = after is not None and value is None
    reads = []
    for part in parts:
        every = select(ids.label("id"), column.label("value")).where(*part)
        if not valued_is_over:
            valued = every.where(column.is_not(None))
            if value is not None:
                valued = valued.where(tuple_(column, ids) > _key(column, value, last_id))
            reads.append(valued.order_by(column, ids).limit(size + 1))
        empty = every.where(column.is_(None))
        if valued_is_over:
            empty = empty.where(ids > last_id)
        reads.append(empty.order_by(ids).limit(size + 1))
    if not reads:
        return select(ids).where(ids.is_(None))
    merged = union_all(*(select(read.subquery()) for read in reads)).subquery("merged")
    return select(merged.c.id).order_by(merged.c.value.asc().nulls_last(), merged.c.id).limit(size + 1)


def largest_first(
    column: ColumnElement[Any], ids: InstrumentedAttribute[int], parts: Parts, *, after: Any, size: int
) -> Select[*tuple[Any, ...]]:
    """The same the other way round, by a ``column`` in which every row has a value."""
    reads = []
    for part in parts:
        read = select(ids.label("id"), column.label("value")).where(*part)
        if after is not None:
            read = read.where(tuple_(column, ids) < _key(column, *after))
        reads.append(read.order_by(column.desc(), ids.desc()).limit(size + 1))
    if not reads:
        return select(ids).where(ids.is_(None))
    merged = union_all(*(select(read.subquery()) for read in reads)).subquery("merged")
    return select(merged.c.id).order_by(merged.c.value.desc(), merged.c.id.desc()).limit(size + 1)


def _key(column: Any, value: Any, last_id: int) -> Any:
    return tuple_(literal(value, column.type), literal(last_id, BigInteger))
