"""Trying a map: a practice deal that anybody's role walks, under a clock that its owner moves. Nobody is written to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.practice_walk import Action, Answer, DoStep, Hear, PassTime, PracticeWalk, Stand, Walked, walk
from engine.commands.practices import act_in_practice, forget_practice, runnable, start_practice, take_back
from engine.errors import N_, DomainError, FieldRequired, InvalidInput, NotFound
from engine.model.practice import Practice
from engine.policy.form_values import read_form
from engine.policy.permissions import Ability, ensure_may
from engine.queries.actors import actor_of
from engine.queries.definitions import definition_view
from engine.queries.practices import (
    PracticeStep,
    PracticeView,
    own_practice,
    own_practices,
    possible_owners,
    practice_view,
)
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees
from engine.queries.work_items import WorkItemView, form_of_step, work_item_view
from webui.error_pages import status_of
from webui.forms.practice_form import AMOUNT, CLIENT, TITLE, opening_fields, read_opening
from webui.forms.step_form import (
    StepField,
    depends,
    faults_of,
    live_answer,
    shown_texts,
    step_fields,
    typed_values,
)
from webui.forms.typed_values import read_id
from webui.i18n import _, chosen_locale, zone
from webui.incident_texts import ToldIncident, told
from webui.messages import error_text, field_errors
from webui.outcomes import buttons
from webui.practice_words import ahead_words, letter_words
from webui.request_context import actor, as_if_at, now, reading, services, writing
from webui.timeline import Entry, Fields, currency_of, entries, fields_of

blueprint = Blueprint("practice", __name__, url_prefix="/maps")

_AN_HOUR = timedelta(hours=1)
_VALUE = "value."
_NO_ANSWER = "unreachable"
_LONGEST_CODE = 100


@blueprint.get("/<int:definition_id>/practice")
def begin(definition_id: int) -> ResponseReturnValue:
    """What is asked before a practice deal begins, and the practice deals begun before."""
    typed = {TITLE: _("Practice deal"), AMOUNT: "100000", CLIENT: _("Practice client")}
    return _begin(definition_id, typed | request.args.to_dict())


@blueprint.post("/<int:definition_id>/practice")
def start(definition_id: int) -> ResponseReturnValue:
    _ensure_may_try()
    typed = typed_values(request.form)
    try:
        person_id = read_id(request.form.get("owner_id", ""))
        if person_id is None:
            raise InvalidInput({"owner_id": FieldRequired(label=N_("Owner"))})
        with reading() as session:
            process = process_of(session, runnable(session, definition_id).id)
        message = request.form.get("message") or None
        opening = read_opening(process, typed, person_id=person_id, message=message)
        practice = start_practice(services().database, definition_id, opening, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _begin(definition_id, typed, error)
    return redirect(url_for("practice.show", practice_id=practice.id), code=303)


@blueprint.get("/practice/<int:practice_id>")
def show(practice_id: int) -> ResponseReturnValue:
    return _practice(practice_id)


@blueprint.post("/practice/<int:practice_id>/do")
def do_step(practice_id: int) -> ResponseReturnValue:
    """Do an open step as the person chosen: what is wrong is told at its field, as in the inbox."""
    typed, comment = typed_values(request.form), request.form.get("comment", "")
    action = DoStep(
        work_item_id=read_id(request.form.get("work_item_id", "")) or 0,
        person_id=read_id(request.form.get("person_id", "")) or 0,
        outcome=request.form.get("outcome", ""),
        values=typed,
        comment=comment,
        locale=chosen_locale(),
        zone=zone().key,
    )
    return _act(practice_id, action, typed=typed, comment=comment)


@blueprint.post("/practice/<int:practice_id>/form")
def look_at_form(practice_id: int) -> ResponseReturnValue:
    """As in the inbox: which fields apply to what is typed so far, and what is calculated from it."""
    typed = typed_values(request.form)
    with reading() as session:
        walked = _walked(session, own_practice(session, practice_id, actor()))
    as_if_at(walked.stand.now)
    awake = PracticeWalk(walked.stand)
    try:
        with awake.database.read() as inside:
            doer = actor_of(inside, read_id(request.form.get("person_id", "")) or 0, now())
            form = form_of_step(inside, doer, read_id(request.form.get("work_item_id", "")) or 0, now())
            state = read_form(form.fields, typed, chosen_locale(), known=form.known, zone=zone().key)
            return jsonify(live_answer(inside, form.fields, typed, state, form.currency))
    finally:
        awake.close()


@blueprint.post("/practice/<int:practice_id>/time")
def pass_time(practice_id: int) -> ResponseReturnValue:
    """Put the practice's clock forward: by an hour, to the next working morning, or to what comes next."""
    with reading() as session:
        stand = _walked(session, own_practice(session, practice_id, actor())).stand
    view = _view(stand)
    following = view.next.at if view.next is not None else stand.now
    until = {"hour": stand.now + _AN_HOUR, "morning": view.morning}.get(request.form.get("until", ""), following)
    return _act(practice_id, PassTime(until=until))


