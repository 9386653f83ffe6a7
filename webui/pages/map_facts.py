"""How a map goes in work: which of its steps are late, returned or slow, on the drawing and in a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.bpmn.compiled import StepDefinition
from engine.bpmn.deadline_rules import WorkingTime
from engine.errors import N_
from engine.queries.definitions import DefinitionView, definition_view
from engine.queries.step_facts import ENOUGH_STEPS, StepFacts, step_facts
from webui.deadlines import company_calendar, rule_words, working_span
from webui.exports import csv_file, xlsx_file
from webui.formats import local
from webui.i18n import _
from webui.periods import BACK, end_of, iso_date, start_of, usual_periods
from webui.request_context import actor, now, reading

blueprint = Blueprint("map_facts", __name__, url_prefix="/maps")

_OFTEN, _MOSTLY = 20, 50  # of a hundred
_OFTEN_RETURNED = 0.25

_TOO_SHORT = N_("Half of them take longer than the deadline gives: lengthen it, or split the step.")
_MOSTLY_LATE = N_("Most are late: look at who does the step, and at what it waits for.")
_RETURNED = N_("Every fourth is returned: ask for more in the step before it.")
_MOVED = N_("Deals are sent here by hand: the map may lack a way.")


@dataclass(frozen=True, slots=True)
class StepLine:
    """``mark`` colours the step on the drawing; ``advice`` is what its facts suggest, empty where nothing."""

    step: StepDefinition
    facts: StepFacts
    deadline: str
    taken: str
    mark: str
    advice: str

    @property
    def late_percent(self) -> int | None:
        return None if self.facts.share_late is None else round(100 * self.facts.share_late)

    @property
    def weight(self) -> tuple[float, int, int]:
        """The largest first."""
        return self.facts.share_late or 0.0, self.facts.open_late, self.facts.done


@blueprint.get("/<int:definition_id>/facts")
def show(definition_id: int) -> ResponseReturnValue:
    view, lines = _lines(definition_id)
    first, last = _period()
    return render_template(
        "maps/facts.html",
        row=view.row,
        callers=view.callers,
        lines=lines,
        has_done=any(one.facts.done for one in lines),
        marks=[
            {"element": one.step.source_id, "mark": one.mark, "sign": f"{one.late_percent} %", "text": _said(one)}
            for one in lines
            if one.mark and one.step.process_key == view.row.key
        ],
        first=first,
        last=last,
        periods=usual_periods(local(now()).date()),
        enough=ENOUGH_STEPS,
    )


@blueprint.get("/<int:definition_id>/facts.<any(csv, xlsx):kind>")
def export(definition_id: int, kind: str) -> ResponseReturnValue:
    _view, lines = _lines(definition_id)
    header = (
        _("Step"),
        _("Stage"),
        _("Done"),
        _("Done late"),
        _("Returned"),
        _("Takes, median"),
        _("Deadline"),
        _("Open now"),
        _("Late now"),
        _("Sent here by hand"),
        _("What to look at"),
    )
    rows = [
        (
            one.step.name,
            one.step.stage,
            one.facts.done,
            one.facts.late,
            one.facts.returned,
            one.taken,
            one.deadline,
            one.facts.open,
            one.facts.open_late,
            one.facts.moves,
            one.advice,
        )
        for one in lines
    ]
    return (csv_file if kind == "csv" else xlsx_file)("steps", header, rows)


def _lines(definition_id: int) -> tuple[DefinitionView, list[StepLine]]:
    """The steps of the version, the most troubled first, with what is known of them on all versions of the map."""
    first, last = _period()
    with reading() as session:
        view = definition_view(session, actor(), definition_id)
        facts = step_facts(
            session,
            actor(),
            view.row.key,
            elements=[step.element_id for step in view.steps],
            since=start_of(first),
            until=end_of(last),
            now=now(),
        )
    lines = [_line(step, facts.get(step.element_id, StepFacts())) for step in view.steps]
    return view, sorted(lines, key=lambda one: one.weight, reverse=True)


def _line(step: StepDefinition, facts: StepFacts) -> StepLine:
    late = round(100 * (facts.share_late or 0.0))
    return StepLine(
        step=step,
        facts=facts,
        deadline=rule_words(step.deadline) if step.deadline is not None else "",
        taken=working_span(facts.taken.median) if facts.taken.median is not None else "",
        mark="hot" if late >= _MOSTLY else "warm" if late >= _OFTEN else "",
        advice=_(advice) if (advice := _advice(step, facts)) else "",
    )


def _advice(step: StepDefinition, facts: StepFacts) -> str:
    """The first that fits: the longest lever stands first."""
    given, taken = _given(step), facts.taken.median
    if facts.share_late is not None and given is not None and taken is not None and taken > given:
        return _TOO_SHORT
    if 100 * (facts.share_late or 0.0) >= _MOSTLY:
        return _MOSTLY_LATE
    if (facts.share_returned or 0.0) >= _OFTEN_RETURNED:
        return _RETURNED
    return _MOVED if facts.moves >= ENOUGH_STEPS else ""


def _given(step: StepDefinition) -> timedelta | None:
    """The working time that the deadline gives, where it says so."""
    rule = step.deadline
    if not isinstance(rule, WorkingTime):
        return None
    return rule.days * company_calendar().day_length + timedelta(seconds=rule.seconds)


def _said(one: StepLine) -> str:
    late = _("%(late)s of %(done)s were late", late=one.facts.late, done=one.facts.done)
    return f"{one.step.name}: {late}. {one.advice}".strip()


def _period() -> tuple[date, date]:
    today = local(now()).date()
    first = iso_date(request.args.get("from", "")) or today - BACK
    return first, max(first, iso_date(request.args.get("to", "")) or today)
