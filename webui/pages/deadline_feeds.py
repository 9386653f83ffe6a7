"""One's deadlines in one's own calendar: the secret address, made and withdrawn here, and what is fetched from it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from engine.commands.deadline_feeds import make_deadline_feed, withdraw_deadline_feed
from engine.model.api_token import token_hash
from engine.queries.actors import actor_of
from engine.queries.deadline_feeds import deadlines_of, feed_made_at, owner_of_feed
from webui.i18n import _, zone
from webui.limits import limit_failures, limit_tries
from webui.request_context import actor, now, reading, services, writing
from webui.security import open_to_all

blueprint = Blueprint("deadline_feeds", __name__)


def _address_tried() -> str:
    return f"deadlines:{token_hash(str((request.view_args or {}).get('token', '')))}"


@blueprint.get("/settings/deadlines")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("/settings/deadlines")
def make() -> ResponseReturnValue:
    """The answer to this request is the only place where the address ever stands."""
    with writing() as session:
        token = make_deadline_feed(session, actor=actor(), clock=services().clock)
    return _page(services().settings.base_url + url_for("deadline_feeds.fetch", token=token))


@blueprint.post("/settings/deadlines/withdraw")
def withdraw() -> ResponseReturnValue:
    with writing() as session:
        withdraw_deadline_feed(session, actor=actor(), clock=services().clock)
    flash(_("The address is withdrawn: calendars find nothing there any more."), "success")
    return redirect(url_for("deadline_feeds.show"), code=303)


@blueprint.get("/deadlines/<token>.ics")
@open_to_all
@limit_failures(30)
@limit_tries(60, _address_tried)
def fetch(token: str) -> ResponseReturnValue:
    """The deadlines, for who knows the address: a calendar has no session. Raises NotFound for any other address."""
    from webui.deadline_calendar import deadline_calendar  # noqa: PLC0415  # its library is large to load

    with reading() as session:
        reader = actor_of(session, owner_of_feed(session, token), now())
        deadlines = deadlines_of(session, reader, now=now())
    with force_locale(reader.locale):
        file = deadline_calendar(deadlines, services().settings.base_url, zone().key, now().year)
    response = Response(file, mimetype="text/calendar")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Content-Disposition"] = 'inline; filename="deadlines.ics"'
    response.add_etag()
    return response.make_conditional(request)


def _page(address: str = "") -> ResponseReturnValue:
    with reading() as session:
        made_at = feed_made_at(session, actor().person_id)
    return render_template(
        "settings/deadlines.html",
        made_at=made_at,
        address=address,
        opens="webcal://" + address.partition("://")[2],
    )
