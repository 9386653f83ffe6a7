"""Absences: who stands in for whom. One's own; of one's people for a head; of everybody for the administrator."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.people import end_substitution, set_substitution
from engine.errors import N_, DomainError, FieldRequired, InvalidInput, NotFound
from engine.model.substitution import Substitution
from engine.queries.directories import directory
from engine.queries.substitutions import arrangeable_substitutions, arranges_for_others, own_standing_in
from webui.error_pages import status_of
from webui.formats import local
from webui.forms.typed_values import chosen_id, ensure_chosen, read_date
from webui.i18n import _
from webui.messages import error_text, field_errors
from webui.request_context import actor, now, reading, services, writing

blueprint = Blueprint("substitutions", __name__, url_prefix="/settings/substitutions")


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("")
def create() -> ResponseReturnValue:
    try:
        with writing() as session:
            set_substitution(session, *_read(), actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _page(error)
    flash(_("Arranged: the substitute sees these steps in the inbox under “Substituting”."), "success")
    return redirect(url_for("substitutions.show"), code=303)


@blueprint.post("/<int:substitution_id>/end")
def end(substitution_id: int) -> ResponseReturnValue:
    with writing() as session:
        if session.get(Substitution, substitution_id) is not None:  # else a second press: it is over already
            end_substitution(session, substitution_id, actor=actor(), clock=services().clock)
    flash(_("The substitution is over."), "success")
    return redirect(url_for("substitutions.show"), code=303)


def _read() -> tuple[int, int, date, date]:
    """Who, by whom, from, until. Raises InvalidInput."""
    form = request.form
    for name in ("person_id", "substitute_id"):
        ensure_chosen(form, name, N_("a person"))
    errors: dict[str, DomainError] = {}
    substitute_id = chosen_id(form, "substitute_id")
    if substitute_id is None:
        errors["substitute_id"] = FieldRequired(label=N_("Substitute"))
    starts_on = read_date(form, "starts_on", N_("First day"), errors)
    ends_on = read_date(form, "ends_on", N_("Last day"), errors)
    if substitute_id is None or starts_on is None or ends_on is None:
        raise InvalidInput(errors)
    return chosen_id(form, "person_id") or actor().person_id, substitute_id, starts_on, ends_on


def _page(error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        today = local(now()).date()
        arranged = arrangeable_substitutions(session, actor(), today)
        standing_in = tuple(one for one in own_standing_in(session, actor(), today) if one not in arranged)
        for_others = arranges_for_others(session, actor())
        absent_id = chosen_id(request.values, "person_id") or chosen_id(request.args, "person") or actor().person_id
        absent = directory(session).known_person(absent_id)
    page = render_template(
        "settings/substitutions.html",
        arranged=arranged,
        standing_in=standing_in,
        for_others=for_others,
        absent=absent,
        typed=request.form,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200
