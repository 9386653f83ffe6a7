"""The journal over HTTP: what changed in accounts, maps and settings, and who signed in.

To all but administrators it does not exist.
"""

from __future__ import annotations

from flask import Response

from engine.queries.journal import JournalFilter, JournalRow, journal
from engine.queries.sign_ins import SignInFilter, SignInRow, sign_ins
from webui.api.answers import answer
from webui.api.blueprint import api
from webui.api.caller import caller, in_readers_language
from webui.api.models.journal import (
    JournalItem,
    JournalList,
    JournalQuery,
    JournalSubject,
    SignInItem,
    SignInList,
    SignInQuery,
)
from webui.api.models.values import PersonName
from webui.api.tags import HISTORY
from webui.request_context import reading
from webui.sign_in_words import told
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


@api.get("/journal/sign-ins", tags=[HISTORY], responses={200: SignInList})
def list_sign_ins(query: SignInQuery) -> Response:
    """Who signed in, who tried to and whose sessions were ended, latest first."""
    wanted = SignInFilter(query.person_id, query.kind, query.since, query.until)
    with reading() as session:
        page = sign_ins(session, caller(), wanted, limit=query.limit, cursor=query.cursor)
    with in_readers_language():
        items = tuple(_sign_in(row) for row in page.items)
    return answer(SignInList(items=items, next_cursor=page.next_cursor, total=page.total))


def _sign_in(row: SignInRow) -> SignInItem:
    return SignInItem(
        id=row.id,
        at=row.at,
        kind=row.kind,
        way=row.way,
        person=PersonName(id=row.person_id, name=row.person) if row.person_id is not None else None,
        login=row.login,
        reason=row.reason,
        address=row.address,
        browser=row.browser,
        by=PersonName(id=row.by_id, name=row.by) if row.by_id is not None else None,
        tries=row.tries,
        text=told(row).text,
    )


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
