"""Reports."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from engine.model.deal import DealResult
from engine.policy.win_shares import ShareTaken
from engine.queries.approval_report import ApprovalGroup
from engine.queries.forecast import MOST_MONTHS, ForecastGroup
from engine.queries.forecast_outcomes import MOST_MONTHS_BACK
from engine.queries.reports import LatenessGroup
from webui.api.models.exchange_rates import OneSumItem
from webui.api.models.values import Given, Instant, Key, Listed, Money, Paging, ShortPaging, Told

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def _is_foreseeable(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        msg = f"a year from {_FIRST_YEAR} to {_LAST_YEAR} is expected"
        raise ValueError(msg)
    return day


_TOGETHER: Any = Field(
    description="The same in the company's own currency: open deals at the newest rate, closed ones at the rate of the "
    "day on which they were closed. Null where the company has chosen no currency, and where there is no sum."
)

MonthOfForecast = Annotated[date, AfterValidator(_is_foreseeable)]


class FunnelQuery(Given):
    definition_key: Key = Field(description="The map whose deals are counted.")
    since: Instant | None = Field(default=None, description="Deals opened from this moment on.")
    until: Instant | None = Field(default=None, description="Deals opened before this moment.")


class ForecastQuery(Given):
    definition_key: list[Key] = Field(
        default=[],
        max_length=50,
        description="The map whose deals are counted; given several times, several; without one, all maps of which the "
        "caller sees a deal.",
    )
    first: MonthOfForecast | None = Field(default=None, description="A day of the first month; this month if missing.")
    months: int = Field(default=3, ge=1, le=MOST_MONTHS, description="How many months.")
    group_by: ForecastGroup = ForecastGroup.MONTH


class LatenessQuery(Paging):
    group_by: LatenessGroup = LatenessGroup.PERSON
    since: Instant | None = Field(default=None, description="Steps done from this moment on.")
    until: Instant | None = Field(default=None, description="Steps done before this moment.")


class FunnelStageItem(Told):
    name: str
    reached: int = Field(description="Deals that were in this stage at least once.")
    here: int = Field(description="Deals that are in it now.")
    ended: int = Field(description="Deals that ended in it without being won.")
    median_s: int | None = Field(description="Working seconds that a deal spent in it until it left, the median.")
    timed: int = Field(description="Of how many deals that is the median; at most the newest 300 are looked at.")


class LossCountItem(Told):
    """Deals that ended without a sale for one reason."""

    reason_id: int | None = Field(description="Of `/loss-reasons`; null for words of people's own.")
    reason: str = Field(description="Empty where none was given.")
    lost: int
    cancelled: int


class FunnelReport(Told):
    """What became of the deals that were opened in a period."""

    definition_key: str
    opened: int
    open: int
    won: int
    lost: int
    cancelled: int
    sums: dict[DealResult, dict[str, Money]] = Field(description="What the deals come to, by result and currency.")
    together: dict[DealResult, OneSumItem] = Field(
        description="The same in the company's own currency, by result; empty where it has chosen none."
    )
    reasons: tuple[LossCountItem, ...] = Field(
        description="Why deals ended without a sale: by the list, then the 20 most frequent of people's own words."
    )
    stages: tuple[FunnelStageItem, ...]


class ExpectedItem(Told):
    """Of some deals. Sums are by currency."""

    open: int = Field(description="Open deals that close in the months.")
    unpriced: int = Field(description="Of these, deals without an amount.")
    sums: dict[str, Money] = Field(description="What the open deals come to.")
    weighted: dict[str, Money] = Field(description="Amounts times the share of deals won from their stages.")
    unweighed: dict[str, Money] = Field(description="Amounts where too few deals have ended to tell a share.")
    won: int
    won_sums: dict[str, Money]
    won_before: int = Field(description="Won in as many months before.")
    won_before_sums: dict[str, Money]
    sums_together: OneSumItem | None = _TOGETHER
    weighted_together: OneSumItem | None = _TOGETHER
    unweighed_together: OneSumItem | None = _TOGETHER
    won_together: OneSumItem | None = _TOGETHER
    won_before_together: OneSumItem | None = _TOGETHER


class ForecastRowItem(Told):
    id: int | None = Field(description="Of the person or department; null for a month and for no department.")
    name: str = Field(description="Empty for a month.")
    month: date | None = Field(description="The first day of a month.")
    expected: ExpectedItem
    by_map: dict[str, ExpectedItem] = Field(
        description="What each map brings, by its key; maps without deals are left out."
    )


class WinShareItem(Told):
    """Of deals that ended, how many were won."""

    won: int
    ended: int


class StageShareItem(Told):
    definition_key: str = Field(description="The map that the stage belongs to.")
    stage: str
    open: int = Field(description="Open deals of the months that stand in the stage.")
    share: WinShareItem = Field(description="Of the deals that reached the stage.")
    taken: ShareTaken = Field(description="Whose share weighs: the stage's, the whole map's, or nobody's.")


class MapForecastItem(Told):
    """What one map brings to the forecast."""

    definition_key: str
    name: str
    expected: ExpectedItem
    whole: WinShareItem = Field(description="Of all ended deals of this map.")


class ForecastReport(Told):
    """What open deals may bring, by the share of deals that the company won from the same stages of the same map."""

    definition_key: str | None = Field(description="Null where it is of several maps.")
    maps: tuple[MapForecastItem, ...] = Field(description="By name.")
    first: date
    last: date
    before_first: date = Field(description="The period before is as many months.")
    before_last: date
    rows: tuple[ForecastRowItem, ...]
    total: ExpectedItem
    undated: int = Field(description="Open deals without a close date.")
    before: int = Field(description="Open deals whose close date lies before the months.")
    after: int = Field(description="Open deals whose close date lies after the months.")
    passed: int = Field(description="Open deals whose close date has passed, wherever it lies.")
    measured_from: date = Field(description="Shares are of deals that ended from this day to today.")
    whole: WinShareItem = Field(description="Of all ended deals of the maps; amounts are weighed by each map's own.")
    stages: tuple[StageShareItem, ...]


class OutcomesQuery(ShortPaging):
    definition_key: list[Key] = Field(
        default=[], max_length=50, description="The map; given several times, several; without one, all."
    )
    months: int = Field(default=6, ge=1, le=MOST_MONTHS_BACK, description="How many months that are over.")


class ForeseenItem(Told):
    """Of a month, as of the day on which the forecast was kept. Sums are by currency."""

    kept_on: date = Field(description="The first day of the month; later where nothing ran on it.")
    open: int = Field(description="Open deals that were to close in the month.")
    sums: dict[str, Money] = Field(description="What might be counted on, and what was won of the month by then.")
    unweighed: dict[str, Money] = Field(description="Amounts where too few deals had ended to tell a share.")
    sums_together: OneSumItem | None = Field(description="The same sums at the rates of the day `kept_on`.")
    unweighed_together: OneSumItem | None = Field(description="Those at the rates of the day `kept_on`.")


class MonthOutcomeItem(Told):
    month: date = Field(description="Its first day.")
    foreseen: ForeseenItem | None = Field(description="Null where no forecast of the month was kept.")
    won: int = Field(description="Deals won in the month, foreseen or not.")
    won_sums: dict[str, Money]
    won_together: OneSumItem | None = _TOGETHER
    percents: dict[str, int] = Field(description="By currency, what was won of a hundred foreseen.")


class ForecastOutcomes(Listed[MonthOutcomeItem]):
    """What was foreseen of months when they began, beside what was won in them; the newest first."""


class ApprovalsQuery(Paging):
    group_by: ApprovalGroup = ApprovalGroup.DEPARTMENT
    since: Instant | None = Field(default=None, description="Approvals asked for from this moment on.")
    until: Instant | None = Field(default=None, description="Approvals asked for before this moment.")


class ActivityQuery(Paging):
    since: Instant | None = Field(default=None, description="Done, opened and closed from this moment on.")
    until: Instant | None = Field(default=None, description="Done, opened and closed before this moment.")


class ApprovalItem(Told):
    """``asked`` are all others together, but for ``late``, which are some of them."""

    id: int | None = Field(description="Of the department, or of who answered, else holds it; null for none.")
    name: str
    asked: int
    approved: int
    returned: int
    rejected: int
    waiting: int
    withdrawn: int = Field(description="The deal went another way, or enough others had answered.")
    late: int = Field(description="Answered after the deadline, or late now.")
    median_s: int | None = Field(description="Working seconds from the question to the answer, the median.")
    timed: int = Field(description="Of how many answers that is the median; at most the newest 2,000 are looked at.")


class DealsCountedItem(Told):
    count: int
    sums: dict[str, Money] = Field(description="By currency, of the deals that have an amount.")
    together: OneSumItem | None = _TOGETHER


class ActivityItem(Told):
    """Steps that somebody did; deals that they own now and that were opened or closed in the period."""

    id: int = Field(description="The person's.")
    name: str
    done: int
    done_late: int
    opened: DealsCountedItem
    won: DealsCountedItem
    lost: DealsCountedItem
    cancelled: DealsCountedItem


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
    at_risk_together: OneSumItem | None = _TOGETHER
    returned: int = Field(description="Open deals returned more than once within 30 days; at most 200 are counted.")
    stalled: int = Field(description="Open deals without a next step; at most 200 are counted.")
    silent: int = Field(description="Open deals without any event for five working days; at most 200 are counted.")
    holders: tuple[HolderItem, ...] = Field(description="Most late steps first.")


class LatenessReport(Listed[LatenessItem]):
    """Who or what is late, worst first."""


class ApprovalsReport(Listed[ApprovalItem]):
    """Approvals, most late ones first."""


class ActivityReport(Listed[ActivityItem]):
    """What managers did, who won most deals first."""


class WorkloadReport(Listed[WorkloadItem]):
    """Who holds how much, the most loaded first."""
