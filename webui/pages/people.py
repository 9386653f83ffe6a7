"""People: the list, a new one, one person with role, departments, password and absences. The administrator's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from engine.commands.linked_accounts import unlink_account
from engine.commands.password_links import INVITATION_LASTS, make_password_link, send_password_link
from engine.commands.people import (
    MIN_PASSWORD_LENGTH,
    OwnPassword,
    PersonDraft,
    add_person,
    set_password_of,
    update_person,
)
from engine.commands.staff_erasure import erase_employee
from engine.errors import N_, DomainError, FieldRequired, InvalidInput, NotFound
from engine.model.person import Person, Role
from engine.policy.permissions import Ability, may
from engine.policy.phone_numbers import normalise_phone
from engine.queries.approval_view import has_authenticator
from engine.queries.first_steps import first_steps
from engine.queries.linked_accounts import account_of_person
from engine.queries.people import DepartmentRow, departments, people, person_view
from engine.queries.scopes import ensure_sees
from webui.carrying_out import made_once
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.forms.typed_values import read_id
from webui.i18n import _
from webui.messages import error_text, field_errors
from webui.proofs import own_proof
from webui.provider_proofs import give_back_used_proof, provider_offer
from webui.request_context import actor, reading, services, writing
from webui.roles import role_label, role_options

blueprint = Blueprint("people", __name__, url_prefix="/people")

_TEXTS = ("full_name", "position", "email", "phone")


@blueprint.get("")
def list_people() -> ResponseReturnValue:
    q = request.args.get("q", "").strip()[:200]
    cursor = request.args.get("cursor") or None
    with reading() as session:
        department = _shown_department(session)
        page = people(session, actor(), q, department_id=department.id if department else None, cursor=cursor)
        first = first_steps(session, actor())
    kept: dict[str, Any] = {"q": q or None, "department": department.id if department else None}
    return render_template(
        "people/list.html",
        page=page,
        q=q,
        department=department,
        first_url=url_for("people.list_people", **kept) if cursor else None,
        next_url=url_for("people.list_people", cursor=page.next_cursor, **kept) if page.next_cursor else None,
        role_label=role_label,
        first=first,
        has_provider=services().provider is not None,
        sends_mail=services().settings.smtp_url is not None,
    )


def _shown_department(session: Session) -> DepartmentRow | None:
    """The one whose people are asked for. Raises NotFound for one that is not there."""
    asked = request.args.get("department", "")
    if not asked:
        return None
    found = next((one for one in departments(session, actor()) if str(one.id) == asked), None)
    if found is None:
        raise NotFound
    return found


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    return _form(MultiDict({"role": request.args.get("role", "")}))


@blueprint.post("")
def create() -> ResponseReturnValue:
    _ensure_manages()
    form = request.form
    try:
        draft = PersonDraft(
            login=form.get("login", ""),
            role=_role(form),
            department_ids=_department_ids(form),
            password=form.get("password") or None,
            **_texts(form),
        )
        add = made_once(lambda session: add_person(session, draft, actor=actor(), clock=services().clock).id)
        with writing() as session:
            person = session.get_one(Person, add(session))
    except DomainError as error:
        return _form(form, error)
    provider = services().provider
    if draft.password is None and provider is not None and person.email and person.role is not Role.ADMINISTRATOR:
        flash(
            _(
                "%(name)s is added, and signs in through %(provider)s as %(mail)s.",
                name=person.full_name,
                provider=provider.name,
                mail=person.email,
            ),
            "success",
        )
    elif draft.password is None:
        flash(
            _("%(name)s is added, and cannot sign in yet: choose how under “Access”.", name=person.full_name), "warning"
        )
    else:
        flash(_("%(name)s is added.", name=person.full_name), "success")
    return redirect(url_for("people.show", person_id=person.id), code=303)


@blueprint.get("/<int:person_id>")
def show(person_id: int) -> ResponseReturnValue:
    return _page(person_id)


@blueprint.post("/<int:person_id>")
def update(person_id: int) -> ResponseReturnValue:
    def command(session: Session) -> None:
        form = request.form
        changes: dict[str, Any] = {"role": _role(form), "department_ids": _department_ids(form), **_texts(form)}
        update_person(session, person_id, changes, actor=actor(), clock=services().clock, proof=proof)

    _ensure_manages()
    try:
        proof = own_proof(request.form, actor()) if _is_own_email_changed(person_id) else None
    except InvalidInput as error:
        return _page(person_id, request.form, error)
    return _act(person_id, command, _("Saved."), form=request.form)


@blueprint.post("/<int:person_id>/active")
def set_active(person_id: int) -> ResponseReturnValue:
    """Take somebody's access away, or give it back. Nothing that they did is lost."""
    active = request.form.get("active") == "yes"
    return _act(
        person_id,
        lambda session: update_person(session, person_id, {"is_active": active}, actor=actor(), clock=services().clock),
        _("The person can sign in again.") if active else _("The person can no longer sign in."),
    )


@blueprint.post("/<int:person_id>/erase")
def erase(person_id: int) -> ResponseReturnValue:
    """Erase what is no longer needed of somebody who has left."""
    form = request.form
    return _act(
        person_id,
        lambda session: erase_employee(
            session,
            person_id,
            form.get("basis", ""),
            actor=actor(),
            clock=services().clock,
            command_id=sent_command_id(),
        ),
        _("Erased. The name stays where this person decided."),
        basis=form.get("basis", ""),
    )


