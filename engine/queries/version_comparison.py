"""Two versions of a map beside each other: what differs, where in the drawings, and how deals went on each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.picture import Picture, moved_elements, read_picture
from engine.bpmn.version_difference import Difference, Mark, same_steps, version_difference
from engine.errors import NotFound
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability, Actor
from engine.queries.definitions import DefinitionVersion, definition_xml, versions_of_map
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees

_WEIGHT = (Mark.MOVED, Mark.CHANGED, Mark.REMOVED, Mark.ADDED)  # the last of those that fit is shown


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """``old`` and ``new`` of the same map; ``versions`` are all of it, newest first.

    The processes are None where errors stand against one of the two: then ``differences`` is empty, and only the
    drawings are compared. ``marks_before`` and ``marks_now`` mark elements of the owners' drawings by their ids.
    """

    old: DefinitionVersion
    new: DefinitionVersion
    versions: tuple[DefinitionVersion, ...]
    old_process: CompiledProcess | None = None
    new_process: CompiledProcess | None = None
    differences: tuple[Difference, ...] = ()
    moved: tuple[str, ...] = ()
    marks_before: Mapping[str, Mark] = field(default_factory=dict)
    marks_now: Mapping[str, Mark] = field(default_factory=dict)

    @property
    def elements(self) -> frozenset[str]:
        """The ids of the steps of both."""
        return frozenset(key for one in (self.old_process, self.new_process) if one is not None for key in one.steps)


def key_of_map(session: Session, actor: Actor, definition_id: int) -> str:
    """Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    key = session.scalar(select(ProcessDefinition.key).where(ProcessDefinition.id == definition_id))
    if key is None:
        raise NotFound
    return key


def compare_versions(
    session: Session, actor: Actor, key: str, *, since: int | None = None, until: int | None = None
) -> VersionComparison:
    """The versions numbered ``since`` and ``until`` of a map.

    Without ``until``: its newest. Without ``since``: the published one before that, else the one before it; a map with
    a single version is compared with itself. Raises NotFound.
    """
    versions = versions_of_map(session, actor, key)
    if not versions:
        raise NotFound
    new = _numbered(versions, until) if until is not None else versions[0]
    old = _numbered(versions, since) if since is not None else _before(versions, new)
    return _compared(session, actor, versions, old, new)


def changes_between(session: Session, actor: Actor, old_id: int, new_id: int) -> VersionComparison:
    """Two versions by their ids. Raises NotFound, also when they are of different maps."""
    versions = versions_of_map(session, actor, key_of_map(session, actor, new_id))
    by_id = {one.id: one for one in versions}
    if old_id not in by_id:
        raise NotFound
    return _compared(session, actor, versions, by_id[old_id], by_id[new_id])


def _compared(
    session: Session,
    actor: Actor,
    versions: tuple[DefinitionVersion, ...],
    old: DefinitionVersion,
    new: DefinitionVersion,
) -> VersionComparison:
    drawn, drawn_now = (read_picture(definition_xml(session, actor, one.id)[1]) for one in (old, new))
    moved = moved_elements(drawn, drawn_now)
    before, now = _drawn_marks(drawn, drawn_now, moved)
    if not (old.can_run and new.can_run):
        return VersionComparison(old, new, versions, moved=tuple(sorted(moved)), marks_before=before, marks_now=now)
    processes = process_of(session, old.id), process_of(session, new.id)
    differences = version_difference(*processes)
    _mark_steps_drawn_anew(*processes, before, now)
    for one in differences:
        for marks, element_id in ((before, one.before_id), (now, one.now_id)):
            if element_id:
                _mark(marks, element_id, one.mark)
    return VersionComparison(old, new, versions, *processes, differences, tuple(sorted(moved)), before, now)


def _numbered(versions: tuple[DefinitionVersion, ...], number: int) -> DefinitionVersion:
    found = next((one for one in versions if one.version == number), None)
    if found is None:
        raise NotFound
    return found


def _before(versions: tuple[DefinitionVersion, ...], new: DefinitionVersion) -> DefinitionVersion:
    earlier = [one for one in versions if one.version < new.version]
    lived = [one for one in earlier if one.published_at is not None]
    return next(iter(lived), next(iter(earlier), new))


def _drawn_marks(old: Picture, new: Picture, moved: frozenset[str]) -> tuple[dict[str, Mark], dict[str, Mark]]:
    before, now = old.words_by_id(), new.words_by_id()
    marks_before = {key: Mark.REMOVED for key in before if key not in now}
    marks_now = {key: Mark.ADDED for key in now if key not in before}
    for key in before.keys() & now.keys():
        if before[key] != now[key]:
            marks_before[key] = marks_now[key] = Mark.CHANGED
        elif key in moved:
            marks_before[key] = marks_now[key] = Mark.MOVED
    return marks_before, marks_now


def _mark_steps_drawn_anew(
    old: CompiledProcess, new: CompiledProcess, before: dict[str, Mark], now: dict[str, Mark]
) -> None:
    """A step that only got another id in the file is neither removed nor added."""
    for old_id, new_id in same_steps(old.steps, new.steps).items():
        ids = old.steps[old_id].source_id, new.steps[new_id].source_id
        if ids[0] != ids[1]:
            before.pop(ids[0], None)
            now.pop(ids[1], None)


def _mark(marks: dict[str, Mark], element_id: str, mark: Mark) -> None:
    known = marks.get(element_id)
    if known is None or _WEIGHT.index(mark) > _WEIGHT.index(known):
        marks[element_id] = mark
