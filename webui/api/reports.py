"""Reports over HTTP."""

from __future__ import annotations

from flask import Response

from engine.queries.control import DealsList, StepsList, control
from engine.queries.reports import funnel, lateness, workload
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api
from webui.api.caller import caller
from webui.api.models.reports import (
    ControlReport,
    FunnelQuery,
    FunnelReport,
    FunnelStageItem,
    HolderItem,
    LatenessItem,
    LatenessQuery,
    LatenessReport,
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
        report = funnel(session, caller(), query.definition_key, query.since, query.until)
    return answer(
        FunnelReport(
            definition_key=report.definition_key,
            opened=report.opened,
            open=report.open,
            won=report.won,
            lost=report.lost,
            cancelled=report.cancelled,
            stages=tuple(
                FunnelStageItem(name=stage.name, reached=stage.reached, here=stage.here, ended=stage.ended)
                for stage in report.stages
            ),
        )
    )


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


@api.get("/reports/control", tags=[REPORTS], responses={200: ControlReport})
def report_control() -> Response:
    """What is late, due today, not taken, and which deals stand still: of everybody, or of whom the caller heads."""
    with reading() as session:
        found = control(session, caller(), now=now(), shown=0)
    return answer(
        ControlReport(
            overdue=found.steps[StepsList.OVERDUE].total,
            today=found.steps[StepsList.TODAY].total,
            untaken=found.steps[StepsList.UNTAKEN].total,
            deals_at_risk=found.deals_at_risk,
            sums_at_risk=dict(found.at_risk),
            returned=found.deals[DealsList.RETURNED].total,
            stalled=found.deals[DealsList.STALLED].total,
            silent=found.deals[DealsList.SILENT].total,
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
