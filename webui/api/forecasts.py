"""The sales forecast over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from flask import Response

from engine.policy.exchange_rates import Rates
from engine.policy.win_shares import WinShare
from engine.queries.exchange_rates import company_rates
from engine.queries.forecast import Expected, Months, forecast
from engine.queries.forecast_outcomes import Foreseen, MonthOutcome, forecast_outcomes
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api
from webui.api.caller import caller
from webui.api.models.exchange_rates import one_sum_item
from webui.api.models.reports import (
    ExpectedItem,
    ForecastOutcomes,
    ForecastQuery,
    ForecastReport,
    ForecastRowItem,
    ForeseenItem,
    MapForecastItem,
    MonthOutcomeItem,
    OutcomesQuery,
    StageShareItem,
    WinShareItem,
)
from webui.api.tags import REPORTS
from webui.formats import local
from webui.i18n import zone
from webui.request_context import now, reading


@api.get("/reports/forecast", tags=[REPORTS], responses={200: ForecastReport})
def report_forecast(query: ForecastQuery) -> Response:
    """What the open deals of one, several or all maps may bring in coming months; what was won in them and before."""
    first = query.first or local(now()).date()
    months = Months(first.replace(day=1), query.months)
    with reading() as session:
        rates = company_rates(session)
        chosen = (session, caller(), query.definition_key, months, query.group_by)
        found = forecast(*chosen, now=now(), zone=zone(), rates=rates)
    expected = partial(_expected, rates)
    return answer(
        ForecastReport(
            definition_key=found.maps[0].definition_key if len(found.maps) == 1 else None,
            maps=tuple(
                MapForecastItem(
                    definition_key=one.definition_key,
                    name=one.name,
                    expected=expected(one.expected),
                    whole=_share(one.whole),
                )
                for one in found.maps
            ),
            first=months.first,
            last=months.last,
            before_first=months.before.first,
            before_last=months.before.last,
            rows=tuple(
                ForecastRowItem(
                    id=row.id,
                    name=row.name,
                    month=row.months.first if row.months is not None else None,
                    expected=expected(row.expected),
                    by_map={key: expected(part) for key, part in row.by_map.items()},
                )
                for row in found.rows
            ),
            total=expected(found.total),
            **asdict(found.outside),
            measured_from=found.measured_from,
            whole=WinShareItem(
                won=sum(one.whole.won for one in found.maps), ended=sum(one.whole.ended for one in found.maps)
            ),
            stages=tuple(
                StageShareItem(
                    definition_key=of_map.definition_key,
                    stage=one.share.stage,
                    open=one.open,
                    share=_share(one.share.own),
                    taken=one.share.taken,
                )
                for of_map in found.maps
                for one in of_map.stages
            ),
        )
    )


@api.get("/reports/forecast/outcomes", tags=[REPORTS], responses={200: ForecastOutcomes})
def report_forecast_outcomes(query: OutcomesQuery) -> Response:
    """How the forecasts of the months that are over turned out, for who sees all deals."""
    with reading() as session:
        rates = company_rates(session)
        chosen = (session, caller(), query.definition_key, query.months)
        found = forecast_outcomes(*chosen, now=now(), zone=zone(), rates=rates)
    return listed(part_of(found, query), partial(_outcome, rates), ForecastOutcomes)


def _outcome(rates: Rates, one: MonthOutcome) -> MonthOutcomeItem:
    return MonthOutcomeItem(
        month=one.month.first,
        foreseen=_foreseen(rates, one.foreseen) if one.foreseen is not None else None,
        won=one.won,
        won_sums=dict(one.won_sums),
        won_together=one_sum_item(rates.of_their_days(one.won_rated)),
        percents=dict(one.percents),
    )


def _foreseen(rates: Rates, one: Foreseen) -> ForeseenItem:
    return ForeseenItem(
        kept_on=one.kept_on,
        open=one.open,
        sums=dict(one.sums),
        unweighed=dict(one.unweighed),
        sums_together=one_sum_item(rates.of_their_days(one.rated)),
        unweighed_together=one_sum_item(rates.of_their_days(one.unweighed_rated)),
    )


def _expected(rates: Rates, one: Expected) -> ExpectedItem:
    return ExpectedItem(
        open=one.open,
        unpriced=one.unpriced,
        sums=one.sums,
        weighted=one.weighted,
        unweighed=one.unweighed,
        won=one.won,
        won_sums=one.won_sums,
        won_before=one.won_before,
        won_before_sums=one.won_before_sums,
        sums_together=one_sum_item(rates.of_today(one.sums)),
        weighted_together=one_sum_item(rates.of_today(one.weighted)),
        unweighed_together=one_sum_item(rates.of_today(one.unweighed)),
        won_together=one_sum_item(rates.of_their_days(one.won_rated)),
        won_before_together=one_sum_item(rates.of_their_days(one.won_before_rated)),
    )


def _share(one: WinShare) -> WinShareItem:
    return WinShareItem(won=one.won, ended=one.ended)
