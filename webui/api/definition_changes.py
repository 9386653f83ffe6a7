"""What differs between two versions of a map, how deals went on each, and how steps go, over HTTP."""

from __future__ import annotations

from flask import Response

from engine.queries.definitions import definition_view
from engine.queries.step_facts import StepFacts, step_facts
from engine.queries.version_comparison import changes_between
from engine.queries.version_figures import Timing, version_figures
from webui.api.answers import answer
from webui.api.blueprint import api
from webui.api.caller import caller, in_readers_language
from webui.api.models.definitions import (
    ChangeDetail,
    ChangeItem,
    ChangesQuery,
    DefinitionChanges,
    DefinitionFigures,
    DefinitionPath,
    FiguresQuery,
    StepFactsItem,
    StepFactsQuery,
    StepFactsReport,
    StepFigures,
    TimingItem,
)
from webui.api.tags import MAPS
from webui.map_difference import DifferenceLine, difference_groups
from webui.request_context import now, reading


@api.get("/definitions/<int:definition_id>/changes", tags=[MAPS], responses={200: DefinitionChanges})
def show_definition_changes(path: DefinitionPath, query: ChangesQuery) -> Response:
    """What this version does otherwise than version `since` of the same map, in the reader's language."""
    with reading() as session:
        comparison = changes_between(session, caller(), query.since, path.definition_id)
    old, new = comparison.old_process, comparison.new_process
    changes: tuple[ChangeItem, ...] = ()
    if old is not None and new is not None:
        with in_readers_language():
            groups = difference_groups(comparison.differences, old, new)
            changes = tuple(_change(line) for group in groups for line in group.lines)
    return answer(
        DefinitionChanges(
            since=comparison.old.version,
            version=comparison.new.version,
            comparable=old is not None and new is not None,
            changes=changes,
            moved=comparison.moved,
        )
    )


@api.get("/definitions/<int:definition_id>/figures", tags=[MAPS], responses={200: DefinitionFigures})
def show_definition_figures(path: DefinitionPath, query: FiguresQuery) -> Response:
    """The share won of finished deals, and the median working time of deals and steps, on this version."""
    version = path.definition_id
    with reading() as session:
        steps = definition_view(session, caller(), version).steps
        elements = [one.element_id for one in steps]
        figures = version_figures(
            session, caller(), (version,), elements=elements, since=query.since, until=query.until
        )[version]
    return answer(
        DefinitionFigures(
            won=figures.won,
            lost=figures.lost,
            cancelled=figures.cancelled,
            share_won=figures.share_won,
            enough=figures.is_enough,
            time_to_win=_timing(figures.time_to_win),
            time_to_lose=_timing(figures.time_to_lose),
            steps=tuple(
                StepFigures(element_id=one.source_id, name=one.name, time=_timing(figures.steps[one.element_id]))
                for one in steps
                if one.element_id in figures.steps
            ),
        )
    )


@api.get("/definitions/<int:definition_id>/facts", tags=[MAPS], responses={200: StepFactsReport})
def show_step_facts(path: DefinitionPath, query: StepFactsQuery) -> Response:
    """How often the steps of this version were done, late and returned, and how long they take, on any version."""
    with reading() as session:
        view = definition_view(session, caller(), path.definition_id)
        elements = [step.element_id for step in view.steps]
        found = step_facts(
            session, caller(), view.row.key, elements=elements, since=query.since, until=query.until, now=now()
        )
    facts = ((step, found.get(step.element_id, StepFacts())) for step in view.steps)
    return answer(
        StepFactsReport(
            steps=tuple(
                StepFactsItem(
                    element_id=step.source_id,
                    name=step.name,
                    done=one.done,
                    late=one.late,
                    returned=one.returned,
                    open=one.open,
                    open_late=one.open_late,
                    moves=one.moves,
                    share_late=one.share_late,
                    time=_timing(one.taken),
                )
                for step, one in facts
            )
        )
    )


def _timing(timing: Timing) -> TimingItem:
    seconds = int(timing.median.total_seconds()) if timing.median is not None else None
    return TimingItem(median_s=seconds, count=timing.count)


def _change(line: DifferenceLine) -> ChangeItem:
    difference = line.difference
    return ChangeItem(
        part=difference.part,
        mark=difference.mark,
        name=difference.name,
        before_id=difference.before_id,
        now_id=difference.now_id,
        text=line.sentences,
        details=tuple(ChangeDetail(what=one.what, before=one.before, now=one.now) for one in line.changes),
    )
