from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from support.office import Office

from engine.model.deal import Deal
from engine.model.forecast_snapshot import ForecastSnapshot
from tasks.forecasts import keep_forecast
from tasks.schedule import SCHEDULE

pytestmark = pytest.mark.usefixtures("services")


def kept(office: Office) -> list[tuple[date, int]]:
    with office.database.read() as session:
        rows = session.scalars(select(ForecastSnapshot).order_by(ForecastSnapshot.month)).all()
        return [(one.month, sum(part["open"] for part in one.maps.values())) for one in rows]


def test_each_month_is_kept_once_whatever_runs_how_often(office: Office) -> None:
    deal = office.open_deal()
    with office.database.write() as session:
        session.execute(update(Deal).where(Deal.id == deal.id).values(close_date=date(2026, 3, 20)))
    for _ in range(2):
        keep_forecast()
    assert kept(office) == [(date(2026, 3, 1), 1)]
    with office.database.write() as session:
        session.execute(update(Deal).where(Deal.id == deal.id).values(close_date=date(2026, 5, 20)))
    keep_forecast()
    assert kept(office) == [(date(2026, 3, 1), 1)], "what was foreseen stays"
    office.clock.advance(datetime(2026, 4, 30, 20, 59, tzinfo=UTC) - office.clock.now())
    keep_forecast()
    office.clock.advance(timedelta(minutes=2))  # in Kyiv it is May
    keep_forecast()
    assert kept(office) == [(date(2026, 3, 1), 1), (date(2026, 4, 1), 0), (date(2026, 5, 1), 1)]


def test_it_is_looked_after_by_the_schedule() -> None:
    assert "tasks.forecasts.keep_forecast" in {one["task"] for one in SCHEDULE.values()}
