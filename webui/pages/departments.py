"""Departments: their heads, their calendars, and what happens when their steps are late. The administrator's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.bpmn.compiled import Distribution
from engine.bpmn.escalation_text import parse_ladder
from engine.commands.departments import (
    DepartmentDraft,
    add_department,
    archive_department,
    delete_department,
    restore_department,
    update_department,
)
from engine.errors import N_, DomainError, NotFound
from engine.model.department import Department
from engine.policy.permissions import Ability
from engine.queries.people import calendars, departments
from engine.queries.scopes import ensure_sees
from engine.queries.uses import department_uses
from webui.carrying_out import carry_out, made_once
from webui.department_tree import as_tree
from webui.error_pages import status_of
from webui.forms.typed_values import chosen_id, ensure_chosen
from webui.i18n import _
from webui.map_steps import DISTRIBUTIONS, escalation_words
from webui.messages import error_text, field_errors
from webui.request_context import actor, reading, services, writing
from webui.security import local_path

T = TypeVar("T")

blueprint = Blueprint("departments", __name__, url_prefix="/departments")


@blueprint.get("")
def list_departments() -> ResponseReturnValue:
    return _list()


@blueprint.post("")
def create() -> ResponseReturnValue:
    """Add a department, and go back to the page that missed it."""
    missed_at = local_path(request.form.get("next"))
    ensure_sees(actor(), Ability.MANAGE_PEOPLE if missed_at is None else Ability.ADD_DEPARTMENT)
    try:
        draft = DepartmentDraft(**_typed(request.form))
        add = made_once(lambda session: add_department(session, draft, actor=actor(), clock=services().clock).id)
        with writing() as session:
            department = session.get_one(Department, add(session))
    except DomainError as error:
        if missed_at is None:
            return _list(error)
        flash(" ".join(field_errors(error).values()) or error_text(error), "danger")
    else:
        flash(_("The department “%(name)s” is added.", name=department.name), "success")
    return redirect(missed_at or url_for("departments.list_departments"), code=303)


@blueprint.get("/<int:department_id>")
def show(department_id: int) -> ResponseReturnValue:
    return _page(department_id)


@blueprint.post("/<int:department_id>")
def update(department_id: int) -> ResponseReturnValue:
    return _act(
        department_id,
        lambda session: update_department(
            session, department_id, _typed(request.form), actor=actor(), clock=services().clock
        ),
    )


@blueprint.post("/<int:department_id>/archive")
def archive(department_id: int) -> ResponseReturnValue:
    return _put(
        department_id,
        lambda session: archive_department(session, department_id, actor=actor(), clock=services().clock),
        _("The department is archived: it is given nothing new. What it did stays."),
    )


@blueprint.post("/<int:department_id>/restore")
def restore(department_id: int) -> ResponseReturnValue:
    return _put(
        department_id,
        lambda session: restore_department(session, department_id, actor=actor(), clock=services().clock),
        _("The department is in use again."),
    )


@blueprint.post("/<int:department_id>/delete")
def delete(department_id: int) -> ResponseReturnValue:
    return _put(
        department_id,
        lambda session: delete_department(session, department_id, actor=actor(), clock=services().clock),
        lambda name: _("The department “%(name)s” is deleted.", name=name),
    )


def _ensure_manages() -> None:
    ensure_sees(actor(), Ability.MANAGE_PEOPLE)


def _typed(form: Mapping[str, str]) -> dict[str, Any]:
    """Raises InvalidInput."""
    ensure_chosen(form, "head_id", N_("a person"))
    ids = {name: chosen_id(form, name) for name in ("head_id", "parent_id", "calendar_id")}
    texts = {name: form.get(name, "").strip() for name in ("name", "escalation")}
    chosen = form.get("distribution", "")
    return ids | texts | {"distribution": Distribution(chosen) if chosen in set(Distribution) else None}


def _act(department_id: int, command: Callable[[Session], Any]) -> ResponseReturnValue:
    _ensure_manages()
    return carry_out(
        command,
        _("Saved."),
        refused=lambda error: _page(department_id, error),
        shown_at=url_for("departments.list_departments"),
    )


def _put(department_id: int, command: Callable[[Session], T], told: str | Callable[[T], str]) -> ResponseReturnValue:
    _ensure_manages()
    return carry_out(
        command,
        told,
        refused=lambda error: _page(department_id, error),
        shown_at=url_for("departments.list_departments"),
    )


def _distributions() -> dict[str, str]:
    return {one.value: _(words) for one, words in DISTRIBUTIONS.items()}


def _understood(escalation: str) -> tuple[str, ...]:
    """The ladder in words; nothing where it cannot be read: its field says so."""
    try:
        return escalation_words(parse_ladder(escalation)) if escalation else ()
    except DomainError:
        return ()


def _list(error: DomainError | None = None) -> ResponseReturnValue:
    _ensure_manages()
    with reading() as session:
        found = departments(session, actor())
        known_calendars = calendars(session)
    page = render_template(
        "people/departments.html",
        departments=as_tree([one for one in found if not one.is_archived]),
        archived=[one for one in found if one.is_archived],
        others=[(one.id, one.name) for one in found if not one.is_archived],
        distributions=_distributions(),
        ladders={one.id: _understood(one.escalation) for one in found},
        calendars=[(one.id, one.name) for one in known_calendars if not one.is_archived],
        typed=request.form if error else {},
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _page(department_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    _ensure_manages()
    with reading() as session:
        found = departments(session, actor())
        known_calendars = calendars(session)
        uses = department_uses(session, department_id) if any(one.id == department_id for one in found) else None
    row = next((one for one in found if one.id == department_id), None)
    if row is None:
        raise NotFound
    above = next((one.name for one in found if one.id == row.parent_id), "")
    page = render_template(
        "people/department.html",
        row=row,
        above=above,
        uses=uses,
        others=[(one.id, one.name) for one in found if one.id != department_id and not one.is_archived],
        calendars=[(one.id, one.name) for one in known_calendars if not one.is_archived],
        understood=_understood(row.escalation),
        distributions=_distributions(),
        typed=request.form if error else row,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200
