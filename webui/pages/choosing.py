"""Answers while somebody types a part of a name into a form."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.queries.clients import choose_clients
from engine.queries.people import choose_people
from webui.request_context import actor, reading

blueprint = Blueprint("choosing", __name__, url_prefix="/choose")


@blueprint.get("/clients")
def clients() -> ResponseReturnValue:
    with reading() as session:
        found = choose_clients(session, actor(), request.args.get("q", "")[:200], limit=12)
    return jsonify(items=[{"id": one.id, "text": one.name, "detail": one.edrpou} for one in found])


@blueprint.get("/people")
def people() -> ResponseReturnValue:
    with reading() as session:
        found = choose_people(session, actor(), request.args.get("q", "")[:200], limit=12)
    return jsonify(items=[{"id": one.id, "text": one.full_name, "detail": one.position} for one in found])
