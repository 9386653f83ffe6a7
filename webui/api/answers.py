"""What was done or found, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response
from pydantic import BaseModel

from engine.queries.pages import ListOrder, Page
from webui.api.models.values import Listed, Paging, ShortPaging
from webui.this_request import this_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Row = TypeVar("Row")
Item = TypeVar("Item", bound=BaseModel)


class WholeResponse(Response):
    """One whose headers say all when it is made: nothing is added to them, and nothing of it comes piece by piece."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "HEAD" or self._on_close or "Location" in self.headers or self.is_streamed:
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        pieces: Any = self.response  # a list: nothing of it is streamed
        return pieces  # type: ignore[no-any-return]


def answer(told: BaseModel, status: int = 200, *, location: str | None = None) -> Response:
    """``told`` as the answer; ``location`` is the address of what was made."""
    response = WholeResponse(told.model_dump_json(), status=status, content_type="application/json")
    if location is not None:
        response.headers["Location"] = location
    return response


def listed(page: Page[Row], item: Callable[[Row], Item], model: type[Listed[Item]]) -> Response:
    """A page of a query as an answer."""
    return answer(model(items=tuple(item(row) for row in page.items), next_cursor=page.next_cursor, total=page.total))


def part_of(rows: Sequence[Row], paging: Paging | ShortPaging) -> Page[Row]:
    """A page of what is short enough to be read at once. Raises CursorNotUnderstood."""
    by_place = order_by_place()
    (start,) = by_place.after(paging.cursor) or (0,)
    end = start + (paging.limit or len(rows))
    return Page(
        items=tuple(rows[start:end]), next_cursor=by_place.cursor([end]) if end < len(rows) else None, total=len(rows)
    )


def order_by_place() -> ListOrder:
    """Of the list that is asked for, where its next page begins: a place or the number of a page."""
    return ListOrder(this_request().endpoint or "", (int,))
