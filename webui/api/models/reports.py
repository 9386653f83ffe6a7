"""Reports."""

from __future__ import annotations

from pydantic import Field

from engine.queries.reports import LatenessGroup
from webui.api.models.values import Given, Instant, Key, Listed, Money, Paging, Told


class FunnelQuery(Given):
    definition_key: Key = Field(description="The map whose deals are counted.")
    since: Instant | None = Field(default=None, description="Deals opened from this moment on.")
    until: Instant | None = Field(default=None, description="Deals opened before this moment.")


class LatenessQuery(Paging):
    group_by: LatenessGroup = LatenessGroup.PERSON
    since: Instant | None = Field(default=None, description="Steps done from this moment on.")
    until: Instant | None = Field(default=None, description="Steps done before this moment.")


class FunnelStageItem(Told):
    name: str
    reached: int = Field(description="Deals that were in this stage at least once.")
    here: int = Field(description="Deals that are in it now.")
    ended: int = Field(description="Deals that ended in it without being won.")


class FunnelReport(Told):
    """What became of the deals that were opened in a period."""

    definition_key: str
    opened: int
    open: int
    won: int
    lost: int
    cancelled: int
    stages: tuple[FunnelStageItem, ...]


class LatenessItem(Told):
    id: int | None = Field(description="Of the person or department; null for a step's name and for nobody's.")
    name: str
    done: int
    done_late: int
    open_late: int = Field(description="Late now.")


class WorkloadItem(Told):
    id: int = Field(description="The person's.")
    name: str
    held: int = Field(description="Live steps held.")
    overdue: int
    open_deals: int


class HolderItem(Told):
    person_id: int | None = Field(description="Who holds the steps; null where a department may take them.")
    department_id: int | None = Field(description="The department that may take them; null where somebody holds them.")
    name: str
    overdue: int
    today: int = Field(description="Due later today.")
    open: int
    nearest_due_at: Instant | None


class ControlReport(Told):
    """What a head has to look at now: steps by holder, and deals that stand still."""

    overdue: int
    today: int = Field(description="Steps due later today.")
    untaken: int = Field(description="Steps of departments that nobody has taken.")
    deals_at_risk: int = Field(description="Open deals with a late step.")
    sums_at_risk: dict[str, Money] = Field(description="What they come to, by currency.")
    returned: int = Field(description="Open deals returned more than once within 30 days; at most 200 are counted.")
    stalled: int = Field(description="Open deals without a next step; at most 200 are counted.")
    silent: int = Field(description="Open deals without any event for five working days; at most 200 are counted.")
    holders: tuple[HolderItem, ...] = Field(description="Most late steps first.")


class LatenessReport(Listed[LatenessItem]):
    """Who or what is late, worst first."""


class WorkloadReport(Listed[WorkloadItem]):
    """Who holds how much, the most loaded first."""
