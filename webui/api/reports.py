"""Reports over HTTP."""

from __future__ import annotations

from functools import partial

from flask import Response

from engine.policy.exchange_rates import Rates
from engine.queries.activity_report import ActivityRow, DealsCounted, activity_report
from engine.queries.approval_report import ApprovalRow, approval_report
from engine.queries.control import DealsList, ListedDeals, ListedSteps, StepsList, control
from engine.queries.exchange_rates import company_rates
from engine.queries.reports import FunnelStage, funnel, lateness, workload
from engine.queries.sales_results import sales_results
from engine.queries.version_figures import Timing
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api
from webui.api.caller import caller
from webui.api.models.exchange_rates import one_sum_item
from webui.api.models.reports import (
    ActivityItem,
    ActivityQuery,
    ActivityReport,
    ApprovalItem,
    ApprovalsQuery,
    ApprovalsReport,
    ControlReport,
    DealsCountedItem,
    FunnelQuery,
    FunnelReport,
    FunnelStageItem,
    HolderItem,
    LatenessItem,
    LatenessQuery,
    LatenessReport,
    LossCountItem,
    WorkloadItem,
    WorkloadReport,
)
from webui.api.models.values import Paging
from webui.api.tags import REPORTS
from webui.request_context import now, reading


@api.get("/reports/funnel", tags=[REPORTS], responses={200: FunnelReport})
def report_funnel(query: FunnelQuery) -> Response:
    """What became of the deals of a map that were opened in a period."""
    with reading() as session:
        chosen = (session, caller(), query.definition_key, query.since, query.until)
        rates = company_rates(session)
        report, results = funnel(*chosen), sales_results(*chosen, rates=rates)
    together = {result: one_sum_item(rates.of_their_days(rated)) for result, rated in results.rated.items()}
    return answer(
        FunnelReport(
            definition_key=report.definition_key,
            opened=report.opened,
            open=report.open,
            won=report.won,
            lost=report.lost,
            cancelled=report.cancelled,
            sums={result: dict(sums) for result, sums in results.sums.items()},
            together={result: one for result, one in together.items() if one is not None},
            reasons=tuple(
                LossCountItem(reason_id=one.reason_id, reason=one.reason, lost=one.lost, cancelled=one.cancelled)
                for one in results.reasons
            ),
            stages=tuple(_stage(stage, results.times.get(stage.name, Timing())) for stage in report.stages),
        )
    )


def _stage(stage: FunnelStage, timing: Timing) -> FunnelStageItem:
    return FunnelStageItem(
        name=stage.name,
        reached=stage.reached,
        here=stage.here,
        ended=stage.ended,
        median_s=_seconds(timing),
        timed=timing.count,
    )


def _seconds(timing: Timing) -> int | None:
    return int(timing.median.total_seconds()) if timing.median is not None else None


@api.get("/reports/approvals", tags=[REPORTS], responses={200: ApprovalsReport})
def report_approvals(query: ApprovalsQuery) -> Response:
    """How approvals were answered, and how long that took: by department or person."""
    with reading() as session:
        period = {"since": query.since, "until": query.until}
        rows = approval_report(session, caller(), query.group_by, **period, now=now())
    return listed(part_of(rows, query), _approval_item, ApprovalsReport)


def _approval_item(row: ApprovalRow) -> ApprovalItem:
    return ApprovalItem(
        id=row.id,
        name=row.name,
        asked=row.asked,
        approved=row.approved,
        returned=row.returned,
        rejected=row.rejected,
        waiting=row.waiting,
        withdrawn=row.withdrawn,
        late=row.late,
        median_s=_seconds(row.timing),
        timed=row.timing.count,
    )


@api.get("/reports/activity", tags=[REPORTS], responses={200: ActivityReport})
def report_activity(query: ActivityQuery) -> Response:
    """What managers did: steps, and the deals that they opened, won and lost."""
    with reading() as session:
        rates = company_rates(session)
        rows = activity_report(session, caller(), since=query.since, until=query.until, now=now(), rates=rates)
    return listed(part_of(rows, query), partial(_activity_item, rates), ActivityReport)


def _activity_item(rates: Rates, row: ActivityRow) -> ActivityItem:
    return ActivityItem(
        id=row.person_id,
        name=row.name,
        done=row.done,
        done_late=row.done_late,
        opened=_counted(row.opened, rates),
        won=_counted(row.won, rates),
        lost=_counted(row.lost, rates),
        cancelled=_counted(row.cancelled, rates),
    )


def _counted(deals: DealsCounted, rates: Rates) -> DealsCountedItem:
    together = one_sum_item(rates.of_their_days(deals.rated))
    return DealsCountedItem(count=deals.count, sums=dict(deals.sums), together=together)


@api.get("/reports/lateness", tags=[REPORTS], responses={200: LatenessReport})
def report_lateness(query: LatenessQuery) -> Response:
    """Who or what is late: by person, department or step."""
    with reading() as session:
        rows = lateness(session, caller(), query.group_by, since=query.since, until=query.until, now=now())
    return listed(
        part_of(rows, query),
        lambda row: LatenessItem(
            id=row.id, name=row.name, done=row.done, done_late=row.done_late, open_late=row.open_late
        ),
        LatenessReport,
    )


def _number(listed: ListedSteps | ListedDeals) -> int:
    """Every list of the control is counted."""
    return listed.total or 0


@api.get("/reports/control", tags=[REPORTS], responses={200: ControlReport})
def report_control() -> Response:
    """What is late, due today, not taken, and which deals stand still: of everybody, or of whom the caller heads."""
    with reading() as session:
        found = control(session, caller(), now=now(), shown=0)
    return answer(
        ControlReport(
            overdue=_number(found.steps[StepsList.OVERDUE]),
            today=_number(found.steps[StepsList.TODAY]),
            untaken=_number(found.steps[StepsList.UNTAKEN]),
            deals_at_risk=found.deals_at_risk,
            sums_at_risk=dict(found.at_risk),
            at_risk_together=one_sum_item(found.rates.of_today(found.at_risk)),
            returned=_number(found.deals[DealsList.RETURNED]),
            stalled=_number(found.deals[DealsList.STALLED]),
            silent=_number(found.deals[DealsList.SILENT]),
            holders=tuple(
                HolderItem(
                    person_id=one.person_id,
                    department_id=one.department_id,
                    name=one.name,
                    overdue=one.overdue,
                    today=one.today,
                    open=one.open,
                    nearest_due_at=one.nearest_due_at,
                )
                for one in found.holders
            ),
        )
    )


@api.get("/reports/workload", tags=[REPORTS], responses={200: WorkloadReport})
def report_workload(query: Paging) -> Response:
    """Who holds how many steps and deals."""
    with reading() as session:
        rows = workload(session, caller(), now=now())
    return listed(
        part_of(rows, query),
        lambda row: WorkloadItem(
            id=row.person_id, name=row.full_name, held=row.held, overdue=row.overdue, open_deals=row.open_deals
        ),
        WorkloadReport,
    )
