"""Saved reports as lines of a letter: what they come to, then row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from engine.errors import N_
from engine.policy.exchange_rates import OneSum
from engine.queries.activity_report import ActivityRow, DealsCounted
from engine.queries.approval_report import ApprovalGroup, ApprovalRow
from engine.queries.forecast import Forecast, ForecastRow
from engine.queries.reports import Funnel, LatenessGroup, LatenessRow
from engine.queries.sales_results import SalesResults
from engine.queries.saved_reports import FunnelFigures, ToldReport
from tasks.value_words import ValueWords

MOST_ROWS = 15
"""Of a report in a letter; the rest stands on its page."""

Fact = tuple[str, str]
Say = Callable[[str], str]


class ReportWords:
    """A report in the language of its reader. ``say`` translates a template without places."""

    def __init__(self, told: ToldReport, say: Say, values: ValueWords) -> None:
        self._told, self._say, self._values = told, say, values

    def facts(self) -> Iterator[Fact]:
        """Labels with what stands beside them; the period first."""
        told, say = self._told, self._say
        if told.figures is None:
            return
        yield say(N_("Period")), f"{told.first:%d.%m.%Y} – {told.last:%d.%m.%Y}"
        match told.figures:
            case Forecast() as told_forecast:
                yield from self._forecast(told_forecast)
            case FunnelFigures(found, results):
                yield from self._funnel(found, results)
            case rows:
                yield from self._rows(rows)

    def _funnel(self, found: Funnel, results: SalesResults) -> Iterator[Fact]:
        say = self._say
        yield say(N_("Opened in this period")), str(found.opened)
        sums = {result.value: of_result for result, of_result in results.sums.items()}
        rated = {result.value: results.rates.of_their_days(one) for result, one in results.rated.items()}
        counts = (
            ("won", N_("Won"), found.won),
            ("lost", N_("Lost"), found.lost),
            ("open", N_("In progress"), found.open),
        )
        for result, label, count in counts:
            yield say(label), self._counted(count, sums.get(result, {}), rated.get(result))
        for stage in found.stages[:MOST_ROWS]:
            reached, here = say(N_("reached it: %(num)s")), say(N_("in it now: %(num)s"))
            yield stage.name, f"{reached % {'num': stage.reached}}, {here % {'num': stage.here}}"

    def _forecast(self, found: Forecast) -> Iterator[Fact]:
        say, total, rates = self._say, found.total, found.rates
        yield say(N_("Open deals")), self._counted(total.open, total.sums, rates.of_today(total.sums))
        yield say(N_("May be counted on")), self._values.sums(total.weighted, rates.of_today(total.weighted)) or "0"
        if total.unweighed:
            yield (
                say(N_("none: too few deals have ended to tell")),
                self._values.sums(total.unweighed, rates.of_today(total.unweighed)),
            )
        won, before = rates.of_their_days(total.won_rated), rates.of_their_days(total.won_before_rated)
        yield say(N_("Already won")), self._counted(total.won, total.won_sums, won)
        yield say(N_("Won the period before")), self._counted(total.won_before, total.won_before_sums, before)
        if found.outside.undated:
            yield say(N_("Without a close date: they stand in no month")), str(found.outside.undated)
        for one in found.maps[:MOST_ROWS] if len(found.maps) > 1 else ():
            weighted = one.expected.weighted
            yield one.name, self._counted(one.expected.open, weighted, rates.of_today(weighted))
        for row in found.rows[:MOST_ROWS]:
            weighted = row.expected.weighted
            yield self._name_in_forecast(row), self._counted(row.expected.open, weighted, rates.of_today(weighted))

    def _name_in_forecast(self, row: ForecastRow) -> str:
        if row.months is not None:
            return f"{row.months.first:%m.%Y}"
        return row.name or self._say(N_("No department"))

    def _rows(self, rows: tuple[object, ...]) -> Iterator[Fact]:
        for row in rows[:MOST_ROWS]:
            match row:
                case LatenessRow():
                    parts: list[tuple[str, int]] = [
                        (N_("done: %(num)s"), row.done),
                        (N_("late: %(num)s"), row.done_late),
                        (N_("late now: %(num)s"), row.open_late),
                    ]
                    yield row.name or self._nobody(LatenessGroup.DEPARTMENT.value), self._parts(parts)
                case ApprovalRow():
                    parts = [
                        (N_("asked for: %(num)s"), row.asked),
                        (N_("returned: %(num)s"), row.returned),
                        (N_("waiting: %(num)s"), row.waiting),
                        (N_("late: %(num)s"), row.late),
                    ]
                    yield row.name or self._nobody(ApprovalGroup.DEPARTMENT.value), self._parts(parts)
                case ActivityRow():
                    parts = [(N_("steps done: %(num)s"), row.done), (N_("late: %(num)s"), row.done_late)]
                    won = self._say(N_("won: %(deals)s")) % {"deals": self._deals(row.won)}
                    yield row.name, f"{self._parts(parts)}, {won}"
        if len(rows) > MOST_ROWS:
            yield self._say(N_("More on the page")), str(len(rows) - MOST_ROWS)

    def _nobody(self, department: str) -> str:
        is_department = self._told.row.filters.group_by == department
        return self._say(N_("No department")) if is_department else self._say(N_("Nobody"))

    def _parts(self, parts: list[tuple[str, int]]) -> str:
        return ", ".join(self._say(template) % {"num": count} for template, count in parts)

    def _deals(self, part: DealsCounted) -> str:
        return self._counted(part.count, part.sums, self._told.rates.of_their_days(part.rated))

    def _counted(self, count: int, sums: Mapping[str, Decimal], together: OneSum | None) -> str:
        told = self._values.sums(sums, together)
        return f"{count} · {told}" if told else str(count)


def address_of(told: ToldReport) -> str:
    """The report's page as it is saved, without the host."""
    return f"/reports/saved/{told.row.id}"
