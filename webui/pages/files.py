"""Files of deals: added to a deal or a step, looked at, fetched, taken off the lists and put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.deal_files import Place, add_files, decided_on, hide_file, may_hide, show_file
from engine.commands.incidents import perform
from engine.errors import DomainError, NotFound
from engine.model.deal import Deal
from engine.policy.permissions import Ability, may
from engine.queries.deal_files import file_view
from engine.queries.work_items import work_item_view
from webui.command_keys import sent_command_id
from webui.deal_files import as_download, as_picture, file_address, shown_text
from webui.error_pages import error_page, status_of, with_event, with_toast
from webui.file_lists import deal_files, step_files
from webui.file_uploads import brought, limits, told_fault
from webui.i18n import _
from webui.messages import error_text
from webui.request_context import actor, now, reading, services
from webui.security import is_partial

blueprint = Blueprint("files", __name__)


@blueprint.get("/files/<int:file_id>")
def show(file_id: int) -> ResponseReturnValue:
    """One version: what is in it as far as a browser can show it safely, and the other versions."""
    with reading() as session:
        view = file_view(session, actor(), file_id)
        text = shown_text(session, view.row)
    return render_template(
        "files/view.html" if is_partial() else "files/page.html",
        view=view,
        file=view.row,
        text=text,
        may_hide=may_hide(actor(), added_by_id=view.row.added_by_id, owner_id=view.deal_owner_id),
        may_erase=may(actor(), Ability.ERASE_PERSON),
    )


@blueprint.get("/files/<int:file_id>/content")
def download(file_id: int) -> ResponseReturnValue:
    with reading() as session:
        file = file_view(session, actor(), file_id).row
    return as_download(file)


@blueprint.get("/files/<int:file_id>/picture")
def picture(file_id: int) -> ResponseReturnValue:
    with reading() as session:
        file = file_view(session, actor(), file_id).row
    return as_picture(file)


@blueprint.get("/deals/<int:deal_id>/files")
def list_of_deal(deal_id: int) -> ResponseReturnValue:
    """The list alone, as the deal's page asks for it again."""
    with reading() as session:
        files = deal_files(session, deal_id)
    if not is_partial():
        return redirect(url_for("deals.show", deal_id=deal_id, files=files.asked, _anchor="files"))
    return render_template("files/section.html", files=files)


@blueprint.get("/work-items/<int:work_item_id>/files")
def list_of_step(work_item_id: int) -> ResponseReturnValue:
    with reading() as session:
        row = work_item_view(session, actor(), work_item_id, now()).row
        files = step_files(session, row)
    if not is_partial():
        return redirect(url_for("work_items.show", work_item_id=work_item_id, files=files.asked))
    return render_template("files/section.html", files=files)


@blueprint.post("/deals/<int:deal_id>/files")
def add_to_deal(deal_id: int) -> ResponseReturnValue:
    with reading() as session:
        deal_files(session, deal_id)  # nobody fills our storage for a deal that is not theirs to see
    return _add(Place(deal_id=deal_id), url_for("deals.show", deal_id=deal_id, _anchor="files"))


@blueprint.post("/work-items/<int:work_item_id>/files")
def add_to_step(work_item_id: int) -> ResponseReturnValue:
    with reading() as session:
        work_item_view(session, actor(), work_item_id, now())
    place = Place(work_item_id=work_item_id, field=request.args.get("field", ""))
    return _add(place, url_for("work_items.show", work_item_id=work_item_id))


@blueprint.post("/files/<int:file_id>/hide")
def hide(file_id: int) -> ResponseReturnValue:
    return _act(
        file_id,
        lambda session: hide_file(session, file_id, actor=actor(), clock=services().clock),
        _("Removed from the list. It stays where it was approved, and can be put back."),
    )


@blueprint.post("/files/<int:file_id>/put-back")
def put_back(file_id: int) -> ResponseReturnValue:
    return _act(
        file_id,
        lambda session: show_file(session, file_id, actor=actor(), clock=services().clock),
        _("The file is back on the list."),
    )


def _add(place: Place, back: str) -> ResponseReturnValue:
    try:
        files = brought(request.files.getlist("file"))

        def command(session: Session) -> tuple[tuple[int, ...], dict[str, str]]:
            key = sent_command_id()
            before = decided_on(session, place.work_item_id, actor())
            ids = add_files(
                session, place, files, actor=actor(), clock=services().clock, limits=limits(), command_id=key
            )
            after = decided_on(session, place.work_item_id, actor())
            return ids, {"before": before, "after": after} if before and after else {}

        ids, content = perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _refused(error, back)
    if _wants_json():
        return jsonify(files=[_told(file_id) for file_id in ids], content=content)
    flash(_("Added: %(names)s", names=", ".join(one.name for one in files)), "success")
    return redirect(back, code=303)


def _told(file_id: int) -> dict[str, Any]:
    with reading() as session:
        row = file_view(session, actor(), file_id).row
    return {"id": row.id, "name": row.name, "version": row.version, "url": file_address(row.id)}


def _refused(error: DomainError, back: str) -> ResponseReturnValue:
    text = error_text(told_fault(error))
    if _wants_json():
        return jsonify(error=text), status_of(error)
    if is_partial():
        return error_page(status_of(error), text)
    flash(text, "danger")
    return redirect(back, code=303)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _act(file_id: int, command: Callable[[Session], Deal], told: str) -> ResponseReturnValue:
    deal = perform(services().database, command, actor=actor(), clock=services().clock)
    if is_partial():
        return with_event(with_toast(make_response(Response(status=204)), told), "files-changed")
    flash(told, "success")
    if request.form.get("from") == "file":
        return redirect(file_address(file_id), code=303)
    return redirect(url_for("deals.show", deal_id=deal.id, _anchor="files"), code=303)
