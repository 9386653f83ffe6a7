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
    answer = {"status": "ok", "version": version("reglament"), "database": "ok", "worker_age_s": None}
    try:
        with reading() as session:
            answer["worker_age_s"] = age = machinery(session, now()).worker_age_s
    except SQLAlchemyError:
        _logger.exception("The database does not answer")
        return jsonify(answer | {"status": "failing", "database": "gone"}), 503
    if age is None or age > WORKER_GONE_AFTER_S:
        return jsonify(answer | {"status": "failing"}), 503
    return jsonify(answer)
