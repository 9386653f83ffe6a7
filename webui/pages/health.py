"""Whether the installation works, for those who watch it: no sign-in, counts of nothing, names of nobody."""

from __future__ import annotations

import logging
from importlib.metadata import version

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from engine.queries.machinery import machinery
from webui.request_context import now, reading
from webui.security import open_to_all

WORKER_GONE_AFTER_S = 60
"""A worker beats every ten seconds; several missed beats are no coincidence."""

blueprint = Blueprint("health", __name__)

_logger = logging.getLogger(__name__)


@blueprint.get("/healthz")
@open_to_all
def show() -> ResponseReturnValue:
    """503 when the database does not answer, or no worker has been seen for a minute."""
    age, database = None, "ok"
    try:
        with reading() as session:
            age = machinery(session, now()).worker_age_s
    except SQLAlchemyError:
        _logger.exception("The database does not answer")
        database = "gone"
    works = age is not None and age <= WORKER_GONE_AFTER_S
    answer = jsonify(
        status="ok" if works else "failing", version=version("reglament"), database=database, worker_age_s=age
    )
    return answer, 200 if works else 503
