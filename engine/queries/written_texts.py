"""Letters with the client, and comments, found by what was written in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import Session

from engine.model.client import Client
from engine.model.client_letter import ClientLetter, ClientLetterState
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.model.written_text import WrittenText
from engine.policy.excerpts import Piece, excerpt
from engine.policy.permissions import Actor
from engine.policy.search_keys import query_terms
from engine.policy.written_texts import LONGEST_SEARCHED, comment_in
from engine.queries.scopes import visible_written_texts
from engine.queries.text_search import few_rows, has_indexed_term, holds

_READ_IN_ORDER = 10_000  # texts


@dataclass(frozen=True, slots=True)
class FoundText:
    """A letter (``letter_id``) or the entry ``number`` of the deal's history.

    ``who`` wrote it: of a client the name and the address, as the letter tells them, empty for a sender without any.
    ``subject`` is a letter's, the words marked that were sought, as in ``pieces``: the part of the text that has them.
    """

    deal_id: int
    deal_number: str
    deal_title: str
    client_name: str
    letter_id: int | None
    number: int | None
    is_received: bool
    who: str
    at: datetime
    subject: tuple[Piece, ...]
    pieces: tuple[Piece, ...]


def written_texts(session: Session, actor: Actor, q: str, *, limit: int) -> tuple[FoundText, ...]:
    """The newest first. Without a word of three letters nothing is found: see has_indexed_term."""
    if not has_indexed_term(q):
        return ()
    ids = _newest(session, actor, q, limit)
    if not ids:
        return ()
    rows = session.execute(
        select(
            WrittenText.deal_id,
            WrittenText.letter_id,
            WrittenText.number,
            Deal.number.label("deal_number"),
            Deal.title,
            Client.name.label("client"),
            ClientLetter.state,
            ClientLetter.sender,
            ClientLetter.sender_name,
            ClientLetter.receivers,
            ClientLetter.subject,
            ClientLetter.text,
            ClientLetter.written_at,
            Person.full_name.label("writer"),
            HistoryEvent.kind,
            HistoryEvent.data,
            HistoryEvent.actor_name,
            HistoryEvent.at,
        )
        .join(Deal, Deal.id == WrittenText.deal_id)
        .join(Client, Client.id == Deal.client_id)
        .outerjoin(ClientLetter, ClientLetter.id == WrittenText.letter_id)
        .outerjoin(Person, Person.id == ClientLetter.person_id)
        .outerjoin(
            HistoryEvent,
            and_(HistoryEvent.deal_id == WrittenText.deal_id, HistoryEvent.number == WrittenText.number),
        )
        .where(WrittenText.id.in_(ids))
        .order_by(WrittenText.id.desc())
    )
    terms = query_terms(q)
    return tuple(_letter(row, terms) if row.letter_id is not None else _comment(row, terms) for row in rows)


def _newest(session: Session, actor: Actor, q: str, limit: int) -> Sequence[int]:
    """Their ids. What many texts hold stands in enough of the latest ones, which are read in their order.

    Where it does not, all are found and sorted: read in their order, a word of long ago would have every text read.
    """
    visible = select(WrittenText.id).where(visible_written_texts(actor))
    # An expression of no index: PostgreSQL takes a long word for a rare one, and would look up each text that holds it.
    wanted = visible.where(holds(WrittenText.search_text + "", q))
    few = few_rows(session, WrittenText.search_text, q)
    if few is not None:
        return session.scalars(wanted.where(WrittenText.id.in_(few)).order_by(WrittenText.id.desc()).limit(limit)).all()
    last = session.scalar(select(func.max(WrittenText.id))) or 0
    recent = wanted.where(WrittenText.id > last - _READ_IN_ORDER).order_by(WrittenText.id.desc()).limit(limit)
    found = session.scalars(recent).all()
    if len(found) == limit or last <= _READ_IN_ORDER:
        return found
    everywhere = visible.where(holds(WrittenText.search_text, q)).order_by((WrittenText.id + 0).desc())
    return session.scalars(everywhere.limit(limit)).all()


def _letter(row: Row[Any], terms: Sequence[str]) -> FoundText:
    is_received = row.state is ClientLetterState.RECEIVED
    sender = f"{row.sender_name} {row.sender}".strip()
    text = excerpt(row.text[:LONGEST_SEARCHED], terms)
    subject = excerpt(row.subject, terms, len(row.subject))
    if not _has_found(text) and not _has_found(subject):
        receivers = ", ".join(f"{one['name']} {one['address']}".strip() for one in row.receivers)
        address = excerpt(sender if is_received else receivers, terms)
        text = address if _has_found(address) else text
    return FoundText(
        deal_id=row.deal_id,
        deal_number=row.deal_number,
        deal_title=row.title,
        client_name=row.client,
        letter_id=row.letter_id,
        number=None,
        is_received=is_received,
        who=sender if is_received else row.writer or "",
        at=row.written_at,
        subject=subject,
        pieces=text,
    )


def _comment(row: Row[Any], terms: Sequence[str]) -> FoundText:
    return FoundText(
        deal_id=row.deal_id,
        deal_number=row.deal_number,
        deal_title=row.title,
        client_name=row.client,
        letter_id=None,
        number=row.number,
        is_received=False,
        who=row.actor_name,
        at=row.at,
        subject=(),
        pieces=excerpt(comment_in(row.kind, row.data)[:LONGEST_SEARCHED], terms),
    )


def _has_found(pieces: Sequence[Piece]) -> bool:
    return any(one.is_found for one in pieces)
