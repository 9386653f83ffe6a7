"""What the database keeps about the stages of a map, beside what its deals say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.model.deal import Deal, DealResult
from engine.model.stage_total import StageTotal

Totals = Mapping[tuple[Any, ...], tuple[int, int, int]]


def kept_totals(session: Session) -> Totals:
    """Per map, stage and currency: open deals, those with an amount, and its sum. Places without a deal are left out.

    Raises AssertionError where something is left of a place that no deal is in.
    """
    place = (StageTotal.definition_key, StageTotal.stage, StageTotal.currency)
    sums = (func.sum(one) for one in (StageTotal.deals, StageTotal.priced, StageTotal.amount))
    kept = _by_place(session.execute(select(*place, *sums).group_by(*place)))
    assert all(left == (0, 0, 0) for left in kept.values() if left[0] == 0), kept
    return {one: total for one, total in kept.items() if total[0]}


def true_totals(session: Session) -> Totals:
    """The same, counted."""
    place = (Deal.definition_key, Deal.stage, Deal.currency)
    counted = select(*place, func.count(), func.count(Deal.amount), func.coalesce(func.sum(Deal.amount), 0))
    return _by_place(session.execute(counted.where(Deal.result == DealResult.OPEN).group_by(*place)))


def _by_place(rows: Any) -> Totals:
    return {tuple(row[:3]): (int(row[3]), int(row[4]), int(row[5] * 100)) for row in rows}
