"""Recording what happened: append-only, chained per deal inside the transaction of the command itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine.commands.watchers import tell_watchers
from engine.db.work_session import append, change
from engine.events import Event
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.written_text import WrittenText
from engine.policy.history_chain import ChainEntry, sealed_hash
from engine.policy.permissions import Actor
from engine.policy.personal_texts import sealed
from engine.policy.written_texts import comment_in, comment_search_text


def record(
    session: Session,
    event: Event,
    *,
    actor: Actor,
    at: datetime,
    deal: Deal | None = None,
    work_item_id: int | None = None,
) -> None:
    """Append ``event``. With a deal, the caller holds the lock of the deal's instance: it orders the chain.

    A deal or a step that is new has its row number already (see work_session.number): it is part of what is hashed.
    """
    kind, data, actor_id = event.kind, event.data, actor.recorded_id
    deal_id = number = None
    previous_hash = own_hash = ""
    hashed, salted, salt = sealed(kind, data)
    if deal is not None:
        deal_id, number, previous_hash = deal.id, deal.history_length + 1, deal.history_hash
        own_hash = sealed_hash(
            ChainEntry(
                deal=deal_id,
                number=number,
                kind=kind,
                actor_id=actor_id,
                actor_name=actor.full_name,
                work_item_id=work_item_id,
                at=at,
                data=data,
                previous_hash=previous_hash,
            ),
            hashed,
            salted,
        )
        change(deal, history_length=number, history_hash=own_hash)
        if deal.watchers:
            tell_watchers(session, deal, event, actor=actor, at=at)
    append(
        session,
        HistoryEvent,
        deal_id=deal_id,
        number=number,
        kind=kind,
        work_item_id=work_item_id,
        actor_id=actor_id,
        actor_name=actor.full_name,
        at=at,
        data=data,
        salt=salt,
        previous_hash=previous_hash,
        entry_hash=own_hash,
    )
    if deal is not None and (comment := comment_in(kind, data)):
        find_comment(session, deal.id, number, comment)


def find_comment(session: Session, deal_id: int, number: int | None, comment: str) -> None:
    """Let the entry ``number`` of a deal be found by what somebody wrote in it."""
    text = comment_search_text(comment)
    append(session, WrittenText, deal_id=deal_id, number=number, letter_id=None, search_text=text)
