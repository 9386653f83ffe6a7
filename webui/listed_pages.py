"""Lists behind the numbers of control and reports: page by page on the screen, as a whole in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from flask import request, url_for

from engine.queries.pages import LONGEST_PAGE

PAGE_SIZE = 50
LONGEST_EXPORT = 10_000

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)


class ListedPage(Protocol[Row_co]):
    @property
    def items(self) -> Sequence[Row_co]: ...

    @property
    def next_cursor(self) -> str | None: ...


def cursor_asked() -> str | None:
    return request.args.get("cursor") or None


def page_links(next_cursor: str | None) -> dict[str, str | None]:
    """Where the pagination of the open list leads: to its start, unless it is there, and to its next page."""
    kept: dict[str, Any] = {name: request.args.getlist(name) for name in request.args if name != "cursor"}
    endpoint = request.endpoint or ""
    return {
        "first_url": url_for(endpoint, **kept) if cursor_asked() else None,
        "next_url": url_for(endpoint, **kept, cursor=next_cursor) if next_cursor else None,
    }


def all_pages(page: Callable[[str | None, int], ListedPage[Row]]) -> Iterator[Row]:
    """Every row of a list, read page by page, at most LONGEST_EXPORT. ``page`` reads from a cursor, so many rows."""
    cursor: str | None = None
    for _ in range(0, LONGEST_EXPORT, LONGEST_PAGE):
        found = page(cursor, LONGEST_PAGE)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return
