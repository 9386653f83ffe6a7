"""History across deals over HTTP: for systems that follow what happens."""

from __future__ import annotations

from flask import Response

from engine.errors import N_, FieldNotUnderstood, InvalidInput
from engine.queries.deal_history import HistoryRow
from engine.queries.history import history_after, history_since
from webui.api.answers import listed
from webui.api.blueprint import api
from webui.api.caller import caller
from webui.api.models.history import HistoryItem, HistoryList, HistoryQuery, StepName
from webui.api.models.values import PersonName
from webui.api.tags import HISTORY
from webui.request_context import reading


@api.get("/history", tags=[HISTORY], responses={200: HistoryList})
def list_history(query: HistoryQuery) -> Response:
    """Visible events, oldest first. To follow without missing any, ask again with the last id that you have as `after`.

    Through a stretch of time: `since`, then `next_cursor`.
    """
    if query.after is not None and (query.since is not None or query.cursor is not None):
        raise InvalidInput(
            {"after": FieldNotUnderstood(value=query.after, expected=N_("an id without since or cursor"))}
        )
    with reading(snapshot=query.after is None) as session:
        if query.after is not None:
            page = history_after(session, caller(), query.after, query.limit)
            return listed(page, history_item, HistoryList)
        page = history_since(session, caller(), query.since, query.limit, query.cursor)
    return listed(page, history_item, HistoryList)


def history_item(row: HistoryRow) -> HistoryItem:
    return HistoryItem(
        id=row.id,
        deal_id=row.deal_id,
        number=row.number,
        kind=row.kind,
        at=row.at,
        actor=PersonName(id=row.actor_id, name=row.actor_name) if row.actor_id is not None else None,
        work_item=StepName(id=row.work_item_id, name=row.work_item_name) if row.work_item_id is not None else None,
        data=dict(row.data),
    )
