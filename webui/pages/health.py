"""Whether the installation works, for those who watch it: no sign-in, counts of nothing, names of nobody."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from importlib.metadata import version
from threading import Lock, Thread

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from engine.db.session import Database
from engine.queries.machinery import machinery
from webui.request_context import now, services
from webui.security import open_to_all

WORKER_GONE_AFTER_S = 60
"""A worker beats every ten seconds; several missed beats are no coincidence."""
LONGEST_SILENCE_S = 3.0
"""Who watches gives up soon. A server that is frozen keeps its connections, so that nothing else ends the waiting."""

blueprint = Blueprint("health", __name__)

_EXTENSION = "reglament_health"
_logger = logging.getLogger(__name__)


class _Questioner:
    """Asks in a thread of its own, and never twice at a time: a server that is silent for days holds one of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: Future[int | None] | None = None

    def answer(self, question: Callable[[], int | None]) -> int | None:
        """Raises TimeoutError, and what ``question`` raises."""
        with self._lock:
            asked = self._asked
            if asked is None or asked.done():
                asked = Future()
                Thread(target=_ask, args=(question, asked), daemon=True).start()
                self._asked = asked  # only once it has started: where no thread can be made, the next check tries anew
        return asked.result(LONGEST_SILENCE_S)


def provide_questioner(app: Flask) -> None:
    """Nothing is being asked of the database yet."""
    app.extensions[_EXTENSION] = _Questioner()


@blueprint.get("/healthz")
@open_to_all
def show() -> ResponseReturnValue:
    """503 when the database does not answer in a few seconds, or no worker has been seen for a minute."""
    age, database = None, "ok"
    try:
        age = _worker_age_s(services().database, now())
    except (SQLAlchemyError, TimeoutError):
        _logger.exception("The database does not answer")
        database = "gone"
    works = age is not None and age <= WORKER_GONE_AFTER_S
    answer = jsonify(
        status="ok" if works else "failing", version=version("reglament"), database=database, worker_age_s=age
    )
    return answer, 200 if works else 503


def _worker_age_s(database: Database, at: datetime) -> int | None:
    def asked() -> int | None:
        with database.read() as session:
            return machinery(session, at).worker_age_s

    if database.is_sqlite:  # no server that could be silent
        return asked()
    questioner: _Questioner = current_app.extensions[_EXTENSION]
    return questioner.answer(asked)


def _ask(question: Callable[[], int | None], asked: Future[int | None]) -> None:
    try:
        asked.set_result(question())
    except Exception as failure:  # noqa: BLE001  # it is raised where the answer is awaited
        asked.set_exception(failure)
