"""Which columns a person's list of deals has, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.list_choice import ListChoice
from engine.policy.permissions import Actor

LIST_NAME = "deals.columns"


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
class DealColumns:
    """``order`` holds every column once; those of ``chosen`` are shown."""

    order: tuple[DealColumn, ...] = tuple(DealColumn)
    chosen: frozenset[DealColumn] = _USUAL

    @classmethod
    def of(cls, order: Iterable[str], chosen: Iterable[str]) -> DealColumns:
        """From words; what is no column is left out, and a column that is not named comes last."""
        known = dict.fromkeys(DealColumn(one) for one in order if one in set(DealColumn))
        return cls(
            order=tuple(dict.fromkeys((*known, *DealColumn))),
            chosen=frozenset(DealColumn(one) for one in chosen if one in set(DealColumn)),
        )

    @property
    def shown(self) -> tuple[DealColumn, ...]:
        return tuple(one for one in self.order if one in self.chosen)

    def moved(self, column: DealColumn, by: int) -> DealColumns:
        """The column one place up (``by`` -1) or down (1); at the end of the list it stays."""
        order = list(self.order)
        place = order.index(column)
        other = place + by
        if 0 <= other < len(order):
            order[place], order[other] = order[other], order[place]
        return DealColumns(tuple(order), self.chosen)

    def as_kept(self) -> Mapping[str, Any]:
        return {"order": list(self.order), "chosen": [one for one in self.order if one in self.chosen]}


def deal_columns(session: Session, actor: Actor) -> DealColumns:
    """The actor's own, on whatever device they chose them."""
    kept = session.scalar(
        select(ListChoice.chosen).where(ListChoice.person_id == actor.person_id, ListChoice.list_name == LIST_NAME)
    )
    return DealColumns.of(kept["order"], kept["chosen"]) if kept else DealColumns()
