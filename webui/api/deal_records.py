"""What is recorded of a deal over HTTP: its timeline, what it waits for, its approval sheet."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response

from engine.policy.approval_sheet import ApprovalSheet
from engine.policy.approval_sheet_file import sheet_bytes, sheet_json
from engine.queries.approval_sheets import approval_sheet
from engine.queries.deals import deal_history, deal_waiting
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api
from webui.api.caller import caller, in_readers_language
from webui.api.history import history_item
from webui.api.models.deals import ApprovalSheetFile, DealPath, WaitingItem, WaitingList
from webui.api.models.history import DealHistoryQuery, HistoryList
from webui.api.models.values import ShortPaging
from webui.api.tags import DEALS
from webui.request_context import now, reading
from webui.sheet_papers import labels_of, sealed_pdf
from webui.waiting import waiting_sentence

_PDF = {
    "description": "For people and printers, in the reader's language.",
    "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
}


@api.get("/deals/<int:deal_id>/history", tags=[DEALS], responses={200: HistoryList})
def list_deal_history(path: DealPath, query: DealHistoryQuery) -> Response:
    """The deal's timeline, latest first."""
    with reading() as session:
        page = deal_history(session, caller(), path.deal_id, kinds=query.kind, limit=query.limit, cursor=query.cursor)
    return listed(page, history_item, HistoryList)


@api.get("/deals/<int:deal_id>/waiting", tags=[DEALS], responses={200: WaitingList})
def list_deal_waiting(path: DealPath, query: ShortPaging) -> Response:
    """What the deal waits for now, in one sentence and one by one; nothing one by one when it rests or is closed."""
    with reading() as session:
        found = deal_waiting(session, caller(), path.deal_id, now())
    part = part_of(found.items, query)
    items = tuple(
        WaitingItem(
            kind=one.kind,
            name=one.name,
            who=one.who,
            due_at=one.due_at,
            overdue=one.overdue,
            work_item_id=one.work_item_id,
            may_act=one.may_act,
            given=one.given,
            asked=one.asked,
            race=one.race,
        )
        for one in part.items
    )
    with in_readers_language():
        sentence = waiting_sentence(found).text
    told = WaitingList(
        items=items, next_cursor=part.next_cursor, total=part.total, standing=found.standing, sentence=sentence
    )
    return answer(told)


@api.get("/deals/<int:deal_id>/approval-sheet", tags=[DEALS], responses={200: ApprovalSheetFile})
def show_approval_sheet(path: DealPath) -> Response:
    """Who decided what, on which content, with the chain that proves it."""
    return _json(_sheet(path.deal_id))


@api.get("/deals/<int:deal_id>/approval-sheet.json", tags=[DEALS], responses={200: ApprovalSheetFile})
def download_approval_sheet(path: DealPath) -> Response:
    """The same as a file to keep. `reglament sheet verify FILE` checks it without our database."""
    sheet = _sheet(path.deal_id)
    return _as_file(_json(sheet), f"{sheet.number}.json")


@api.get("/deals/<int:deal_id>/approval-sheet.pdf", tags=[DEALS], responses={200: _PDF})
def print_approval_sheet(path: DealPath) -> Response:
    """The same for people and printers, sealed with the company's certificate; the JSON is attached to it."""
    with reading() as session:
        sheet = approval_sheet(session, caller(), path.deal_id)
        fields = labels_of(session, caller(), path.deal_id)
    with in_readers_language():
        content = sealed_pdf(sheet, fields).pdf
    return _as_file(Response(content, mimetype="application/pdf"), f"{sheet.number}.pdf")


def _sheet(deal_id: int) -> ApprovalSheet:
    with reading() as session:
        return approval_sheet(session, caller(), deal_id)


def _json(sheet: ApprovalSheet) -> Response:
    """To the byte what ``sheet verify`` expects."""
    return Response(sheet_bytes(sheet_json(sheet)), mimetype="application/json")


def _as_file(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(f'approval-sheet-{name}', safe='')}"
    return response
