"""The forecast of a month as it stood when the month began: kept, for nobody can tell it afterwards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Json, Moment


class ForecastSnapshot(Base):
    """``month`` is its first day; ``taken_at`` is later than that day where nothing ran on it.

    ``maps`` holds by the key of each map ``open``, ``unpriced`` and ``won`` deals, and by currency, as texts, the sums
    of ``weighted`` and ``unweighed`` open ones and of the ``won_sums`` that the month had brought by then.
    """

    __tablename__ = "forecast_snapshot"

    month: Mapped[date] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(Moment)
    maps: Mapped[dict[str, Any]] = mapped_column(Json)
