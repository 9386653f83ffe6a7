"""The forecast of each month is kept when the month begins."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from engine.commands.forecast_snapshots import keep_forecast_of_month
from engine.model.forecast_snapshot import ForecastSnapshot
from tasks.app import task
from tasks.services import services


@task
def keep_forecast() -> None:
    """Once a month, as early in it as anything runs; the other times find that it is kept."""
    given = services()
    zone = ZoneInfo(given.settings.time_zone)
    month = given.clock.now().astimezone(zone).date().replace(day=1)
    with given.database.read() as session:  # a look that keeps no writer waiting
        if session.get(ForecastSnapshot, month) is not None:
            return
    with given.database.write() as session:
        keep_forecast_of_month(session, clock=given.clock, zone=zone)
