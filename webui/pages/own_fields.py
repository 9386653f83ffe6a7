"""Own fields of clients and contacts: which there are, in what order, by what rules. The process owner's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.own_fields import (
    add_own_field,
    move_own_field,
    restore_own_field,
    retire_own_field,
    update_own_field,
)
from engine.errors import DomainError, NotFound
from engine.model.own_field import FieldSubject, OwnField
from engine.policy.own_fields import TYPES, OwnFieldDraft, choices_text
from engine.queries.own_fields import managed_field, managed_fields
from webui.carrying_out import made_once
from webui.error_pages import status_of
from webui.i18n import _
from webui.map_steps import FIELD_TYPES
from webui.messages import error_text, field_errors
from webui.request_context import actor, reading, services, writing

blueprint = Blueprint("own_fields", __name__, url_prefix="/settings/fields")

_TEXTS = ("label", "type", "name", "choices", "minimum", "maximum", "pattern", "help")
_TICKS = ("required", "is_listed")


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _list(_subject(request.args.get("of", "")))


@blueprint.post("/<subject>")
def create(subject: str) -> ResponseReturnValue:
    of = _subject(subject)
    with reading() as session:
        managed_fields(session, actor(), of)
    try:
        draft = _draft(request.form)
        add = made_once(lambda session: add_own_field(session, of, draft, actor=actor(), clock=services().clock).id)
        with writing() as session:
            field = session.get_one(OwnField, add(session))
    except DomainError as error:
        return _list(of, error)
    flash(_("The field “%(name)s” is added.", name=field.definition["label"]), "success")
    return _back(field)


@blueprint.get("/<int:field_id>")
def edit(field_id: int) -> ResponseReturnValue:
    return _page(field_id)


@blueprint.post("/<int:field_id>")
def change(field_id: int) -> ResponseReturnValue:
    draft = _draft(request.form)
    return _act(
        field_id,
        lambda session: update_own_field(session, field_id, draft, actor=actor(), clock=services().clock),
        _("Saved."),
    )


@blueprint.post("/<int:field_id>/move")
def move(field_id: int) -> ResponseReturnValue:
    by = 1 if request.form.get("by") == "down" else -1
    return _act(
        field_id,
        lambda session: move_own_field(session, field_id, by=by, actor=actor(), clock=services().clock),
        "",
    )


@blueprint.post("/<int:field_id>/retire")
def retire(field_id: int) -> ResponseReturnValue:
    return _act(
        field_id,
        lambda session: retire_own_field(session, field_id, actor=actor(), clock=services().clock),
        _("The field is out of use. What was filled in stays, and it can be taken into use again."),
    )


@blueprint.post("/<int:field_id>/restore")
def restore(field_id: int) -> ResponseReturnValue:
    return _act(
        field_id,
        lambda session: restore_own_field(session, field_id, actor=actor(), clock=services().clock),
        _("The field is in use again."),
    )


def _subject(word: str) -> FieldSubject:
    """Clients', unless contacts' are asked for."""
    return FieldSubject.CONTACT if word == FieldSubject.CONTACT.value else FieldSubject.CLIENT


def _draft(form: Mapping[str, str]) -> OwnFieldDraft:
    texts: dict[str, Any] = {name: form.get(name, "") for name in _TEXTS}
    ticks: dict[str, Any] = {name: name in form for name in _TICKS}
    return OwnFieldDraft(**texts, **ticks)


def _act(field_id: int, command: Callable[[Session], OwnField], told: str) -> ResponseReturnValue:
    with reading() as session:
        managed_field(session, actor(), field_id)
    try:
        with writing() as session:
            field = command(session)
    except NotFound:
        raise
    except DomainError as error:
        return _page(field_id, error)
    if told:
        flash(told, "success")
    return _back(field)


def _back(field: OwnField) -> ResponseReturnValue:
    return redirect(url_for("own_fields.show", of=field.subject.value), code=303)


def _types() -> list[tuple[str, str]]:
    return [(kind.value, _(FIELD_TYPES[kind])) for kind in TYPES]


def _list(subject: FieldSubject, error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        found = managed_fields(session, actor(), subject)
    page = render_template(
        "settings/fields.html",
        subject=subject.value,
        in_use=[one for one in found if not one.is_retired],
        retired=[one for one in found if one.is_retired],
        types=_types(),
        type_words=dict(_types()),
        typed=request.form if error else {},
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _page(field_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        field = managed_field(session, actor(), field_id)
    definition = field.definition
    stored = {
        "label": definition.label,
        "choices": choices_text(definition.choices),
        "minimum": definition.minimum or "",
        "maximum": definition.maximum or "",
        "pattern": definition.pattern or "",
        "help": definition.help,
    } | {name: "yes" for name, so in (("required", definition.required), ("is_listed", field.is_listed)) if so}
    page = render_template(
        "settings/field.html",
        field=field,
        subject=field.subject.value,
        type_word=_(FIELD_TYPES[definition.type]),
        typed=request.form if error else stored,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200
