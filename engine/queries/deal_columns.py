"""Which columns a person's list of deals has, and in which order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from sqlalchemy.orm import Session

from engine.policy.permissions import Actor
from engine.queries.list_columns import ListColumns
from engine.queries.own_columns import OwnColumn, own_columns_of_deals


class DealColumn(StrEnum):
    """Those beside the deal itself, which always comes first; in the order for who has chosen nothing."""

    AMOUNT = "amount"
    STAGE = "stage"
    NEXT_STEP = "next_step"
    OWNER = "owner"
    CLOSE_DATE = "close_date"
    OPENED = "opened"
    STAGE_SINCE = "stage_since"
    OPEN_STEPS = "open_steps"
    CLOSED = "closed"
    LOSS_REASON = "loss_reason"


_USUAL = frozenset(tuple(DealColumn)[:6])


@dataclass(frozen=True, slots=True)
class DealColumns(ListColumns[DealColumn]):
    LIST_NAME: ClassVar[str] = "deals.columns"

    order: tuple[DealColumn | OwnColumn, ...] = tuple(DealColumn)
    chosen: frozenset[DealColumn | OwnColumn] = _USUAL

    @classmethod
    def offered(cls, session: Session, actor: Actor, wanted: Collection[str] | None = None) -> tuple[OwnColumn, ...]:
        """Fields of deals and of their clients."""
        return own_columns_of_deals(session, actor, wanted)
