"""Comments on deals and steps over HTTP, with the files that come with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.deals import comment_on_deal
from engine.commands.stored_files import BroughtFile
from engine.commands.work_items import comment_on_work_item
from engine.events import Commented, kind_of
from engine.queries.deal_files import files_of_deal
from engine.queries.deal_history import HistoryRow, comments_on_step, deal_history, entry_of_deal
from engine.queries.work_items import work_item_view
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.models.comments import CommentFile, CommentItem, CommentList, NewComment
from webui.api.models.deals import DealPath
from webui.api.models.values import Paging, PersonName, ShortPaging
from webui.api.models.work_items import WorkItemPath
from webui.api.performing import carry_out_once
from webui.api.tags import DEALS, STEPS
from webui.file_uploads import brought, limits
from webui.request_context import now, reading, services

_COMMENTED = kind_of(Commented)
_ADDED = {201: CommentItem, **conflicts("content_gone", "idempotency_key_reused")}


@api.get("/deals/<int:deal_id>/comments", tags=[DEALS], responses={200: CommentList})
def list_deal_comments(path: DealPath, query: Paging) -> Response:
    """What people said in a deal and at its steps, the latest first, each with its files."""
    with reading() as session:
        page = deal_history(session, caller(), path.deal_id, kinds=[_COMMENTED], limit=query.limit, cursor=query.cursor)
    return listed(page, _item, CommentList)


@api.post("/deals/<int:deal_id>/comments", tags=[DEALS], responses=_ADDED)
def add_deal_comment(path: DealPath, form: NewComment) -> Response:
    """Say something in a deal. Its files become files of the deal, by the rules of those."""
    with reading() as session:
        files_of_deal(session, caller(), path.deal_id)  # nobody fills our storage for a deal that is not theirs to see
    files = brought(form.file, required=False)

    def command(session: Session) -> int:
        deal = comment_on_deal(
            session, path.deal_id, form.text, actor=caller(), clock=services().clock, files=files, limits=limits()
        )
        return deal.history_length

    number = carry_out_once("comment_on_deal", _told({"deal": path.deal_id}, form, files), command)
    return _written(path.deal_id, number)


@api.get("/work-items/<int:work_item_id>/comments", tags=[STEPS], responses={200: CommentList})
def list_work_item_comments(path: WorkItemPath, query: ShortPaging) -> Response:
    """What people said at a step, the latest first, each with its files."""
    with reading() as session:
        row = work_item_view(session, caller(), path.work_item_id, now()).row
        found = tuple(reversed(comments_on_step(session, row.deal_id, row.id)))
    return listed(part_of(found, query), _item, CommentList)


@api.post("/work-items/<int:work_item_id>/comments", tags=[STEPS], responses=_ADDED)
def add_work_item_comment(path: WorkItemPath, form: NewComment) -> Response:
    """Say something at a step, also at one that is done. Its files become files of the deal, added at this step."""
    with reading() as session:
        deal_id = work_item_view(session, caller(), path.work_item_id, now()).row.deal_id
    files = brought(form.file, required=False)

    def command(session: Session) -> int:
        item = comment_on_work_item(
            session, path.work_item_id, form.text, actor=caller(), clock=services().clock, files=files, limits=limits()
        )
        return item.instance.deal.history_length

    told = _told({"work_item": path.work_item_id}, form, files)
    return _written(deal_id, carry_out_once("comment_at_work_item", told, command))


def _told(place: Mapping[str, int], form: NewComment, files: list[BroughtFile]) -> dict[str, Any]:
    """What tells one call from another."""
    return {**place, "text": form.text, "files": [[one.name, one.sha256] for one in files]}


def _written(deal_id: int, number: int) -> Response:
    with reading() as session:
        return answer(_item(entry_of_deal(session, deal_id, number)), 201)


def _item(row: HistoryRow) -> CommentItem:
    files = row.data.get("files") or ()
    return CommentItem(
        number=row.number or 0,
        at=row.at,
        by=PersonName(id=row.actor_id, name=row.actor_name) if row.actor_id is not None else None,
        text=row.data.get("text", ""),
        work_item_id=row.work_item_id,
        mentions=dict(row.data.get("mentions") or {}),
        files=tuple(CommentFile(**{name: one[name] for name in CommentFile.model_fields}) for one in files),
    )
