"""A report that somebody saved under a name, and when it is sent to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment, Word


class ReportKind(StrEnum):
    FUNNEL = "funnel"
    FORECAST = "forecast"
    LATENESS = "lateness"
    APPROVALS = "approvals"
    ACTIVITY = "activity"


class Rhythm(StrEnum):
    """How often a report is sent."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    MONTH_END = "month_end"  # on the last day of each month
    LAST_WORKING_DAY = "last_working_day"  # of each month, by the reader's working calendar


class SavedReport(Base):
    """``filters`` are what policy/report_periods keeps. ``name_key`` is the folded name, one a person.

    ``rhythm`` None: it is not sent; else on ``day`` (see policy/report_schedule) at ``at`` ("09:00" of the reader's
    zone), next at ``next_at``. ``refused_at``: sending ended because its owner may read reports no more.
    The id of a deleted one is never given to another: a page that was left open would delete that one.
    """

    __tablename__ = "saved_report"
    __table_args__ = (UniqueConstraint("person_id", "name_key"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(200))
    report: Mapped[ReportKind] = mapped_column(Word(ReportKind))
    filters: Mapped[dict[str, Any]] = mapped_column(Json)
    rhythm: Mapped[Rhythm | None] = mapped_column(Word(Rhythm))
    day: Mapped[int] = mapped_column(default=1)
    at: Mapped[str] = mapped_column(String(5), default="09:00")
    next_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    refused_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
