"""The sales forecast: what open deals may bring in the coming months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.errors import N_
from engine.model.saved_report import ReportKind
from engine.policy.exchange_rates import Rates
from engine.policy.permissions import Ability, may
from engine.policy.win_shares import FEWEST_ENDED, ShareTaken
from engine.queries.control import ensure_controls
from engine.queries.exchange_rates import company_rates
from engine.queries.forecast import Forecast, ForecastGroup, ForecastRow, Months, forecast
from engine.queries.forecast_outcomes import MOST_MONTHS_BACK, MonthOutcome, forecast_outcomes
from engine.queries.known_maps import KnownMap, known_maps
from engine.queries.scopes import ensure_sees
from webui.deal_list import DealFilter
from webui.formats import local, month_name, month_span
from webui.forms.typed_values import read_id
from webui.i18n import _, zone
from webui.periods import iso_date
from webui.report_periods import report_file
from webui.report_tables import FORECAST_HEADINGS, forecast_row_name, forecast_table, outcome_table
from webui.request_context import actor, now, reading
from webui.saved_reports import saved_words

blueprint = Blueprint("forecasts", __name__, url_prefix="/reports")

_GROUPS = {
    ForecastGroup.MONTH: N_("By month"),
    ForecastGroup.PERSON: N_("By person"),
    ForecastGroup.DEPARTMENT: N_("By department"),
}
_MONTHS_COMPARED = 6
_COUNTS = (1, 2, 3, 6, 12)
_USUAL_COUNT = 3
_CHOOSABLE_BACK = 12
_CHOOSABLE_ON = 13


@dataclass(frozen=True, slots=True)
class _Asked:
    """``map_keys`` are the maps that were chosen, none: all ``maps``. ``rates``: what sums are added up by."""

    maps: tuple[KnownMap, ...]
    map_keys: tuple[str, ...]
    months: Months
    group: ForecastGroup
    found: Forecast | None
    rates: Rates

    @property
    def address(self) -> dict[str, Any]:
        """What an address of the same forecast says."""
        first, count = self.months.first.isoformat(), self.months.count
        return {"map": list(self.map_keys) or None, "by": self.group.value, "first": first, "months": count}


@blueprint.get("/forecast")
def show_forecast() -> ResponseReturnValue:
    asked = _asked()
    return render_template(
        "control/forecast.html",
        asked=asked,
        found=asked.found,
        months=asked.months,
        groups={one: _(label) for one, label in _GROUPS.items()},
        heading=_(FORECAST_HEADINGS[asked.group]),
        starts=_starts(asked.months),
        counts=_COUNTS,
        span=_span,
        name_of=forecast_row_name,
        opens=_Lists(asked),
        sees_all=may(actor(), Ability.SEE_ALL_DEALS),
        fewest=FEWEST_ENDED,
        taken=ShareTaken,
        outcomes=_outcomes(asked),
        **saved_words(
            ReportKind.FORECAST,
            map=",".join(asked.map_keys),
            by=asked.group.value,
            first=asked.months.first.isoformat(),
            months=str(asked.months.count),
        ),
    )


@blueprint.get("/forecast.<kind>")
def export_forecast(kind: str) -> ResponseReturnValue:
    asked = _asked()
    header, rows = forecast_table(asked.found, asked.group)
    return report_file(kind, "forecast", header, rows)


@blueprint.get("/forecast-outcomes.<kind>")
def export_outcomes(kind: str) -> ResponseReturnValue:
    """How the forecasts of the last months turned out. Raises NotFound for who does not see all deals."""
    ensure_sees(actor(), Ability.SEE_ALL_DEALS)
    asked = _asked()
    header, rows = outcome_table(_outcomes(asked, MOST_MONTHS_BACK), asked.rates)
    return report_file(kind, "forecast-outcomes", header, rows)


def _outcomes(asked: _Asked, count: int = _MONTHS_COMPARED) -> tuple[MonthOutcome, ...]:
    """Empty for who does not see all deals: what was foreseen was foreseen of all."""
    if not asked.maps or not may(actor(), Ability.SEE_ALL_DEALS):
        return ()
    with reading() as session:
        chosen = (session, actor(), asked.map_keys, count)
        return forecast_outcomes(*chosen, now=now(), zone=zone(), rates=asked.rates)


class _Lists:
    """The addresses of the lists behind the numbers, narrowed to exactly what each counts.

    ``of_map`` narrows a number to one of the maps.
    """

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked

    def open(self, row: ForecastRow | None = None, of_map: str | None = None, **more: Any) -> str:
        """Open deals of a row, or of all months."""
        months = row.months if row is not None and row.months is not None else self._asked.months
        return self._list(row, of_map, closes_from=months.first, closes_to=months.last, **more)

    def won(self, row: ForecastRow | None = None, of_map: str | None = None, *, before: bool = False) -> str:
        months = self._months(row, before=before)
        return self._list(row, of_map, result="won", closed_from=months.first, closed_to=months.last)

    def won_in(self, months: Months) -> str:
        return self._list(result="won", closed_from=months.first, closed_to=months.last)

    def outside(self, which: str) -> str:
        months, day = self._asked.months, timedelta(days=1)
        match which:
            case "before":
                return self._list(closes_to=months.first - day)
            case "after":
                return self._list(closes_from=months.last + day)
            case "passed":
                return self._list(closes_to=local(now()).date() - day)
            case _:
                return self._list(dated=0)

    def ended(self, of_map: str, stage: str | None, result: str) -> str:
        """The deals that a share was measured on, or those of them that were won."""
        found = self._asked.found
        days = {"closed_from": found.measured_from, "closed_to": found.today} if found else {}
        return self._list(None, of_map, result=result, reached=stage, **days)

    def _months(self, row: ForecastRow | None, *, before: bool) -> Months:
        asked = self._asked.months
        if row is None or row.months is None:
            return asked.before if before else asked
        return _counterpart(asked, row.months) if before else row.months

    def _list(self, row: ForecastRow | None = None, of_map: str | None = None, **filters: Any) -> str:
        given = {name: str(value) for name, value in filters.items() if value is not None}
        if row is not None and self._asked.group is ForecastGroup.PERSON:
            given |= {"owner": str(row.id), "owner_text": row.name}
        if row is not None and self._asked.group is ForecastGroup.DEPARTMENT:
            given["department"] = str(row.id or "none")
        keys = (of_map,) if of_map is not None else self._asked.map_keys
        if keys:
            given["map" if len(keys) == 1 else "maps"] = ",".join(keys)
        return DealFilter.of(given).address()


def _asked() -> _Asked:
    ensure_controls(actor())
    months = _months_asked()
    given = request.args.get("by", "")
    group = ForecastGroup(given) if given in set(ForecastGroup) else ForecastGroup.MONTH
    with reading() as session:
        maps = known_maps(session, actor())
        wanted = set(request.args.getlist("map"))
        keys = tuple(one.key for one in maps if one.key in wanted)
        of_maps = keys or tuple(one.key for one in maps)
        rates = company_rates(session)
        chosen = (session, actor(), of_maps, months, group)
        found = forecast(*chosen, now=now(), zone=zone(), rates=rates) if of_maps else None
    return _Asked(maps, keys, months, group, found, rates)


def _months_asked() -> Months:
    """What is asked for; otherwise this month and the two after it."""
    today = local(now()).date()
    first = iso_date(request.args.get("first", "")) or today
    count = read_id(request.args.get("months", "")) or _USUAL_COUNT
    return Months(first.replace(day=1), count if count in _COUNTS else _USUAL_COUNT)


def _starts(asked: Months) -> tuple[tuple[str, str], ...]:
    """The months that a forecast may begin with, the asked one among them, each with its name."""
    this = local(now()).date().replace(day=1)
    back = Months(this, _CHOOSABLE_BACK).before
    firsts = {one.first for one in (*back.each, *Months(this, _CHOOSABLE_ON).each, asked)}
    return tuple((one.isoformat(), month_name(one)) for one in sorted(firsts))


def _span(months: Months, *, inside: bool = False) -> str:
    return month_span(months.first, months.last, inside=inside)


def _counterpart(asked: Months, month: Months) -> Months:
    """The month at the same place among the months before."""
    return dict(zip((one.first for one in asked.each), asked.before.each, strict=True))[month.first]
