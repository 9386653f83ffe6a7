"""Failures of the machinery: what failed, where, and the button that tries again. The administrator's."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.incident_retries import close_incident, retry_incident
from engine.commands.incidents import perform
from engine.errors import DomainError, NotFound
from engine.model.incident import Incident, IncidentState
from engine.policy.permissions import Ability
from engine.queries.machinery import incidents
from engine.queries.scopes import ensure_sees
from webui.error_pages import status_of
from webui.i18n import _
from webui.incident_texts import told
from webui.messages import error_text
from webui.request_context import actor, reading, services

blueprint = Blueprint("incidents", __name__, url_prefix="/settings/incidents")

_RESOLVED_SHOWN = 20


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("/<int:incident_id>/retry")
def retry(incident_id: int) -> ResponseReturnValue:
    return _act(
        lambda session: retry_incident(session, incident_id, actor=actor(), clock=services().clock),
        _("It worked: the deal goes on."),
    )


@blueprint.post("/<int:incident_id>/close")
def close(incident_id: int) -> ResponseReturnValue:
    return _act(
        lambda session: close_incident(session, incident_id, actor=actor(), clock=services().clock),
        _("Closed."),
    )


def _act(command: Callable[[Session], Incident], done: str) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.RETRY_INCIDENT)
    try:
        perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _page(error)
    flash(done, "success")
    return redirect(url_for("incidents.show"), code=303)


def _page(error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        still_open = incidents(session, actor())
        resolved = incidents(session, actor(), state=IncidentState.RESOLVED)[:_RESOLVED_SHOWN]
    page = render_template(
        "settings/incidents.html",
        still_open=[told(one) for one in still_open],
        resolved=[told(one) for one in resolved],
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200
