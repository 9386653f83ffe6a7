"""Which deals a number of a report counts: what the list behind it is narrowed by, beyond what people filter it by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, select

from engine.events import StageChanged, kind_of
from engine.model.deal import Deal, DealResult
from engine.model.department import Membership
from engine.model.history_event import HistoryEvent


class DealResults(StrEnum):
    """Results that reports count together."""

    UNWON = "unwon"
    ENDED = "ended"

    @property
    def members(self) -> tuple[DealResult, ...]:
        unwon = (DealResult.LOST, DealResult.CANCELLED)
        return unwon if self is DealResults.UNWON else (DealResult.WON, *unwon)


@dataclass(frozen=True, slots=True)
class CountedDeals:
    """None narrows nothing. ``reached``: a stage in which the deal stood at least once, whatever became of it.

    ``said`` is why it ended in people's own words, empty: nothing was said. The close date lies from ``closes_from`` to
    ``closes_to``, both included. ``department_id`` is one that the owner belongs to, 0: the owner belongs to none.
    ``definition_keys`` are maps of which the deal follows one.
    """

    reached: str | None = None
    said: str | None = None
    closes_from: date | None = None
    closes_to: date | None = None
    is_dated: bool | None = None
    is_priced: bool | None = None
    department_id: int | None = None
    definition_keys: tuple[str, ...] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        chosen: list[ColumnElement[bool]] = []
        if self.reached is not None:
            chosen.append(has_reached(self.reached))
        if self.said is not None:
            chosen += [Deal.loss_reason_id.is_(None), Deal.loss_reason == self.said]
        if self.closes_from is not None:
            chosen.append(Deal.close_date >= self.closes_from)
        if self.closes_to is not None:
            chosen.append(Deal.close_date <= self.closes_to)
        for column, is_given in ((Deal.close_date, self.is_dated), (Deal.amount, self.is_priced)):
            if is_given is not None:
                chosen.append(column.is_not(None) if is_given else column.is_(None))
        if self.department_id is not None:
            chosen.append(_owned_in(self.department_id))
        if self.definition_keys:
            chosen.append(Deal.definition_key.in_(self.definition_keys))
        return chosen


def has_reached(stage: str) -> ColumnElement[bool]:
    """Whether the deal stood in the stage at least once, as its history tells."""
    event = select(HistoryEvent.id).where(
        HistoryEvent.deal_id == Deal.id,
        HistoryEvent.kind == kind_of(StageChanged),
        HistoryEvent.data["stage"].as_string() == stage,
    )
    return event.exists()


def _owned_in(department_id: int) -> ColumnElement[bool]:
    members = select(Membership.person_id)
    if department_id == 0:
        return Deal.owner_id.not_in(members)
    return Deal.owner_id.in_(members.where(Membership.department_id == department_id))
