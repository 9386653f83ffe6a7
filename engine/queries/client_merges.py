"""Where a merged client went, and what was merged into one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from engine.model.client import Client, Contact
from engine.model.client_merge import ClientMerge
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.scopes import known_as, visible_clients

UNDONE_WITHIN = timedelta(days=30)
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A client that is a part of another now. ``until`` is when it can no longer be undone."""

    id: int
    merged_id: int
    name: str
    at: datetime
    by: str
    until: datetime
    can_be_undone: bool


def standing_client_id(session: Session, actor: Actor, client_id: int) -> int | None:
    """The client itself, or the one whom it was merged into; None where the actor may not see that one."""
    return session.scalar(select(Client.id).where(known_as(client_id), visible_clients(actor)))


def one_client(client_id: int) -> Select[int]:
    """The ids under which history knows a client: its own, and those of all who were merged into it."""
    known = aliased(Client)
    return select(known.id).where(or_(known.id == client_id, known.merged_into_id == client_id))


def standing_contact_id(session: Session, actor: Actor, contact_id: int) -> int | None:
    """The contact itself, or the one whom it was a double of when their clients were merged.

    None where there is neither, or the actor may not see that one's client.
    """
    sought: int | None = contact_id
    while sought is not None:
        known = session.execute(
            select(Contact.id, visible_clients(actor).label("is_seen"))
            .join(Client, Client.id == Contact.client_id)
            .where(Contact.id == sought)
        ).one_or_none()
        if known is not None:
            return known.id if known.is_seen else None
        sought = _twin_of(session, sought)
    return None


def _twin_of(session: Session, contact_id: int) -> int | None:
    holds = ClientMerge.moved["doubles"].as_string().contains(str(contact_id))  # of more digits, too
    for moved in session.scalars(select(ClientMerge.moved).where(holds, ClientMerge.undone_at.is_(None))):
        for double, twin in zip(moved["doubles"], moved["twins"], strict=True):
            if double == contact_id:
                return twin
    return None


def doubles_of(session: Session, client_id: int, contact_ids: Collection[int]) -> frozenset[int]:
    """The ids of contacts of whom no second copy is kept: they were one of ``contact_ids``, of ``client_id``."""
    merges = session.scalars(
        select(ClientMerge.moved)
        .where(ClientMerge.kept_id.in_(one_client(client_id)), ClientMerge.undone_at.is_(None))
        .order_by(ClientMerge.id.desc())  # who was a double of a double is found behind it
    )
    found: set[int] = set()
    for moved in merges:
        pairs = zip(moved.get("doubles", ()), moved.get("twins", ()), strict=True)
        found |= {double for double, twin in pairs if twin in found or twin in contact_ids}
    return frozenset(found)


def merges_into(session: Session, client_id: int, now: datetime) -> tuple[MergeRow, ...]:
    """What was merged into a client that the caller has found visible, the latest first."""
    rows = session.execute(
        select(
            ClientMerge.id,
            ClientMerge.merged_id,
            ClientMerge.merged_at,
            ClientMerge.changes,
            Client.name,
            Person.full_name,
        )
        .join(Client, Client.id == ClientMerge.merged_id)
        .outerjoin(Person, Person.id == ClientMerge.merged_by_id)
        .where(ClientMerge.kept_id == client_id, ClientMerge.undone_at.is_(None))
        .order_by(ClientMerge.merged_at.desc(), ClientMerge.id.desc())
        .limit(_SHOWN)
    )
    return tuple(
        MergeRow(
            id=row.id,
            merged_id=row.merged_id,
            name=row.name,
            at=row.merged_at,
            by=row.full_name or "",
            until=row.merged_at + UNDONE_WITHIN,
            can_be_undone=row.changes is not None and now < row.merged_at + UNDONE_WITHIN,
        )
        for row in rows
    )
