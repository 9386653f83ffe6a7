"""The inbox: what a person has to do, nearest deadline first."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from engine.commands.completions import complete_many
from engine.queries.inbox import inbox_counts
from webui.approving_together import approvals, results_of
from webui.error_pages import with_event
from webui.forms.typed_values import read_id
from webui.i18n import chosen_locale, zone
from webui.inbox_list import TABS, inbox_list
from webui.request_context import actor, now, reading, services
from webui.security import is_partial
from webui.sessions import polls

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")

polls("inbox.steps")
polls("inbox.count")


@blueprint.get("")
def show() -> ResponseReturnValue:
    with reading() as session:
        listed = inbox_list(session, actor(), request)
    return render_template("inbox/inbox.html", listed=listed, tabs=TABS)


@blueprint.get("/steps")
def steps() -> ResponseReturnValue:
    """The list alone: asked again every few seconds, so that new steps appear by themselves."""
    with reading() as session:
        listed = inbox_list(session, actor(), request)
    return render_template("inbox/list_side.html", listed=listed, tabs=TABS, is_part=True)


@blueprint.get("/count")
def count() -> ResponseReturnValue:
    """The number beside "Inbox" in the menu of every page."""
    with reading() as session:
        counts = inbox_counts(session, actor(), now())
    return render_template("inbox/nav_count.html", counts=counts)


@blueprint.post("/approve")
def approve_together() -> ResponseReturnValue:
    """Approve the ticked steps, each by itself; what could not be approved says why."""
    ids = [one for text in request.form.getlist("step")[:100] if (one := read_id(text)) is not None]
    with reading() as session:
        asked = approvals(session, actor(), ids, now())
    requests = [one.request for one in asked if one.request is not None]
    done = complete_many(
        services().database,
        requests,
        actor=actor(),
        clock=services().clock,
        locale=chosen_locale(),
        zone=zone().key,
        command_id=request.form.get("command_id"),
    )
    results = results_of(asked, done)
    if is_partial():
        response = make_response(render_template("inbox/approved_together.html", results=results))
        return with_event(response, "inbox-changed")
    with reading() as session:
        listed = inbox_list(session, actor(), request)
    return render_template("inbox/inbox.html", listed=listed, tabs=TABS, results=results)
