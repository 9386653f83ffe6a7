"""The journal over HTTP: what changed in accounts, maps and settings. To all but administrators it does not exist."""

from __future__ import annotations

from flask import Response

from engine.queries.journal import JournalFilter, JournalRow, journal
from webui.api.answers import answer
from webui.api.blueprint import api
from webui.api.caller import caller, in_readers_language
from webui.api.models.journal import JournalItem, JournalList, JournalQuery, JournalSubject
from webui.api.models.values import PersonName
from webui.api.tags import HISTORY
from webui.request_context import reading
from webui.timeline import entry


@api.get("/journal", tags=[HISTORY], responses={200: JournalList})
def list_journal(query: JournalQuery) -> Response:
    """Changes of accounts, maps and settings, latest first."""
    wanted = JournalFilter(query.person_id, query.part, query.since, query.until)
    with reading() as session:
        page = journal(session, caller(), wanted, limit=query.limit, cursor=query.cursor)
    with in_readers_language():
        items = tuple(_item(row) for row in page.items)
    return answer(JournalList(items=items, next_cursor=page.next_cursor, total=page.total))


def _item(row: JournalRow) -> JournalItem:
    event, subject = row.event, row.subject
    return JournalItem(
        id=event.id,
        at=event.at,
        actor=PersonName(id=event.actor_id, name=event.actor_name) if event.actor_id is not None else None,
        part=row.part,
        kind=event.kind,
        subject=JournalSubject(kind=subject.kind, id=subject.id, name=subject.name) if subject is not None else None,
        text=entry(event).text,
        data=dict(event.data),
    )
