"""The files of a deal and of its steps over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.deal_files import Place, add_files, hide_file, show_file
from engine.commands.file_erasure import erase_file
from engine.model.deal import Deal
from engine.policy.personal_texts import ERASED
from engine.queries.deal_files import DealFileRow, file_of_deal, file_view, files_of_deal
from engine.queries.work_items import work_item_view
from webui.api.answers import answer, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.models.deal_files import (
    DealFileItem,
    DealFileList,
    DealFilePath,
    FileErasure,
    GivenFiles,
    StepFieldQuery,
)
from webui.api.models.deals import DealPath
from webui.api.models.values import ShortPaging
from webui.api.models.work_items import WorkItemPath
from webui.api.performing import carry_out, carry_out_once, command_id
from webui.api.tags import DEALS, STEPS
from webui.deal_files import as_download
from webui.file_uploads import brought, limits
from webui.request_context import now, reading, services

_ANY_FILE = {
    "description": "The file, byte for byte.",
    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
}
_ADDED = {201: DealFileList, **conflicts("content_gone", "idempotency_key_reused")}
_ADDED_AT_STEP = {
    201: DealFileList,
    **conflicts("already_completed", "already_cancelled", "content_gone", "idempotency_key_reused"),
}


@api.get("/deals/<int:deal_id>/files", tags=[DEALS], responses={200: DealFileList})
def list_deal_files(path: DealPath, query: ShortPaging) -> Response:
    """Every version of every file of the deal, the latest first, the removed ones among them."""
    with reading() as session:
        return _listed(files_of_deal(session, caller(), path.deal_id, hidden=True), query)


@api.post("/deals/<int:deal_id>/files", tags=[DEALS], responses=_ADDED)
def add_deal_files(path: DealPath, form: GivenFiles) -> Response:
    """Add files to a deal. One that is already its latest version is not added again."""
    with reading() as session:
        files_of_deal(session, caller(), path.deal_id)  # nobody fills our storage for a deal that is not theirs to see
    return _add(Place(deal_id=path.deal_id), form)


@api.get(
    "/deals/<int:deal_id>/files/<int:file_id>/content",
    tags=[DEALS],
    responses={200: _ANY_FILE, **conflicts("file_erased")},
)
def download_deal_file(path: DealFilePath) -> Response:
    """One version of a file, always as a download, removed or not."""
    with reading() as session:
        file = file_of_deal(session, caller(), path.deal_id, path.file_id)
    return as_download(file)


@api.post("/deals/<int:deal_id>/files/<int:file_id>/remove", tags=[DEALS], responses={200: DealFileItem})
def remove_deal_file(path: DealFilePath) -> Response:
    """Take a file with all its versions off the lists. By who added it, the deal's owner or a head."""

    def command(session: Session) -> Deal:
        return hide_file(session, path.file_id, actor=caller(), clock=services().clock)

    return _changed(path, "hide_file", command)


@api.post("/deals/<int:deal_id>/files/<int:file_id>/put-back", tags=[DEALS], responses={200: DealFileItem})
def put_deal_file_back(path: DealFilePath) -> Response:
    """Put a removed file with all its versions back on the lists."""

    def command(session: Session) -> Deal:
        return show_file(session, path.file_id, actor=caller(), clock=services().clock)

    return _changed(path, "show_file", command)


@api.post(
    "/deals/<int:deal_id>/files/<int:file_id>/erase",
    tags=[DEALS],
    responses={200: DealFileItem, **conflicts("file_erased", "idempotency_key_reused")},
)
def erase_deal_file(path: DealFilePath, body: FileErasure) -> Response:
    """Erase the content and the name of a file, all its versions. What was decided on it is proven still."""
    key = command_id()
    with reading() as session:
        file_of_deal(session, caller(), path.deal_id, path.file_id)
    carry_out(
        lambda session: erase_file(
            session, path.file_id, body.basis, actor=caller(), clock=services().clock, command_id=key
        )
    )
    with reading() as session:
        return answer(_item(file_of_deal(session, caller(), path.deal_id, path.file_id)))


@api.get("/work-items/<int:work_item_id>/files", tags=[STEPS], responses={200: DealFileList})
def list_work_item_files(path: WorkItemPath, query: ShortPaging) -> Response:
    """The files that people added at a step, the latest first."""
    with reading() as session:
        row = work_item_view(session, caller(), path.work_item_id, now()).row
        files = files_of_deal(session, caller(), row.deal_id, hidden=True)
        return _listed((one for one in files if one.work_item_id == row.id), query)


@api.post("/work-items/<int:work_item_id>/files", tags=[STEPS], responses=_ADDED_AT_STEP)
def add_work_item_files(path: WorkItemPath, query: StepFieldQuery, form: GivenFiles) -> Response:
    """Add files at a step that is not done yet. The values of its file fields are the ids of such files."""
    with reading() as session:
        work_item_view(session, caller(), path.work_item_id, now())
    return _add(Place(work_item_id=path.work_item_id, field=query.field), form)


def _add(place: Place, form: GivenFiles) -> Response:
    key, files = command_id(), brought(form.file)

    def command(session: Session) -> tuple[int, ...]:
        return add_files(session, place, files, actor=caller(), clock=services().clock, limits=limits(), command_id=key)

    ids = carry_out(command)
    with reading() as session:
        return _listed((file_view(session, caller(), one).row for one in ids), ShortPaging(), 201)


def _changed(path: DealFilePath, name: str, command: Callable[[Session], Deal]) -> Response:
    with reading() as session:
        file_of_deal(session, caller(), path.deal_id, path.file_id)
    carry_out_once(name, {"id": path.file_id}, lambda session: command(session).id)
    with reading() as session:
        return answer(_item(file_of_deal(session, caller(), path.deal_id, path.file_id)))


def _listed(rows: Iterable[DealFileRow], paging: ShortPaging, status: int = 200) -> Response:
    part = part_of(tuple(rows), paging)
    items = tuple(map(_item, part.items))
    return answer(DealFileList(items=items, next_cursor=part.next_cursor, total=part.total), status)


def _item(row: DealFileRow) -> DealFileItem:
    return DealFileItem(
        id=row.id,
        name=ERASED if row.erased_at is not None else row.name,
        version=row.version,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        step=row.step,
        added_by=row.added_by,
        added_at=row.added_at,
        work_item_id=row.work_item_id,
        removed_at=row.hidden_at,
        erased_at=row.erased_at,
        erased_by=row.erased_by,
    )
