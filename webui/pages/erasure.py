"""Erasing what is known of a person at a client, a file of a deal, and what somebody wrote in one entry of history."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.erasure import Erased, ErasureRequest, FilesToErase, erase_client, erase_contact, erase_written
from engine.commands.file_erasure import erase_file
from engine.errors import DomainError, NotFound
from engine.policy.permissions import Ability, ensure_may
from engine.queries.deal_files import copies_elsewhere, file_view
from engine.queries.deal_history import entry_of_deal
from engine.queries.deals import deal_view
from engine.queries.personal_traces import person_found
from webui.command_keys import sent_command_id
from webui.deal_files import ensure_there
from webui.error_pages import status_of
from webui.forms.typed_values import chosen_id
from webui.i18n import _, ngettext
from webui.messages import error_text, field_errors
from webui.request_context import actor, now, reading, services, writing
from webui.timeline import currency_of, entry

blueprint = Blueprint("erasure", __name__)

_SHOWN = 100
_LONGEST_WORDS = 500


@blueprint.get("/clients/<int:client_id>/erase")
def show_person(client_id: int) -> ResponseReturnValue:
    """Where the client, or a contact there, is named: what would be erased, and what cannot be."""
    return _person_page(client_id)


@blueprint.post("/clients/<int:client_id>/erase")
def erase_person(client_id: int) -> ResponseReturnValue:
    contact_id = chosen_id(request.form, "contact")
    files = FilesToErase.ALL if request.form.get("files") == FilesToErase.ALL else FilesToErase.NAMED
    wanted = ErasureRequest(request.form.get("basis", ""), _words(request.form.get("words", "")), files)
    key, clock = sent_command_id(), services().clock
    try:
        with writing() as session:
            if contact_id is not None:
                done = erase_contact(session, contact_id, wanted, actor=actor(), clock=clock, command_id=key)
            else:
                done = erase_client(session, client_id, wanted, actor=actor(), clock=clock, command_id=key)
    except NotFound:
        raise
    except DomainError as error:
        return _person_page(client_id, error)
    _tell(done)
    return redirect(url_for("clients.show", client_id=client_id), code=303)


@blueprint.get("/deals/<int:deal_id>/history/<int:number>/erase")
def show_entry(deal_id: int, number: int) -> ResponseReturnValue:
    return _entry_page(deal_id, number)


@blueprint.post("/deals/<int:deal_id>/history/<int:number>/erase")
def erase_entry(deal_id: int, number: int) -> ResponseReturnValue:
    try:
        with writing() as session:
            done = erase_written(
                session,
                deal_id,
                number,
                request.form.get("basis", ""),
                actor=actor(),
                clock=services().clock,
                command_id=sent_command_id(),
            )
    except NotFound:
        raise
    except DomainError as error:
        return _entry_page(deal_id, number, error)
    _tell(done)
    return redirect(url_for("deals.show", deal_id=deal_id, _anchor="timeline"), code=303)


@blueprint.get("/files/<int:file_id>/erase")
def show_file(file_id: int) -> ResponseReturnValue:
    """What of a file would be gone, and where else the same content stands."""
    return _file_page(file_id)


@blueprint.post("/files/<int:file_id>/erase")
def erase_deal_file(file_id: int) -> ResponseReturnValue:
    basis, key = request.form.get("basis", ""), sent_command_id()
    try:
        with writing() as session:
            deal_id = erase_file(session, file_id, basis, actor=actor(), clock=services().clock, command_id=key)
    except NotFound:
        raise
    except DomainError as error:
        return _file_page(file_id, error)
    flash(_("The file is erased. What was decided on it is proven still."), "success")
    return redirect(url_for("deals.show", deal_id=deal_id, _anchor="files"), code=303)


def _tell(done: Erased) -> None:
    if done.files:
        flash(ngettext("%(num)s file is erased.", "%(num)s files are erased.", done.files), "success")
    flash(
        ngettext(
            "Erased. %(num)s entry of the history has lost its text and keeps its proof.",
            "Erased. %(num)s entries of the history have lost their texts and keep their proof.",
            done.entries,
        ),
        "success",
    )


def _words(typed: str) -> tuple[str, ...]:
    """Separated by commas or lines, as people write lists."""
    return tuple(filter(None, (one.strip() for one in typed[:_LONGEST_WORDS].replace("\n", ",").split(","))))


def _person_page(client_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    typed = request.form if error is not None else request.args
    with reading() as session:
        person = person_found(session, actor(), client_id, chosen_id(typed, "contact"), _words(typed.get("words", "")))
    page = render_template(
        "clients/erase.html",
        person=person,
        shown=_SHOWN,
        files=sorted(person.files, key=lambda one: not one.is_named),
        named=sum(one.is_named for one in person.files),
        typed=typed,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _file_page(file_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        view = file_view(session, actor(), file_id)
        ensure_may(actor(), Ability.ERASE_PERSON)
        copies = copies_elsewhere(session, actor(), view)
    ensure_there(view.row)
    page = render_template(
        "files/erase.html",
        view=view,
        file=view.row,
        copies=copies,
        typed=request.form,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _entry_page(deal_id: int, number: int, error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        view = deal_view(session, actor(), deal_id, now())
        ensure_may(actor(), Ability.ERASE_PERSON)
        told = entry(entry_of_deal(session, deal_id, number), currency=currency_of(session, deal_id))
    page = render_template(
        "deals/erase_entry.html",
        row=view.row,
        told=told,
        typed=request.form,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200
