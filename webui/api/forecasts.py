"""The sales forecast over HTTP."""

from __future__ import annotations

from dataclasses import asdict

from flask import Response

from engine.policy.win_shares import WinShare
from engine.queries.forecast import Expected, Months, forecast
from webui.api.answers import answer
from webui.api.blueprint import api
from webui.api.caller import caller
from webui.api.models.reports import (
    ExpectedItem,
    ForecastQuery,
    ForecastReport,
    ForecastRowItem,
    StageShareItem,
    WinShareItem,
)
from webui.api.tags import REPORTS
from webui.formats import local
from webui.i18n import zone
from webui.request_context import now, reading


@api.get("/reports/forecast", tags=[REPORTS], responses={200: ForecastReport})
def report_forecast(query: ForecastQuery) -> Response:
    """What the open deals of a map may bring in coming months, and what was won in them and before."""
    first = query.first or local(now()).date()
    months = Months(first.replace(day=1), query.months)
    with reading() as session:
        found = forecast(session, caller(), query.definition_key, months, query.group_by, now=now(), zone=zone())
    return answer(
        ForecastReport(
            definition_key=found.definition_key,
            first=months.first,
            last=months.last,
            before_first=months.before.first,
            before_last=months.before.last,
            rows=tuple(
                ForecastRowItem(
                    id=row.id,
                    name=row.name,
                    month=row.months.first if row.months is not None else None,
                    expected=_expected(row.expected),
                )
                for row in found.rows
            ),
            total=_expected(found.total),
            **asdict(found.outside),
            measured_from=found.measured_from,
            whole=_share(found.whole),
            stages=tuple(
                StageShareItem(stage=one.share.stage, open=one.open, share=_share(one.share.own), taken=one.share.taken)
                for one in found.stages
            ),
        )
    )


def _expected(one: Expected) -> ExpectedItem:
    return ExpectedItem(**asdict(one))


def _share(one: WinShare) -> WinShareItem:
    return WinShareItem(won=one.won, ended=one.ended)
