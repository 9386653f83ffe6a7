"""Two versions of a map beside each other: on the drawing, in words, and by how deals went on each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.alphabet import sort_key
from engine.bpmn.version_difference import Mark, same_steps
from engine.errors import NotFound
from engine.queries.version_comparison import VersionComparison, compare_versions, key_of_map
from engine.queries.version_figures import ENOUGH_DEALS, Timing, VersionFigures, version_figures
from webui.deadlines import brief_span, working_span
from webui.forms.typed_values import read_id
from webui.i18n import _
from webui.map_difference import MARKS, DifferenceGroup, difference_groups
from webui.periods import end_of, iso_date, start_of
from webui.request_context import actor, reading

blueprint = Blueprint("map_versions", __name__, url_prefix="/maps")

_LARGEST_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class StepTimes:
    """A step of either version; its working time in each."""

    name: str
    old: Timing
    new: Timing


@blueprint.get("/<int:definition_id>/compare")
def compare(definition_id: int) -> ResponseReturnValue:
    """Versions ``from`` and ``to``, by their numbers, of the map that the definition is a version of."""
    with reading() as session:
        key = key_of_map(session, actor(), definition_id)
    return _compare(key)


@blueprint.get("/<string:key>/compare")
def compare_by_key(key: str) -> ResponseReturnValue:
    return _compare(key)


def _compare(key: str) -> ResponseReturnValue:
    closed_from, closed_to = iso_date(request.args.get("closed_from", "")), iso_date(request.args.get("closed_to", ""))
    with reading() as session:
        comparison = compare_versions(session, actor(), key, since=_version("from"), until=_version("to"))
        figures = version_figures(
            session,
            actor(),
            (comparison.old.id, comparison.new.id),
            elements=comparison.elements,
            since=start_of(closed_from),
            until=end_of(closed_to),
        )
    old, new = comparison.old_process, comparison.new_process
    groups = difference_groups(comparison.differences, old, new) if old is not None and new is not None else ()
    before, now = figures[comparison.old.id], figures[comparison.new.id]
    return render_template(
        "maps/compare.html",
        comparison=comparison,
        old=comparison.old,
        new=comparison.new,
        groups=groups,
        moved=_moved(comparison),
        marks_before=_drawn(comparison.marks_before, groups, now=False),
        marks_now=_drawn(comparison.marks_now, groups, now=True),
        looks=MARKS,
        shown_marks={*comparison.marks_before.values(), *comparison.marks_now.values()},
        figures=((comparison.old, before), (comparison.new, now)),
        step_times=_step_times(comparison, before, now),
        closed_from=closed_from,
        closed_to=closed_to,
        enough=ENOUGH_DEALS,
        brief_span=brief_span,
        working_span=working_span,
    )


def _version(name: str) -> int | None:
    """A version's number out of the address; None where none is given. Raises NotFound for what is no number."""
    text = request.args.get(name, "")
    number = read_id(text)
    if text and (number is None or number > _LARGEST_VERSION):
        raise NotFound
    return number


def _drawn(marks: Mapping[str, Mark], groups: Iterable[DifferenceGroup], *, now: bool) -> list[dict[str, str]]:
    """What the viewer marks, with the words about it."""
    said: dict[str, list[str]] = {}
    for group in groups:
        for line in group.lines:
            element_id = line.difference.now_id if now else line.difference.before_id
            said.setdefault(element_id, []).extend(line.sentences)
    return [
        {"element": element_id, "mark": mark.value, "text": "\n".join(said.get(element_id, ())) or _(MARKS[mark][0])}
        for element_id, mark in marks.items()
    ]


def _moved(comparison: VersionComparison) -> list[str]:
    """Names of what only stands elsewhere in the drawing."""
    process = comparison.new_process
    if process is None:
        return []
    names = {step.source_id: step.name for step in process.steps.values()} | dict(process.elements)
    only = (one for one in comparison.moved if comparison.marks_now.get(one) is Mark.MOVED)
    return sorted({name for one in only if (name := names.get(one))}, key=sort_key)


def _step_times(comparison: VersionComparison, before: VersionFigures, now: VersionFigures) -> list[StepTimes]:
    """In the new version's order, then those that only the old one has; without those that nobody completed."""
    old, new = comparison.old_process, comparison.new_process
    if old is None or new is None:
        return []
    same = {new_id: old_id for old_id, new_id in same_steps(old.steps, new.steps).items()}
    nothing = Timing()
    rows = [
        StepTimes(step.name, before.steps.get(same.get(key, ""), nothing), now.steps.get(key, nothing))
        for key, step in new.steps.items()
    ]
    gone: list[tuple[str, Any]] = [(key, step) for key, step in old.steps.items() if key not in same.values()]
    rows += [StepTimes(step.name, before.steps.get(key, nothing), nothing) for key, step in gone]
    return [row for row in rows if row.old.count or row.new.count]
