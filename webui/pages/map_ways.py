"""All ways through a map: what no deal reaches, where deals go back, how long the shortest and the longest way take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.bpmn.compiled import CompiledProcess
from engine.errors import MapHasErrors
from engine.policy.all_ways import Move
from engine.policy.ways_found import NeverTaken, Way, WaysFound
from engine.queries.definitions import definition_view
from engine.queries.map_ways import map_ways
from engine.queries.processes import process_of
from webui.deadlines import company_calendar, working_time
from webui.forms.rule_form import rule_fields
from webui.i18n import _
from webui.limits import limiter
from webui.messages import error_text
from webui.outcomes import decided
from webui.request_context import actor, reading
from webui.tellings.words import readable

blueprint = Blueprint("map_ways", __name__, url_prefix="/maps")


@dataclass(frozen=True, slots=True)
class LegLine:
    """A step or an event on a way; ``decision`` is the way chosen there, ``takes`` empty where it takes no time."""

    name: str
    kind: str
    decision: str
    takes: str


@dataclass(frozen=True, slots=True)
class WayLine:
    """``key`` names the way in the address that shows it on the drawing."""

    key: str
    title: str
    won: bool
    takes: str
    legs: tuple[LegLine, ...]
    passed: frozenset[str]


@blueprint.get("/<int:definition_id>/ways")
@limiter.limit("60 per minute")
def show(definition_id: int) -> ResponseReturnValue:
    with reading() as session:
        view = definition_view(session, actor(), definition_id)
        if not view.row.can_run:
            raise MapHasErrors
        found = map_ways(session, actor(), definition_id)
        process = process_of(session, definition_id)
    ways = [*_ways("shortest", found.shortest), *_ways("longest", found.longest)]
    chosen = next((one for one in ways if one.key == request.args.get("way")), None)
    return render_template(
        "maps/ways.html",
        row=view.row,
        found=found,
        ways=ways,
        chosen=chosen,
        walked=chosen.passed if chosen else found.passed,
        badges=list(_badges(found)),
        never_taken=[(one, _tried(one, process)) for one in found.never_taken],
        loops=[(", ".join(map(_after, one.after)), ", ".join(one.back_to)) for one in found.loops],
        failures=[(name, error_text(problem)) for name, problem in found.failures],
    )


def _ways(kind: str, ways: Sequence[Way]) -> Iterator[WayLine]:
    titles = {
        ("shortest", True): _("The shortest way to a won deal"),
        ("shortest", False): _("The shortest way to a lost deal"),
        ("longest", True): _("The longest way to a won deal"),
        ("longest", False): _("The longest way to a lost deal"),
    }
    for way in ways:
        yield WayLine(
            key=f"{kind}-{'won' if way.won else 'lost'}",
            title=titles[kind, way.won],
            won=way.won,
            takes=_working(way.takes) or _("no working time"),
            legs=tuple(LegLine(one.name, one.kind, _decision(one), _working(one.takes)) for one in way.moves),
            passed=way.passed,
        )


def _working(span: timedelta) -> str:
    """Working days and hours; empty for no time."""
    day = company_calendar().day_length
    days, rest = span // day, span % day
    parts = [days * day] if days else []
    parts += [rest] if rest >= timedelta(minutes=1) else []
    return " ".join(working_time(int(one.total_seconds())) for one in parts)


def _decision(move: Move) -> str:
    if move.outcome is None or move.outcome.id == "completed":
        return ""
    return decided(move.outcome.id, (move.outcome,))


def _after(move: Move) -> str:
    decision = _decision(move)
    if decision:
        return _("“%(step)s” (%(decision)s)", step=move.name, decision=decision)
    return _("“%(step)s”", step=move.name)


def _badges(found: WaysFound) -> Iterator[Mapping[str, str]]:
    """What the drawing marks: what no deal reaches."""
    for one in found.never_reached:
        yield {"element": one.element_id, "severity": "warning", "text": _("No deal comes here.")}


def _tried(taken: NeverTaken, process: CompiledProcess) -> str:
    """The values for which the condition was asked, in words."""
    labels = {field.name: field.label for field in rule_fields(process)}
    return "; ".join(
        f"{labels.get(name, name)}: {', '.join(map(readable, values))}" for name, values in taken.tried.items()
    )
