"""Answers while somebody types a part of a name into a form."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import N_
from engine.policy.approvers import NotGiven
from engine.queries.clients import choose_clients
from engine.queries.deal_history import ensure_visible_deal
from engine.queries.deal_readers import readers_of
from engine.queries.directories import directory
from engine.queries.people import choose_people
from engine.queries.receivers import receivers
from engine.queries.substitutions import people_arranged_for
from webui.forms.typed_values import read_id
from webui.i18n import _
from webui.request_context import actor, now, reading

blueprint = Blueprint("choosing", __name__, url_prefix="/choose")

_NOT_GIVEN = {
    NotGiven.FOUR_EYES: N_("asked for it or prepared it: somebody else approves"),
    NotGiven.OTHER_DEPARTMENT: N_("not of the department that is asked"),
    NotGiven.HOLDS_IT: N_("has the step now"),
}


@blueprint.get("/clients")
def clients() -> ResponseReturnValue:
    with reading() as session:
        found = choose_clients(session, actor(), request.args.get("q", "")[:200], limit=12)
    return jsonify(items=[{"id": one.id, "text": one.name, "detail": one.edrpou} for one in found])


@blueprint.get("/mentioned")
def mentioned() -> ResponseReturnValue:
    """People whom a comment in a deal may name, and whether they may see it: the id is what is written after the @."""
    deal_id = read_id(request.args.get("deal", "")) or 0
    with reading() as session:
        ensure_visible_deal(session, actor(), deal_id)
        found = choose_people(session, actor(), request.args.get("q", "")[:200], limit=6)
        readers = readers_of(session, [one.id for one in found], deal_id, now())
        logins = {one.id: one.login for one in directory(session).people}
    return jsonify(
        items=[
            {
                "id": logins[one.id],
                "text": one.full_name,
                "detail": one.position if one.id in readers else _("does not see the deal"),
                "sees": one.id in readers,
            }
            for one in sorted(found, key=lambda one: one.id not in readers)
        ]
    )


@blueprint.get("/people")
def people() -> ResponseReturnValue:
    with reading() as session:
        found = choose_people(session, actor(), request.args.get("q", "")[:200], limit=12)
    return jsonify(items=[{"id": one.id, "text": one.full_name, "detail": one.position} for one in found])


@blueprint.get("/absent")
def absent() -> ResponseReturnValue:
    """Those whose absence the actor may arrange."""
    with reading() as session:
        found = people_arranged_for(session, actor(), request.args.get("q", "")[:200], limit=12)
    return jsonify(items=[{"id": one.id, "text": one.full_name, "detail": one.position} for one in found])


@blueprint.get("/receivers")
def receivers_of_step() -> ResponseReturnValue:
    """People to whom a step can be handed; who cannot get it is named with the reason, and cannot be chosen."""
    work_item_id = read_id(request.args.get("step", "")) or 0
    with reading() as session:
        found = receivers(session, actor(), work_item_id, request.args.get("q", "")[:200], limit=12)
    return jsonify(
        items=[
            {
                "id": one.person.id,
                "text": one.person.full_name,
                "detail": _(_NOT_GIVEN[one.refusal]) if one.refusal else one.person.position,
                "barred": one.refusal is not None,
            }
            for one in found
        ]
    )