@blueprint.post("/practice/<int:practice_id>/hear")
def hear(practice_id: int) -> ResponseReturnValue:
    """Let the message come that the deal waits for."""
    return _act(practice_id, Hear(subscription_id=read_id(request.form.get("subscription_id", "")) or 0))


@blueprint.post("/practice/<int:practice_id>/answer")
def answer(practice_id: int) -> ResponseReturnValue:
    """Say what another system would answer, or that it would not."""
    form = request.form
    values = {name.removeprefix(_VALUE): text for name, text in form.items() if name.startswith(_VALUE)}
    error = (form.get("code", "").strip()[:_LONGEST_CODE] or _NO_ANSWER) if "failed" in form else ""
    return _act(
        practice_id, Answer(activity_id=form.get("activity_id", ""), values={} if error else values, error=error)
    )


@blueprint.post("/practice/<int:practice_id>/undo")
def undo(practice_id: int) -> ResponseReturnValue:
    try:
        take_back(services().database, practice_id, revision=_revision(), actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _practice(practice_id, error=error)
    return redirect(url_for("practice.show", practice_id=practice_id), code=303)


@blueprint.post("/practice/<int:practice_id>/forget")
def forget(practice_id: int) -> ResponseReturnValue:
    with writing() as session:
        definition_id = forget_practice(session, practice_id, actor=actor())
    flash(_("The practice deal is gone. Nothing of it was kept."), "success")
    return redirect(url_for("practice.begin", definition_id=definition_id), code=303)


def _ensure_may_try() -> None:
    ensure_sees(actor(), Ability.SEE_MAPS)
    ensure_may(actor(), Ability.DEPLOY_MAP)


def _revision() -> int:
    return read_id(request.form.get("revision", "")) or 0


def _act(
    practice_id: int, action: Action, *, typed: Mapping[str, Any] | None = None, comment: str = ""
) -> ResponseReturnValue:
    try:
        act_in_practice(
            services().database, practice_id, action, revision=_revision(), actor=actor(), clock=services().clock
        )
    except NotFound:
        raise
    except DomainError as error:
        return _practice(practice_id, typed=typed, comment=comment, error=error)
    return redirect(url_for("practice.show", practice_id=practice_id), code=303)


def _begin(definition_id: int, typed: Mapping[str, Any], error: DomainError | None = None) -> ResponseReturnValue:
    _ensure_may_try()
    errors = field_errors(error) if error else {}
    with reading() as session:
        view = definition_view(session, actor(), definition_id)
        process = process_of(session, definition_id) if view.row.can_run else None
        owners = possible_owners(session)
        earlier = own_practices(session, actor(), definition_id)
        fields = step_fields(session, opening_fields(process), typed, errors) if process else ()
    page = render_template(
        "maps/practice_start.html",
        row=view.row,
        fields=fields,
        owners=[(one.id, _named(one.full_name, one.position)) for one in owners],
        owner_id=request.form.get("owner_id", ""),
        messages=process.start_messages if process else (),
        message=request.form.get("message", ""),
        earlier=earlier,
        errors=errors,
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _walked(session: Session, practice: Practice) -> Walked:
    return walk(session, runnable(session, practice.definition_id), practice.actions)


def _view(stand: Stand) -> PracticeView:
    awake = PracticeWalk(stand)
    try:
        with awake.database.read() as inside:
            return practice_view(inside, stand.now)
    finally:
        awake.close()


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The step whose form is shown, as the person who would do it sees it."""

    step: PracticeStep
    view: WorkItemView
    doer_id: int
    fields: tuple[StepField, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    """Everything that is read from the private database for one page."""

    view: PracticeView
    chosen: _Chosen | None
    history: tuple[Entry, ...]
    incidents: tuple[ToldIncident, ...]


def _practice(
    practice_id: int,
    *,
    typed: Mapping[str, Any] | None = None,
    comment: str = "",
    error: DomainError | None = None,
) -> ResponseReturnValue:
    errors = field_errors(error) if error else {}
    with reading() as session:
        practice = own_practice(session, practice_id, actor())
        definition = definition_view(session, actor(), practice.definition_id)
        walked = _walked(session, practice)
        known = fields_of(session, practice.definition_id)
    as_if_at(walked.stand.now)
    shown = _page(walked, known, _Typed(typed, errors))
    chosen = shown.chosen
    page = render_template(
        "maps/practice.html",
        practice=practice,
        row=definition.row,
        now=walked.stand.now,
        view=shown.view,
        chosen=chosen,
        is_live_form=chosen is not None and depends(chosen.view.fields),
        faults=faults_of(chosen.fields) if chosen else (),
        buttons=buttons(chosen.view.outcomes, chosen.step.row.kind) if chosen else (),
        doers=[(one.id, _named(one.full_name, one.position)) for one in chosen.step.doers] if chosen else [],
        history=shown.history,
        letters=[(one, letter_words(one)) for one in shown.view.letters],
        incidents=shown.incidents,
        ahead=[(one, ahead_words(one)) for one in shown.view.ahead],
        lost=len(practice.actions) - walked.done,
        lost_because=error_text(walked.problem) if walked.problem else "",
        errors=errors,
        comment=comment,
        problem_text=_problem(error),
    )
    return page, status_of(error) if error else 200


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was typed into the step's form before it was refused, with what is wrong by field."""

    values: Mapping[str, Any] | None
    errors: Mapping[str, str]


def _page(walked: Walked, known: Fields, typed: _Typed) -> _Page:
    awake = PracticeWalk(walked.stand)
    try:
        with awake.database.read() as inside:
            view = practice_view(inside, walked.stand.now)
            chosen = _chosen(inside, view, known, typed)
            history = entries(view.history, known, currency_of(inside, view.deal_id))
            return _Page(view, chosen, history, tuple(told(one) for one in view.incidents))
    finally:
        awake.close()


def _chosen(inside: Session, view: PracticeView, known: Fields, typed: _Typed) -> _Chosen | None:
    """The step asked for, else the first that somebody may do, with the form that this person's inbox would show."""
    wanted = read_id(request.values.get("step", "") or request.form.get("work_item_id", ""))
    doable = [one for one in view.steps if one.doers]
    step = next((one for one in doable if one.row.id == wanted), doable[0] if doable else None)
    if step is None:
        return None
    ids = [one.id for one in step.doers]
    asked = read_id(request.form.get("person_id", ""))
    doer_id = asked if asked in ids else ids[0]
    item = work_item_view(inside, actor_of(inside, doer_id, now()), step.row.id, now())
    currency = step.row.currency
    shown = shown_texts(inside, item.fields, item.typed, known, currency)
    values = typed.values if typed.values is not None and step.row.id == wanted else item.typed
    state = read_form(item.fields, values, chosen_locale(), known=item.known, zone=zone().key)
    fields = step_fields(inside, item.fields, values, typed.errors, shown, state=state, currency=currency)
    return _Chosen(step, item, doer_id, fields)


def _named(full_name: str, position: str) -> str:
    return f"{full_name}, {position}" if position else full_name


def _problem(error: DomainError | None) -> str:
    if error is None:
        return ""
    of_outcome = error.errors.get("outcome") if isinstance(error, InvalidInput) else None
    return error_text(of_outcome or error)
