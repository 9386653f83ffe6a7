"""Which columns a person's list of clients has, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self

from sqlalchemy.orm import Session

from engine.policy.permissions import Actor
from engine.queries.list_columns import ListColumns
from engine.queries.own_columns import OwnColumn, own_columns_of_clients


class ClientColumn(StrEnum):
    """Those beside the client itself, which always comes first; in the order for who has chosen nothing."""

    CONTACT = "contact"
    NEXT_STEP = "next_step"
    OPEN_DEALS = "open_deals"
    OWNER = "owner"
    ADDED = "added"
    SOURCE = "source"


_USUAL = frozenset(tuple(ClientColumn)[:5])


@dataclass(frozen=True, slots=True)
class ClientColumns(ListColumns[ClientColumn]):
    LIST_NAME: ClassVar[str] = "clients.columns"

    order: tuple[ClientColumn | OwnColumn, ...] = tuple(ClientColumn)
    chosen: frozenset[ClientColumn | OwnColumn] = _USUAL

    @classmethod
    def offered(cls, session: Session, _actor: Actor, _wanted: Collection[str] | None = None) -> tuple[OwnColumn, ...]:
        """All fields of clients, whatever is wanted: they are in memory."""
        return own_columns_of_clients(session)

    @classmethod
    def usual(cls, own: Iterable[OwnColumn]) -> Self:
        """Behind the ways to reach a client, what the company has made columns for everybody."""
        offered = tuple(own)
        listed = tuple(one for one in offered if one.is_listed)
        contact, *others = cls().order
        return cls(order=(contact, *listed, *others), chosen=_USUAL.union(listed), own=offered)
