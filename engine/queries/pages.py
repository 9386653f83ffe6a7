"""A page of a list, and the opaque cursor that names where the next one begins.

A cursor holds the sort key of the last row shown (keyset), so that page 1,000 costs what page 1 costs and a row that
arrives meanwhile neither doubles nor hides another.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar

import orjson

from engine.errors import N_, DomainError

T = TypeVar("T")

LONGEST_PAGE = 200
READ_AT_ONCE = 5_000
"""Rows of one read of a file: few enough to be held, many enough that a large list is not found and sorted often."""
_LARGEST_ID = 2**63 - 1


class CursorNotUnderstood(DomainError):
    """The cursor was not made by this list in this order."""

    code: ClassVar[str] = "cursor_not_understood"
    template: ClassVar[str] = N_("This page of the list cannot be found. Start from the first page.")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``total`` is None where counting would cost more than showing."""

    items: tuple[T, ...]
    next_cursor: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class ListOrder:
    """What the rows of a list are sorted by, each part of its kind, the last one a whole number that no two rows share.

    ``name`` stands in the cursors: texts, moments and ids look alike in every list, so that by the cursor of another
    list, or of this one in another order, a page would begin anywhere. No two orders have one name.
    """

    name: str
    kinds: tuple[type, ...]

    def after(self, cursor: str | None) -> tuple[Any, ...] | None:
        """The sort key behind which the page begins; None without a cursor. Raises CursorNotUnderstood.

        Any part but a whole number may be None: the row had no value to sort by.
        """
        if not cursor:
            return None
        try:
            parts = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            if not isinstance(parts, list) or parts[:1] != [self.name]:
                raise CursorNotUnderstood(field="cursor")
            return tuple(_part(part, kind) for part, kind in zip(parts[1:], self.kinds, strict=True))
        except (binascii.Error, ValueError, TypeError, ArithmeticError) as error:
            raise CursorNotUnderstood(field="cursor") from error

    def cursor(self, key: Sequence[Any]) -> str:
        """Texts, whole numbers, None, dates, aware datetimes and decimals survive."""
        return urlsafe_b64encode(orjson.dumps([self.name, *key], default=str)).decode().rstrip("=")

    def page(self, rows: Sequence[T], *, limit: int, cursor: str | None, key: Callable[[T], Sequence[Any]]) -> Page[T]:
        """The page from up to ``limit`` + 1 rows read: the one too many says that there is a next page."""
        items = tuple(rows[:limit])
        if len(rows) > limit:
            return Page(items, next_cursor=self.cursor(key(items[-1])))
        return Page(items, total=len(items) if cursor is None else None)


def page_size(limit: int, longest: int = LONGEST_PAGE) -> int:
    """A limit from outside, brought between 1 and ``longest``."""
    return max(1, min(limit, longest))


def _part(part: Any, kind: type) -> Any:
    if part is None and kind is not int:
        return None
    if kind is datetime and isinstance(part, str):
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise CursorNotUnderstood(field="cursor")
        return moment
    if kind is date and isinstance(part, str):
        return date.fromisoformat(part)
    if kind is Decimal and isinstance(part, str):
        return _finite(Decimal(part))
    if type(part) is not kind:
        raise CursorNotUnderstood(field="cursor")
    if isinstance(part, int) and not 0 <= part <= _LARGEST_ID:
        raise CursorNotUnderstood(field="cursor")
    return part


def _finite(amount: Decimal) -> Decimal:
    if not amount.is_finite() or abs(amount) * 100 > _LARGEST_ID:
        raise CursorNotUnderstood(field="cursor")
    return amount
