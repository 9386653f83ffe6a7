"""Deals out of their map's order: move, suspend, resume, reopen, set variables, and take it back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldType
from engine.commands.asking_again import ask_approvals_again
from engine.commands.cancellations import reopen_deal
from engine.commands.incidents import perform
from engine.commands.jumps import move_token, undo_move
from engine.commands.suspensions import Deadlines, resume_deal, suspend_deal
from engine.commands.variables import set_variables, settable_variables, undo_variables
from engine.errors import DomainError, NotFound
from engine.model.deal import Deal
from engine.policy.permissions import Ability
from engine.queries.deals import deal_view, walked_path
from engine.queries.move_targets import MoveTarget, move_targets
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.forms.shown_values import shown_field
from webui.forms.typed_values import chosen_id
from webui.forms.variable_values import given_variables
from webui.i18n import _, chosen_locale
from webui.messages import error_text, field_errors
from webui.move_words import told_move
from webui.pages.deals import deal_page
from webui.request_context import actor, now, reading, services
from webui.tellings.words import readable

blueprint = Blueprint("deal_repairs", __name__, url_prefix="/deals")


@blueprint.get("/<int:deal_id>/move")
def choose_move(deal_id: int) -> ResponseReturnValue:
    """Every step of the map with what moving the deal there would do, beside the drawing."""
    return _choosing(deal_id)


@blueprint.post("/<int:deal_id>/move")
def move(deal_id: int) -> ResponseReturnValue:
    try:
        _perform(
            lambda session: move_token(
                session,
                deal_id,
                request.form.get("to", ""),
                request.form.get("reason", ""),
                actor=actor(),
                clock=services().clock,
                command_id=sent_command_id(),
            )
        )
    except NotFound:
        raise
    except DomainError as error:
        return _choosing(deal_id, error)
    return _shown(deal_id, _("The deal is moved. Until it goes on, this can be undone."))


@blueprint.post("/<int:deal_id>/move/undo")
def undo(deal_id: int) -> ResponseReturnValue:
    return _act(
        deal_id,
        lambda session: undo_move(
            session,
            deal_id,
            chosen_id(request.form, "intervention"),
            actor=actor(),
            clock=services().clock,
            command_id=sent_command_id(),
        ),
        _("The deal stands where it stood."),
    )


@blueprint.post("/<int:deal_id>/ask-again")
def ask_again(deal_id: int) -> ResponseReturnValue:
    return _act(
        deal_id,
        lambda session: ask_approvals_again(
            session, deal_id, actor=actor(), clock=services().clock, command_id=sent_command_id()
        ),
        _("The deal is on its way to be approved again."),
    )


@blueprint.post("/<int:deal_id>/suspend")
def suspend(deal_id: int) -> ResponseReturnValue:
    return _act(
        deal_id,
        lambda session: suspend_deal(
            session,
            deal_id,
            request.form.get("reason", ""),
            actor=actor(),
            clock=services().clock,
            command_id=sent_command_id(),
        ),
        _("The deal is suspended: nothing in it is due until it is resumed."),
    )


@blueprint.post("/<int:deal_id>/resume")
def resume(deal_id: int) -> ResponseReturnValue:
    return _act(
        deal_id,
        lambda session: resume_deal(
            session, deal_id, _deadlines(), actor=actor(), clock=services().clock, command_id=sent_command_id()
        ),
        _("The deal goes on."),
    )


@blueprint.post("/<int:deal_id>/reopen")
def reopen(deal_id: int) -> ResponseReturnValue:
    return _act(
        deal_id,
        lambda session: reopen_deal(
            session,
            deal_id,
            request.form.get("reason", ""),
            _deadlines(),
            actor=actor(),
            clock=services().clock,
            command_id=sent_command_id(),
        ),
        _("The deal is open again; its steps wait where they waited."),
    )


@blueprint.get("/<int:deal_id>/variables")
def show_variables(deal_id: int) -> ResponseReturnValue:
    """The values by which the map decides: the administrator's repair."""
    return _variables(deal_id)


@blueprint.post("/<int:deal_id>/variables")
def write_variables(deal_id: int) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.REPAIR_DEAL)
    locale = chosen_locale()
    try:
        values = given_variables(request.form)
        _perform(
            lambda session: set_variables(
                session,
                deal_id,
                values,
                request.form.get("reason", ""),
                actor=actor(),
                clock=services().clock,
                command_id=sent_command_id(),
                locale=locale,
            )
        )
    except NotFound:
        raise
    except DomainError as error:
        return _variables(deal_id, error)
    return _shown(deal_id, _("The values are set. Until the deal goes on, this can be undone."))


@blueprint.post("/<int:deal_id>/variables/undo")
def take_variables_back(deal_id: int) -> ResponseReturnValue:
    return _act(
        deal_id,
        lambda session: undo_variables(
            session,
            deal_id,
            chosen_id(request.form, "intervention") or 0,
            actor=actor(),
            clock=services().clock,
            command_id=sent_command_id(),
        ),
        _("The values are as they were."),
    )


def _deadlines() -> Deadlines:
    return Deadlines.KEEP if request.form.get("deadlines") == Deadlines.KEEP.value else Deadlines.SHIFT


def _perform(command: Callable[[Session], Deal]) -> None:
    perform(services().database, command, actor=actor(), clock=services().clock)


def _shown(deal_id: int, told: str) -> ResponseReturnValue:
    flash(told, "success")
    return redirect(url_for("deals.show", deal_id=deal_id), code=303)


def _act(deal_id: int, command: Callable[[Session], Deal], told: str) -> ResponseReturnValue:
    try:
        _perform(command)
    except NotFound:
        raise
    except DomainError as error:
        return deal_page(deal_id, error=error, form=request.form.to_dict())
    return _shown(deal_id, told)


def _choosing(deal_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        view = deal_view(session, actor(), deal_id, now())
        targets = move_targets(session, actor(), deal_id)
        path = walked_path(session, actor(), deal_id, now())

    def stage_of(target: MoveTarget) -> str:
        return target.stage

    stages = [(stage, [told_move(one) for one in group]) for stage, group in groupby(targets, key=stage_of)]
    page = render_template(
        "deals/move.html",
        view=view,
        row=view.row,
        stages=stages,
        has_targets=any(not one.refusal for _stage, moves in stages for one in moves),
        path=path,
        chosen=request.form.get("to", ""),
        typed_reason=request.form.get("reason", ""),
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _variables(deal_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.REPAIR_DEAL)
    with reading() as session:
        view = deal_view(session, actor(), deal_id, now())
        known = settable_variables(process_of(session, view.definition_id)) if view.definition_id else {}
        stored = {
            one.name: readable(one.value)
            if known[one.name].type is FieldType.TEXT
            else shown_field(session, known[one.name], one.value, view.row.currency)
            for one in view.fields
            if one.name in known
        }
    errors = field_errors(error) if error else {}
    is_empty = not any(text.strip() for name, text in request.form.items() if name.startswith("set."))
    nothing = _("Nothing is filled in: give at least one value.") if "values" in errors and is_empty else ""
    page = render_template(
        "deals/variables.html",
        view=view,
        row=view.row,
        settable=[(field, stored.get(name, "—")) for name, field in known.items()],
        form=request.form,
        errors=errors,
        problem_text=nothing or (error_text(error) if error else ""),
    )
    return page, status_of(error) if error else 200
