"""Failures of the machinery: what failed, where, with which values, and what mends it. The administrator's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition
from engine.commands.alike_retries import MOST_AT_ONCE, TriedAgain
from engine.commands.alike_retries import retry_alike as do_retry_alike
from engine.commands.call_results import CallOver
from engine.commands.hurried_calls import make_call_now
from engine.commands.incident_retries import (
    IncidentOver,
    RetriedByPerson,
    close_incident,
    is_made_anew,
    retry_incident,
    retry_many,
)
from engine.commands.incidents import perform
from engine.commands.variables import settable_variables
from engine.errors import DealIsSuspended, DomainError, InvalidInput, NotFound, ReasonRequired
from engine.model.incident import Incident, IncidentState
from engine.policy.permissions import Ability
from engine.queries.deals import walked_path
from engine.queries.failing_calls import failing_calls
from engine.queries.incidents import IncidentRow, alike_incidents, incident, incident_counts, incident_page
from engine.queries.map_fields import map_fields
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees
from webui.command_keys import sent_command_id
from webui.condition_words import Vocabulary, expression_words
from webui.error_pages import status_of
from webui.failure_words import failure_words
from webui.forms.shown_values import shown_field
from webui.forms.step_form import StepField, step_fields, typed_values
from webui.forms.typed_values import read_id
from webui.forms.variable_values import ShownVariable, given_variables, shown_variables
from webui.i18n import _, chosen_locale, ngettext
from webui.incident_kinds import kind_in_words
from webui.incident_texts import told
from webui.messages import error_text, field_errors
from webui.outcomes import decided
from webui.request_context import actor, now, reading, services, writing

blueprint = Blueprint("incidents", __name__, url_prefix="/settings/incidents")

_RESOLVED_SHOWN = 20
_MAPS_SHOWN = 6  # those with the most failures, beside the chosen one; the others are folded away


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _list()


@blueprint.get("/<int:incident_id>")
def show_one(incident_id: int) -> ResponseReturnValue:
    return _one(incident_id)


@blueprint.post("/<int:incident_id>/retry")
def retry(incident_id: int) -> ResponseReturnValue:
    """Try again; with values in the form, set them first, in the same transaction."""
    ensure_sees(actor(), Ability.RETRY_INCIDENT)

    def command(session: Session) -> Incident:
        return retry_incident(
            session,
            incident_id,
            typed_values(request.form) | given_variables(request.form),
            request.form.get("reason", ""),
            actor=actor(),
            clock=services().clock,
            command_id=sent_command_id(),
            locale=chosen_locale(),
        )

    made_anew = _("The call is made anew. If it fails again, you find it here again.")
    return _act(incident_id, command, lambda one: made_anew if is_made_anew(one) else _("It worked: the deal goes on."))


@blueprint.post("/<int:incident_id>/close")
def close(incident_id: int) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.RETRY_INCIDENT)
    reason = request.form.get("reason", "")

    def command(session: Session) -> Incident:
        if not reason.strip():
            raise InvalidInput({"closing": ReasonRequired()})
        return close_incident(
            session, incident_id, reason, actor=actor(), clock=services().clock, command_id=sent_command_id()
        )

    return _act(incident_id, command, lambda _closed: _("Closed."))


@blueprint.post("/calls/<string:call_id>/now")
def call_now(call_id: str) -> ResponseReturnValue:
    """Make a call at once that would be made again by itself later."""
    ensure_sees(actor(), Ability.RETRY_INCIDENT)
    try:
        with writing() as session:
            make_call_now(session, call_id, actor=actor(), clock=services().clock)
    except (CallOver, DealIsSuspended) as over:
        flash(error_text(over), "warning")
    else:
        flash(_("The call is made now. If it fails again, you find it here again."), "success")
    return redirect(url_for("incidents.show"), code=303)


@blueprint.post("/retry")
def retry_chosen() -> ResponseReturnValue:
    """Try the chosen ones again, each for itself."""
    ensure_sees(actor(), Ability.RETRY_INCIDENT)
    ids = [read_id(one) for one in request.form.getlist("incident")[:MOST_AT_ONCE]]
    chosen = [one for one in ids if one is not None]
    if not chosen:
        flash(_("Nothing is chosen: tick the failures to try again."), "warning")
    results = retry_many(
        services().database, chosen, actor=actor(), clock=services().clock, command_id=sent_command_id()
    )
    _tell([TriedAgain.of(one) for one in results])
    return redirect(url_for("incidents.show"), code=303)


@blueprint.post("/<int:incident_id>/retry-alike")
def retry_alike(incident_id: int) -> ResponseReturnValue:
    """Try all again that failed as this one did, each for itself, the oldest first."""
    ensure_sees(actor(), Ability.RETRY_INCIDENT)
    try:
        alike = do_retry_alike(
            services().database, incident_id, actor=actor(), clock=services().clock, command_id=sent_command_id()
        )
    except IncidentOver as over:
        flash(error_text(over), "warning")
        return redirect(url_for("incidents.show"), code=303)
    _tell(alike.tried)
    if alike.left:
        told = ngettext("%(num)s more waits: press again.", "%(num)s more wait: press again.", alike.left)
        flash(told, "warning")
    return redirect(url_for("incidents.show"), code=303)


def _tell(tried: Sequence[TriedAgain]) -> None:
    under_way = sum(one.is_under_way for one in tried)
    if under_way:
        calls = ngettext("%(num)s call is made anew.", "%(num)s calls are made anew.", under_way)
        flash(calls + " " + _("What fails again comes back here."), "success")
    others = sum(one.error_code == RetriedByPerson.code for one in tried)
    failed = sum(bool(one.error_code) for one in tried) - others
    done = len(tried) - under_way - failed - others
    if done:
        flash(ngettext("%(num)s failure is over.", "%(num)s failures are over.", done), "success")
    if failed:
        flash(ngettext("%(num)s failed again.", "%(num)s failed again.", failed), "danger")
    if others:
        by_person = ngettext(
            "%(num)s waits for the person whose step it is.",
            "%(num)s wait for the people whose steps they are.",
            others,
        )
        flash(by_person, "warning")


def _act(
    incident_id: int, command: Callable[[Session], Incident], done: Callable[[Incident], str]
) -> ResponseReturnValue:
    try:
        one = perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _one(incident_id, error)
    flash(done(one), "success")
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
        failing = [] if resolved or chosen_map or chosen_code else failing_calls(session, actor())
    return render_template(
        "settings/incidents.html",
        page=page,
        incidents=[told(one) for one in page.items],
        counts=counts,
        failing=[(one, failure_words(one.error)) for one in failing],
        maps=[one for at, one in enumerate(counts.by_map.items()) if at < _MAPS_SHOWN or one[0] == chosen_map],
        other_maps=[one for one in tuple(counts.by_map.items())[_MAPS_SHOWN:] if one[0] != chosen_map],
        kinds={code: kind_in_words(code) for code in counts.by_code},
        chosen_map=chosen_map,
        chosen_code=chosen_code,
        resolved=resolved,
    )


def _one(incident_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    errors = field_errors(error) if error else {}
    with reading() as session:
        row = incident(session, actor(), incident_id)
        values = _values(session, row)
        page = render_template(
            "settings/incident.html",
            one=told(row),
            alike=alike_incidents(session, actor(), incident_id, limit=1).total,
            kind=kind_in_words(row.problem_code),
            given=_given(session, row),
            fields=_fields(session, row, errors),
            decided=decided(row.typed.outcome, row.typed.outcomes) if row.typed else "",
            values=values,
            in_words=_in_words(session, row),
            settable=_settable(session, row, values),
            is_open=row.state is IncidentState.OPEN,
            path=walked_path(session, actor(), row.deal_id, now()) if row.deal_id else None,
            problem_text=error_text(error) if error else "",
            errors=errors,
            form=request.form,
        )
    return page, status_of(error) if error else 200


def _given(session: Session, row: IncidentRow) -> list[tuple[str, str]]:
    """What a person had typed into the step that failed, by label."""
    if row.typed is None:
        return []
    return [
        (field.label, shown_field(session, field, row.typed.values[name], row.deal_currency))
        for name, field in row.typed.fields.items()
        if name in row.typed.values
    ]


def _in_words(session: Session, row: IncidentRow) -> str:
    """The condition that had no answer, as people say it; nothing where it has no everyday words."""
    text = (row.params.get("problem_params") or {}).get("text")
    if not isinstance(text, str) or row.definition_id is None:
        return ""
    process = process_of(session, row.definition_id)
    words = Vocabulary(map_fields(process), {key: step.name for key, step in process.steps.items()})
    said = expression_words(text, words)
    return "" if text.strip().removeprefix("=").strip() in said else said


def _values(session: Session, row: IncidentRow) -> tuple[ShownVariable, ...]:
    process = process_of(session, row.definition_id) if row.definition_id is not None else None
    return shown_variables(session, process, row.variables, row.deal_currency)


def _fields(session: Session, row: IncidentRow, errors: Mapping[str, str]) -> tuple[StepField, ...]:
    """The form of the step that failed, filled with what was typed: to be mended before it is completed again."""
    if row.typed is None or not row.completes_again or row.state is not IncidentState.OPEN:
        return ()
    fields = tuple(field for field in row.typed.fields.values() if field.is_typed)
    return step_fields(session, fields, typed_values(request.form) or row.typed.values, errors, writes_client=True)


def _settable(session: Session, row: IncidentRow, values: Iterable[ShownVariable]) -> list[tuple[FieldDefinition, str]]:
    """Variables that can be set before it is tried again, beside the step's own fields, each with its value then."""
    if row.definition_id is None or not row.deal_runs or row.state is not IncidentState.OPEN:
        return []
    known = settable_variables(process_of(session, row.definition_id))
    own = row.typed.fields.keys() if row.typed is not None and row.completes_again else frozenset[str]()
    then = {one.name or one.label: one.value for one in values}
    return [(field, then.get(name, "")) for name, field in known.items() if name not in own]
