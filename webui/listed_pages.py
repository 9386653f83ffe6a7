"""Lists behind the numbers of control and reports: page by page on the screen, as a whole in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from flask import request, url_for

from engine.queries.pages import READ_AT_ONCE

PAGE_SIZE = 50

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
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return {
        "first_url": _address(kept) if cursor_asked() else None,
        "next_url": _address([*kept, ("cursor", next_cursor)]) if next_cursor else None,
    }


def address_with(**more: str) -> str:
    """This page as it is asked for, and ``more``."""
    return _address(
        [*((name, value) for name, value in request.args.items(multi=True) if name not in more), *more.items()]
    )


def _address(asked: Sequence[tuple[str, str]]) -> str:
    """This page, asked for that. What stands in an address is never given to ``url_for`` as its own arguments."""
    path = url_for(request.endpoint or "", **request.view_args or {})
    return f"{path}?{urlencode(asked)}" if asked else path


def all_pages(page: Callable[[str | None, int], ListedPage[Row]]) -> Iterator[Row]:
    """Every row of a list, however long, read page by page. ``page`` reads from a cursor, so many rows or fewer."""
    cursor: str | None = None
    while True:
        found = page(cursor, READ_AT_ONCE)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return
