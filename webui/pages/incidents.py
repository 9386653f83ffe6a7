"""Failures of the machinery: what failed, where, with which values, and what mends it. The administrator's."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.incident_retries import close_incident, retry_incident, retry_many
from engine.commands.incidents import perform
from engine.commands.variables import set_variables, settable_variables
from engine.errors import DomainError, InvalidInput, NotFound, ReasonRequired
from engine.model.incident import Incident, IncidentState
from engine.policy.permissions import Ability
from engine.queries.incidents import IncidentRow, incident, incident_counts, incident_page
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees
from webui.error_pages import status_of
from webui.i18n import _, chosen_locale, ngettext
from webui.incident_texts import told
from webui.messages import error_text, field_errors
from webui.request_context import actor, reading, services
from webui.timeline import readable

blueprint = Blueprint("incidents", __name__, url_prefix="/settings/incidents")

_RESOLVED_SHOWN = 20


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _list()


@blueprint.get("/<int:incident_id>")
def show_one(incident_id: int) -> ResponseReturnValue:
    return _one(incident_id)


@blueprint.post("/<int:incident_id>/retry")
def retry(incident_id: int) -> ResponseReturnValue:
    """Try again; with values in the form, set those variables first, in the same transaction."""
    ensure_sees(actor(), Ability.RETRY_INCIDENT)
    values = {name[4:]: value for name, value in request.form.items() if name.startswith("set.") and value.strip()}
    locale = chosen_locale()

    def command(session: Session) -> Incident:
        if values:
            with reading() as known:
                deal_id = incident(known, actor(), incident_id).deal_id
            if deal_id is None:
                raise NotFound
            set_variables(
                session,
                deal_id,
                values,
                request.form.get("reason", ""),
                actor=actor(),
                clock=services().clock,
                locale=locale,
            )
        return retry_incident(session, incident_id, actor=actor(), clock=services().clock, command_id=_key())

    return _act(incident_id, command, _("It worked: the deal goes on."))


@blueprint.post("/<int:incident_id>/close")
def close(incident_id: int) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.RETRY_INCIDENT)
    reason = request.form.get("reason", "")

    def command(session: Session) -> Incident:
        if not reason.strip():
            raise InvalidInput({"closing": ReasonRequired()})
        return close_incident(session, incident_id, reason, actor=actor(), clock=services().clock, command_id=_key())

    return _act(incident_id, command, _("Closed."))


@blueprint.post("/retry")
def retry_chosen() -> ResponseReturnValue:
    """Try the chosen ones again, each for itself."""
    ensure_sees(actor(), Ability.RETRY_INCIDENT)
    chosen = [int(one) for one in request.form.getlist("incident") if one.isascii() and one.isdigit()][:200]
    results = retry_many(services().database, chosen, actor=actor(), clock=services().clock, command_id=_key())
    done = sum(one.error is None for one in results)
    if done:
        flash(ngettext("%(num)s failure is over.", "%(num)s failures are over.", done), "success")
    failed = [one for one in results if one.error is not None]
    if failed:
        flash(ngettext("%(num)s failed again.", "%(num)s failed again.", len(failed)), "danger")
    return redirect(url_for("incidents.show"), code=303)


def _key() -> str | None:
    return request.form.get("command_id") or None


def _act(incident_id: int, command: Callable[[Session], Incident], done: str) -> ResponseReturnValue:
    try:
        perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _one(incident_id, error)
    flash(done, "success")
    return redirect(url_for("incidents.show"), code=303)


def _list() -> ResponseReturnValue:
    chosen_map, chosen_code = request.args.get("map") or None, request.args.get("kind") or None
    resolved = request.args.get("state") == IncidentState.RESOLVED.value
    with reading() as session:
        page = incident_page(
            session,
            actor(),
            state=IncidentState.RESOLVED if resolved else IncidentState.OPEN,
            definition_key=chosen_map,
            code=chosen_code,
            limit=_RESOLVED_SHOWN if resolved else 100,
            cursor=request.args.get("cursor") or None,
        )
        counts = incident_counts(session, actor())
    return render_template(
        "settings/incidents.html",
        page=page,
        incidents=[told(one) for one in page.items],
        counts=counts,
        chosen_map=chosen_map,
        chosen_code=chosen_code,
        resolved=resolved,
        command_id=uuid.uuid4().hex,
    )


def _one(incident_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        row = incident(session, actor(), incident_id)
        page = render_template(
            "settings/incident.html",
            one=told(row),
            values=[(name, readable(value)) for name, value in sorted(row.variables.items())],
            settable=_settable(session, row),
            is_open=row.state is IncidentState.OPEN,
            problem_text=error_text(error) if error else "",
            errors=field_errors(error) if error else {},
            form=request.form,
            command_id=uuid.uuid4().hex,
        )
    return page, status_of(error) if error else 200


def _settable(session: Session, row: IncidentRow) -> list[tuple[str, str]]:
    """Name and label of the variables that can be set before it is tried again."""
    if row.definition_id is None or not row.deal_runs or row.state is not IncidentState.OPEN:
        return []
    known = settable_variables(process_of(session, row.definition_id))
    return [(name, field.label or name) for name, field in known.items()]
