"""What the rows of a person's inbox show, and in which order; the same in all its tabs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from sqlalchemy.orm import Session

from engine.policy.permissions import Actor
from engine.queries.list_columns import ListColumns
from engine.queries.own_columns import OwnColumn, own_columns_of_deals


class InboxColumn(StrEnum):
    """Those beside the step itself, which always comes first; in the order for who has chosen nothing."""

    CLIENT = "client"
    DEAL = "deal"
    AMOUNT = "amount"
    DEADLINE = "deadline"
    STAGE = "stage"
    RESPONSIBLE = "responsible"
    NUMBER = "number"
    OWNER = "owner"
    OPENED = "opened"


_USUAL = frozenset(tuple(InboxColumn)[:6])


@dataclass(frozen=True, slots=True)
class InboxColumns(ListColumns[InboxColumn]):
    LIST_NAME: ClassVar[str] = "inbox.columns"

    order: tuple[InboxColumn | OwnColumn, ...] = tuple(InboxColumn)
    chosen: frozenset[InboxColumn | OwnColumn] = _USUAL

    @classmethod
    def offered(cls, session: Session, actor: Actor, wanted: Collection[str] | None = None) -> tuple[OwnColumn, ...]:
        """Fields of the step's deal and of its client."""
        return own_columns_of_deals(session, actor, wanted)
