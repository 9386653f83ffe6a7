"""What differs between two versions of a map, over HTTP."""

from __future__ import annotations

from flask import Response

from engine.queries.version_comparison import changes_between
from webui.api.answers import answer
from webui.api.blueprint import api
from webui.api.caller import caller, in_readers_language
from webui.api.models.definitions import (
    ChangeDetail,
    ChangeItem,
    ChangesQuery,
    DefinitionChanges,
    DefinitionPath,
)
from webui.api.tags import MAPS
from webui.map_difference import DifferenceLine, difference_groups
from webui.request_context import reading


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
