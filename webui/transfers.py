"""How many large answers one person, and all together, may be fetching at once from a process.

Whoever reads slowly holds a thread for as long as it takes. There are many, but not as many as one program can open
connections: it is told to wait, and pages go on for everybody else.
"""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, cast

from flask import Flask, Response, current_app, g, make_response

from engine.errors import N_
from webui.api.call_limits import TooManyCalls
from webui.request_context import signed_in
from webui.this_request import this_application, this_request

if TYPE_CHECKING:
    from webui.api.caller import Caller

AT_ONCE_OF_PERSON = 24
"""More than a browser or a reasonable program opens."""
AT_ONCE = 96
"""Of all together: three quarters of the web server's threads."""

_NAME = "reglament.transfers"
_LARGE = 256 * 1024
"""Bytes: what is smaller fits into the buffers between us and the reader."""
_WAIT_S = 10
_EVENT_STREAM = "text/event-stream"


class TooManyTransfers(TooManyCalls):
    """This person is fetching as many large answers as one may, or all together are."""

    code: ClassVar[str] = "too_many_transfers"
    template: ClassVar[str] = N_(
        "Too many files are being fetched at the moment. Wait until some of them are there, then try again."
    )


class Transfers:
    """Those under way in this process. Threads may ask at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of_person: Counter[int] = Counter()

    def begin(self, person_id: int) -> bool:
        """Whether there is room for one more: then ``end`` must be called for it."""
        with self._lock:
            if self._of_person[person_id] >= AT_ONCE_OF_PERSON or self._of_person.total() >= AT_ONCE:
                return False
            self._of_person[person_id] += 1
            return True

    def end(self, person_id: int) -> None:
        with self._lock:
            self._of_person[person_id] -= 1
            if not self._of_person[person_id]:
                del self._of_person[person_id]


def provide_room(app: Flask) -> None:
    """Nothing is under way yet."""
    app.extensions[_NAME] = Transfers()


def configure_transfers(app: Flask) -> None:
    def limit(response: Response) -> Response:
        """What is large is begun only where there is room for it. The page's own stream of news has seats already.

        The answer to a command always comes: it says what has been done, and done again it would be done twice.
        """
        asked = this_request()
        if asked.method != "GET" or asked.endpoint == "static" or response.mimetype == _EVENT_STREAM:
            return response
        if not _is_large(response):
            return response
        person_id = _whose()
        if person_id is None:
            return response
        under_way = cast("Transfers", this_application().extensions[_NAME])
        if not under_way.begin(person_id):
            response.close()
            return make_response(current_app.handle_user_exception(TooManyTransfers(wait_s=_WAIT_S)))
        response.call_on_close(lambda: under_way.end(person_id))
        return response

    app.after_request(limit)


def _is_large(response: Response) -> bool:
    if "Content-Length" in response.headers:
        return response.content_length > _LARGE
    return response.is_streamed


def _whose() -> int | None:
    known = cast("Caller | None", g.get("api_caller"))
    if known is not None:
        return known.actor.person_id
    person = signed_in()
    return person.actor.person_id if person is not None else None
