"""Saved reports: what they are narrowed by, and when they are sent."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from engine.model.saved_report import ReportKind, Rhythm
from engine.policy.report_periods import MOST_MAPS, ReportFilters, UsualPeriod
from engine.policy.report_schedule import LAST_DAY_OF_MONTH
from engine.queries.forecast import MOST_MONTHS
from webui.api.models.values import Day, Filled, Given, Id, Instant, Key, Listed, Told

Name = Annotated[str, StringConstraints(max_length=200)]
_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
_DAY = "Of the week, 1 for Monday, or of the month, 1 to 28; without a meaning in other rhythms."
_AT = "A time of the caller's working calendar, such as 09:00."


class SavedReportPath(Given):
    saved_report_id: Id


class FiltersGiven(Given):
    """What a report is narrowed by. Each kind reads its own: see the fields."""

    definition_keys: list[Key] = Field(
        default=[],
        max_length=MOST_MAPS,
        description="Of a funnel exactly one map; of a forecast one, several, or none for all.",
    )
    group_by: str | None = Field(
        default=None,
        max_length=24,
        description="As the report's own call takes it; the first of its words, if left out.",
    )
    period: UsualPeriod | None = Field(default=None, description="Moves with the day. Of all but the forecast.")
    first: Day | None = Field(default=None, description="Without a period: the first day, which stays as it is.")
    last: Day | None = Field(default=None, description="Without a period: the last day, included.")
    months_on: int = Field(
        default=0, ge=-120, le=120, description="Of a forecast: its first month, counted from the month of the day."
    )
    months: int = Field(default=3, ge=1, le=MOST_MONTHS, description="Of a forecast: how many months.")


class ScheduleGiven(Given):
    """When it is sent to the caller."""

    rhythm: Rhythm
    day: int = Field(default=1, ge=1, le=LAST_DAY_OF_MONTH, description=_DAY)
    at: str = Field(default="09:00", pattern=_TIME, description=_AT)


class NewSavedReport(Given):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "Прогноз на квартал",
                    "report": "forecast",
                    "filters": {"group_by": "person", "months": 3},
                    "schedule": {"rhythm": "last_working_day", "at": "16:00"},
                }
            ]
        },
    )

    name: Annotated[Name, Filled]
    report: ReportKind
    filters: FiltersGiven = FiltersGiven()
    schedule: ScheduleGiven | None = Field(default=None, description="Not sent, if left out.")


class SavedReportChange(Given):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"schedule": None}]})

    name: Name | None = None
    filters: FiltersGiven | None = Field(default=None, description="All of them anew.")
    schedule: ScheduleGiven | None = Field(default=None, description="Null: it is sent no more, and stays saved.")

    def says(self, field: str) -> bool:
        """Whether the caller said anything about it, null too."""
        return field in self.model_fields_set


class FiltersTold(Told):
    definition_keys: tuple[str, ...]
    group_by: str = Field(description="Empty where the report has no groups.")
    period: UsualPeriod | None
    first: Day | None
    last: Day | None
    months_on: int
    months: int

    @classmethod
    def of(cls, filters: ReportFilters) -> FiltersTold:
        return cls(
            definition_keys=filters.maps,
            group_by=filters.group_by,
            period=filters.period,
            first=filters.first,
            last=filters.last,
            months_on=filters.months_on,
            months=filters.months,
        )


class ScheduleTold(Told):
    rhythm: Rhythm
    day: int = Field(description=_DAY)
    at: str = Field(description=_AT)
    next_at: Instant | None = Field(description="When it is sent next.")


class SavedReportItem(Told):
    id: int
    name: str
    report: ReportKind
    filters: FiltersTold
    schedule: ScheduleTold | None = Field(description="Null: it is not sent.")
    is_refused: bool = Field(description="Sending ended because reports were not open to the caller any more.")


class SavedReportList(Listed[SavedReportItem]):
    """The caller's own, by name."""
