"""The page that a person opens the product to."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, url_for
from flask.typing import ResponseReturnValue

from engine.model.person import Role
from webui.request_context import actor

blueprint = Blueprint("home", __name__)

_HOME = {Role.HEAD: "control.show", Role.OWNER: "maps.list_maps", Role.ADMINISTRATOR: "people.list_people"}


@blueprint.get("/")
def show() -> ResponseReturnValue:
    endpoint = _HOME.get(actor().role, "inbox.show")
    return redirect(url_for(endpoint if endpoint in current_app.view_functions else "inbox.show"))
