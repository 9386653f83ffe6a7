"""Keeping the forecast of a month as it stands when the month begins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.model.forecast_snapshot import ForecastSnapshot
from engine.policy.permissions import Actor
from engine.queries.forecast import Expected, Months, forecast


def keep_forecast_of_month(session: Session, *, clock: Clock, zone: tzinfo) -> bool:
    """Keep the company's forecast of this month, by map, unless it is kept already; whether it was kept now.

    Months are those of ``zone``. What was taken once is never taken again: it is what the forecast was then.
    """
    at = clock.now()
    month = at.astimezone(zone).date().replace(day=1)
    if session.get(ForecastSnapshot, month) is not None:
        return False
    found = forecast(session, Actor.system(), (), Months(month, 1), now=at, zone=zone)
    maps = {one.definition_key: _kept(one.expected) for one in found.maps}
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(ForecastSnapshot).values(month=month, taken_at=at, maps=maps)
    session.execute(row.on_conflict_do_nothing())  # another worker was faster: it has kept the same
    return True


def _kept(expected: Expected) -> dict[str, Any]:
    return {
        "open": expected.open,
        "unpriced": expected.unpriced,
        "weighted": _texts(expected.weighted),
        "unweighed": _texts(expected.unweighed),
        "won": expected.won,
        "won_sums": _texts(expected.won_sums),
    }


def _texts(sums: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: str(amount) for currency, amount in sums.items()}
