"""Notes on a client that were brought from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.db.types import Identity, Moment
from engine.errors import NotFound
from engine.model.client import Client
from engine.model.client_note import ClientNote
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.pages import ListOrder, Page, page_size
from engine.queries.scopes import visible_clients

_ORDER = ListOrder("client_notes", (datetime, int))

_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
"""Where a note stands of which nobody knows when it was written: below all others."""


@dataclass(frozen=True, slots=True)
class NoteRow:
    """``written_at`` and ``author`` as the other system said, None and empty where it did not.

    ``source`` is the file.
    """

    id: int
    written_at: datetime | None
    author: str
    text: str
    source: str
    brought_at: datetime
    brought_by: str


def client_notes(
    session: Session, actor: Actor, client_id: int, *, limit: int = 20, cursor: str | None = None
) -> Page[NoteRow]:
    """One page of a visible client's old notes, the latest first. Raises NotFound, CursorNotUnderstood."""
    if session.scalar(select(Client.id).where(Client.id == client_id, visible_clients(actor, only=client_id))) is None:
        raise NotFound
    return notes_of(session, client_id, limit=limit, cursor=cursor)


def notes_of(session: Session, client_id: int, *, limit: int = 20, cursor: str | None = None) -> Page[NoteRow]:
    """The same of a client that the caller has found visible."""
    size, written = page_size(limit), func.coalesce(ClientNote.written_at, literal(_BEFORE_ALL, Moment))
    conditions: list[ColumnElement[bool]] = [ClientNote.client_id == client_id]
    before = _ORDER.after(cursor)
    if before is not None:
        conditions.append(
            tuple_(written, ClientNote.id) < tuple_(literal(before[0], Moment), literal(before[1], Identity))
        )
    rows = session.execute(
        select(
            ClientNote.id,
            ClientNote.written_at,
            ClientNote.author,
            ClientNote.text,
            ClientNote.source,
            ClientNote.brought_at,
            Person.full_name.label("brought_by"),
        )
        .outerjoin(Person, Person.id == ClientNote.brought_by_id)
        .where(*conditions)
        .order_by(written.desc(), ClientNote.id.desc())
        .limit(size + 1)
    )
    found = [NoteRow(**row._asdict() | {"brought_by": row.brought_by or ""}) for row in rows]
    return _ORDER.page(found, limit=size, cursor=cursor, key=lambda row: (row.written_at or _BEFORE_ALL, row.id))


def count_of_notes(client_id: InstrumentedAttribute[int]) -> ScalarSelect[int]:
    """How many a client has, as a part of a statement that reads the client anyway."""
    return select(func.count(ClientNote.id)).where(ClientNote.client_id == client_id).scalar_subquery()