@blueprint.post("/<int:person_id>/password")
def change_password(person_id: int) -> ResponseReturnValue:
    return _act(
        person_id,
        lambda session: set_password_of(
            session, person_id, request.form.get("password", ""), actor=actor(), clock=services().clock
        ),
        _("The password is set. All sessions of this person have ended."),
    )


@blueprint.post("/<int:person_id>/company-account/remove")
def remove_account(person_id: int) -> ResponseReturnValue:
    """An account that was connected by mistake, or that its owner has no more."""
    provider = services().provider
    if provider is None:
        raise NotFound
    return _act(
        person_id,
        lambda session: unlink_account(
            session, person_id, provider.given.issuer, actor=actor(), clock=services().clock
        ),
        _("The connection is removed. All sessions of this person have ended."),
    )


@blueprint.post("/<int:person_id>/password-letter")
def send_link(person_id: int) -> ResponseReturnValue:
    return _act(
        person_id,
        lambda session: send_password_link(session, person_id, actor=actor(), clock=services().clock),
        _("A letter with a link is on its way: the person chooses the password themselves."),
    )


@blueprint.post("/<int:person_id>/password-link")
def make_link(person_id: int) -> ResponseReturnValue:
    """The answer to this request is the only place where the link ever stands."""
    _ensure_manages()
    try:
        with writing() as session:
            token = make_password_link(session, person_id, actor=actor(), clock=services().clock)
    except OwnPassword as error:
        return _page(person_id, error=error)
    return _page(person_id, link=f"{services().settings.base_url}{url_for('passwords.show', token=token)}")


def _ensure_manages() -> None:
    ensure_sees(actor(), Ability.MANAGE_PEOPLE)


def _is_own_email_changed(person_id: int) -> bool:
    if person_id != actor().person_id:
        return False
    with reading() as session:
        return bool(session.get_one(Person, person_id).email != _texts(request.form)["email"])


def _texts(form: Mapping[str, str]) -> dict[str, Any]:
    texts = {name: form.get(name, "").strip() for name in _TEXTS}
    return texts | {"phone": normalise_phone(texts["phone"]) or texts["phone"]}


def _role(form: Mapping[str, str]) -> Role:
    """Raises InvalidInput."""
    chosen = form.get("role", "")
    if chosen not in set(Role):
        raise InvalidInput({"role": FieldRequired(label=N_("Role"))})
    return Role(chosen)


def _department_ids(form: MultiDict[str, str]) -> tuple[int, ...]:
    return tuple(one for text in form.getlist("department_ids") if (one := read_id(text)) is not None)


def _act(
    person_id: int,
    command: Callable[[Session], Any],
    told: str,
    *,
    form: MultiDict[str, str] | None = None,
    basis: str = "",
) -> ResponseReturnValue:
    _ensure_manages()
    try:
        with writing() as session:
            command(session)
    except NotFound:
        raise
    except DomainError as error:
        give_back_used_proof()
        return _page(person_id, form, error, basis=basis)
    flash(told, "success")
    return redirect(url_for("people.show", person_id=person_id), code=303)


def _form(typed: MultiDict[str, str], error: DomainError | None = None) -> ResponseReturnValue:
    _ensure_manages()
    with reading() as session:
        all_departments = departments(session, actor())
    page = render_template(
        "people/new.html",
        typed=typed,
        ticked=set(_department_ids(typed)),
        departments=[one for one in all_departments if not one.is_archived],
        roles=role_options(),
        minimum=MIN_PASSWORD_LENGTH,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _page(
    person_id: int,
    form: MultiDict[str, str] | None = None,
    error: DomainError | None = None,
    *,
    basis: str = "",
    link: str = "",
) -> ResponseReturnValue:
    _ensure_manages()
    provider = services().provider
    with reading() as session:
        view = person_view(session, actor(), person_id)
        all_departments = departments(session, actor())
        linked = account_of_person(session, person_id, provider.given.issuer) if provider is not None else None
        is_own = person_id == actor().person_id
        offer = provider_offer(session, None, url_for("people.show", person_id=person_id)) if is_own else None
        confirms_by_codes = not is_own and has_authenticator(session, person_id)
    own_departments = {one.id for one in view.row.departments}
    page = render_template(
        "people/person.html",
        view=view,
        confirms_by_codes=confirms_by_codes,
        provider=provider.given if provider is not None else None,
        linked=linked,
        row=view.row,
        is_own=is_own,
        offer=offer,
        typed=form if form is not None else view.row,
        role=form.get("role", "") if form is not None else view.row.role.value,
        ticked=set(_department_ids(form)) if form is not None else own_departments,
        departments=[one for one in all_departments if not one.is_archived or one.id in own_departments],
        roles=role_options(),
        role_label=role_label,
        may_erase=may(actor(), Ability.ERASE_PERSON) and not view.row.is_active,
        basis=basis,
        link=link,
        link_days=INVITATION_LASTS.days,
        sends_mail=services().settings.smtp_url is not None,
        minimum=MIN_PASSWORD_LENGTH,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200
