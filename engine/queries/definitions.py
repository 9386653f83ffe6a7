"""Sales maps: all of them with their versions, one version, its file, and which a deal can be opened with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Row, Select, Subquery, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.alphabet import sort_key
from engine.bpmn.compiled import CallRule, CompiledProcess, Stage, StepDefinition
from engine.bpmn.dmn.model import Decision
from engine.bpmn.findings import Finding, Severity
from engine.bpmn.purpose import purpose_of
from engine.errors import N_, NotFound
from engine.model.deal import Deal
from engine.model.person import Person
from engine.model.process_definition import DefinitionFile, DefinitionState, DiscardedDraft, ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.policy.permissions import Ability, Actor, may
from engine.queries.processes import element_name, process_of
from engine.queries.scopes import ensure_sees, visible_deals

NEEDED_TO_PUBLISH = frozenset({"STAGE_MISSING", "DEADLINE_MISSING", "RESPONSIBLE_MISSING"})
"""Codes of what a map may lack while it is drawn, and no deal can do without: they count as errors."""

_CreatedBy = aliased(Person)
_PublishedBy = aliased(Person)


class DraftDiscarded(NotFound):
    """The version was a draft, and somebody threw it away. ``params``: ``name``, ``version``, ``by``, ``at``."""

    code: ClassVar[str] = "draft_discarded"
    template: ClassVar[str] = N_("Version %(version)s of “%(name)s” was a draft and was thrown away by %(by)s, %(at)s.")


@dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """``running_deals`` still follow this version. ``can_run``: it was compiled, whatever warnings remain.

    ``published_note`` says why it was published, if anybody said so.
    """

    id: int
    key: str
    version: int
    name: str
    state: DefinitionState
    created_at: datetime
    created_by_name: str
    published_at: datetime | None
    published_by_name: str
    published_note: str
    retired_at: datetime | None
    errors: int
    warnings: int
    notices: int
    running_deals: int
    can_run: bool


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """A map under its key; ``name`` is the newest version's.

    ``versions`` are some of ``all_versions``, newest first.
    """

    key: str
    name: str
    versions: tuple[DefinitionVersion, ...]
    all_versions: int

    @property
    def published(self) -> DefinitionVersion | None:
        return next((one for one in self.versions if one.state is DefinitionState.PUBLISHED), None)


@dataclass(frozen=True, slots=True)
class DefinitionFileRow:
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class DefinitionDecision:
    """A decision of the map. ``tasks`` are the names of the business rule tasks that make it; ``needed_by`` decisions.

    ``element_ids`` are the tasks' ids in the executed form.
    """

    decision: Decision
    tasks: tuple[str, ...]
    element_ids: tuple[str, ...]
    needed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DefinitionView:
    """``steps``, ``stages``, ``decisions`` and ``calls`` are empty while errors stand against compiling the version.

    ``versions`` are those of its map, the newest first, itself among them. ``called`` are the maps that are part of
    this version, ``callers`` the published maps of which this one is.
    """

    row: DefinitionVersion
    versions: tuple[DefinitionVersion, ...]
    steps: tuple[StepDefinition, ...]
    stages: tuple[Stage, ...]
    decisions: tuple[DefinitionDecision, ...]
    calls: tuple[DefinitionCall, ...]
    findings: tuple[Finding, ...]
    files: tuple[DefinitionFileRow, ...]
    called: tuple[LinkedMap, ...]
    callers: tuple[LinkedMap, ...]


@dataclass(frozen=True, slots=True)
class DefinitionCall:
    """A step that a program does. ``source_id`` is its id in the owner's file."""

    source_id: str
    name: str
    rule: CallRule


@dataclass(frozen=True, slots=True)
class LinkedMap:
    """A version of another map. ``id`` is None for one that was never published here: the shipped one serves."""

    key: str
    name: str
    version: int | None
    id: int | None


@dataclass(frozen=True, slots=True)
class StartableDefinition:
    id: int
    key: str
    name: str
    version: int


def definitions(session: Session, actor: Actor, *, newest: int) -> tuple[DefinitionRow, ...]:
    """All maps by name, each with its ``newest`` versions and those older ones that are published or have deals.

    Raises NotFound for those to whom maps are not open.
    """
    ensure_sees(actor, Ability.SEE_MAPS)
    of_map = func.count().over(partition_by=ProcessDefinition.key)
    newest_first = func.row_number().over(partition_by=ProcessDefinition.key, order_by=ProcessDefinition.version.desc())
    placed = select(ProcessDefinition.id, newest_first.label("place"), of_map.label("all")).subquery("placed")
    running = _running()
    statement = (
        _versions(running, placed.c.all.label("of_map"))
        .join(placed, placed.c.id == ProcessDefinition.id)
        .where(
            or_(
                placed.c.place <= newest,
                ProcessDefinition.state == DefinitionState.PUBLISHED,
                running.c.deals.is_not(None),
            )
        )
        .order_by(ProcessDefinition.key, ProcessDefinition.version.desc())
    )
    by_key: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    for row in session.execute(statement):
        by_key.setdefault(row.key, []).append(row)
    rows = [
        DefinitionRow(key, of[0].name, tuple(_version(one) for one in of), of[0].of_map) for key, of in by_key.items()
    ]
    return tuple(sorted(rows, key=lambda row: (sort_key(row.name), row.key)))


def map_names(session: Session, actor: Actor) -> dict[str, str]:
    """By key in the order of names, each as its newest version is called. Raises NotFound as ``definitions``."""
    ensure_sees(actor, Ability.SEE_MAPS)
    versions = select(ProcessDefinition.key, ProcessDefinition.name).order_by(ProcessDefinition.version)
    newest = dict(session.execute(versions).all())
    return dict(sorted(newest.items(), key=lambda one: (sort_key(one[1]), one[0])))


def version_ids(
    session: Session, actor: Actor, *, key: str | None = None, state: DefinitionState | None = None
) -> list[int]:
    """All versions, of one map or in one state: by the maps' names, the newest first. Raises NotFound as before."""
    ensure_sees(actor, Ability.SEE_MAPS)
    versions = select(ProcessDefinition.id, ProcessDefinition.key, ProcessDefinition.name, ProcessDefinition.state)
    of_map: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    for row in session.execute(versions.order_by(ProcessDefinition.version.desc())):
        of_map.setdefault(row.key, []).append(row)
    in_order = sorted(of_map.values(), key=lambda rows: (sort_key(rows[0].name), rows[0].key))
    return [row.id for rows in in_order for row in rows if key in (None, row.key) and state in (None, row.state)]


def versions_of(session: Session, actor: Actor, ids: Sequence[int]) -> tuple[DefinitionVersion, ...]:
    """Versions in the order of their ids as given. Raises NotFound as before."""
    ensure_sees(actor, Ability.SEE_MAPS)
    found = _read(session, ProcessDefinition.id.in_(ids))
    by_id = {one.id: one for one in found}
    return tuple(by_id[one] for one in ids if one in by_id)


def versions_of_map(session: Session, actor: Actor, key: str) -> tuple[DefinitionVersion, ...]:
    """Newest first; none for an unknown key. Raises NotFound for those to whom maps are not open."""
    ensure_sees(actor, Ability.SEE_MAPS)
    return tuple(_read(session, ProcessDefinition.key == key))


def definition_view(session: Session, actor: Actor, definition_id: int) -> DefinitionView:
    """Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    return view_of(session, definition_id)


def view_of(session: Session, definition_id: int) -> DefinitionView:
    """The version, whoever asks: the caller has looked at what may be seen of it. Raises NotFound."""
    key = select(ProcessDefinition.key).where(ProcessDefinition.id == definition_id).scalar_subquery()
    versions = _read(session, ProcessDefinition.key == key)
    row = next((one for one in versions if one.id == definition_id), None)
    if row is None:
        raise missing_definition(session, definition_id)
    findings = session.scalar(select(ProcessDefinition.findings).where(ProcessDefinition.id == definition_id)) or []
    files = session.execute(
        select(DefinitionFile.name, DefinitionFile.sha256, func.length(DefinitionFile.content))
        .where(DefinitionFile.definition_id == definition_id)
        .order_by(DefinitionFile.id)
    )
    process = process_of(session, definition_id) if row.can_run else None
    return DefinitionView(
        row=row,
        versions=tuple(versions),
        steps=tuple(process.steps.values()) if process else (),
        stages=tuple(sorted(process.stages, key=lambda stage: stage.position)) if process else (),
        decisions=_decisions(process) if process else (),
        calls=tuple(
            DefinitionCall(rule.source_id or element_id, element_name(process, element_id), rule)
            for element_id, rule in process.calls.items()
        )
        if process
        else (),
        findings=tuple(Finding.model_validate(finding) for finding in findings),
        files=tuple(DefinitionFileRow(*row) for row in files),
        called=_called(session, definition_id),
        callers=tuple(LinkedMap(one.key, one.name, one.version, one.id) for one in published_callers(session, row.key)),
    )


def discarded_draft(session: Session, actor: Actor, definition_id: int) -> DiscardedDraft:
    """What is kept of a draft that was thrown away. Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    found = session.get(DiscardedDraft, definition_id)
    if found is None:
        raise NotFound
    return found


def kept_definition(session: Session, definition_id: int) -> ProcessDefinition:
    """A version that the caller wrote, perhaps some time ago. Raises DraftDiscarded where it was thrown away since."""
    found = session.get(ProcessDefinition, definition_id)
    if found is None:
        raise missing_definition(session, definition_id)
    return found


def missing_definition(session: Session, definition_id: int) -> NotFound:
    """Why there is no such version, for whoever sees maps: it was thrown away, or it never was."""
    found = session.execute(
        select(DiscardedDraft, Person.full_name)
        .outerjoin(Person, Person.id == DiscardedDraft.discarded_by_id)
        .where(DiscardedDraft.definition_id == definition_id)
    ).one_or_none()
    if found is None:
        return NotFound()
    draft, by = found
    return DraftDiscarded(name=draft.name, version=draft.version, by=by or "", at=draft.discarded_at)


def published_callers(session: Session, key: str) -> list[ProcessDefinition]:
    """The published maps that a map is part of, directly or through another; a map before those that call it."""
    published = session.scalars(
        select(ProcessDefinition)
        .where(
            ProcessDefinition.state == DefinitionState.PUBLISHED,
            ProcessDefinition.key != key,
            ProcessDefinition.compiled.is_not(None),
        )
        .order_by(ProcessDefinition.id)
    )
    called_keys = {one: process_of(session, one.id).called_keys for one in published}
    # Who calls a map has all that the map calls, and the map itself.
    return sorted((one for one, keys in called_keys.items() if key in keys), key=lambda one: len(called_keys[one]))


def published_versions(session: Session, keys: Iterable[str]) -> dict[str, int]:
    """The numbers of the published versions by key; a map of which none is published is left out."""
    rows = session.execute(
        select(ProcessDefinition.key, ProcessDefinition.version).where(
            ProcessDefinition.key.in_(keys), ProcessDefinition.state == DefinitionState.PUBLISHED
        )
    )
    return dict(rows.all())


def _called(session: Session, definition_id: int) -> tuple[LinkedMap, ...]:
    definition = session.get_one(ProcessDefinition, definition_id)
    if definition.compiled is None:
        return ()
    keys = process_of(session, definition_id).called_keys
    versions = session.scalars(
        select(ProcessDefinition).where(ProcessDefinition.key.in_(keys)).order_by(ProcessDefinition.version)
    ).all()
    known = {one.key: one for one in versions if one.version == definition.called.get(one.key)}
    return tuple(
        LinkedMap(key, known[key].name, known[key].version, known[key].id)
        if key in known
        else LinkedMap(key, key, None, None)
        for key in keys
    )


def _decisions(process: CompiledProcess) -> tuple[DefinitionDecision, ...]:
    """Those that tasks make first, then those that these need."""
    found = []
    for key, decision in process.decisions.items():
        made_by = [element_id for element_id, task in process.decision_tasks.items() if task.decision == key]
        found.append(
            DefinitionDecision(
                decision=decision,
                tasks=tuple(process.elements.get(element_id) or element_id for element_id in made_by),
                element_ids=tuple(made_by),
                needed_by=tuple(one.title for one in process.decisions.values() if key in one.required),
            )
        )
    return tuple(sorted(found, key=lambda one: not one.tasks))


def definition_xml(session: Session, actor: Actor, definition_id: int) -> tuple[str, bytes]:
    """Name and bytes of the map's own file, as it came. Raises NotFound.

    Open to those who see maps, and to those who see a deal that follows this version.
    """
    statement = (
        select(DefinitionFile.name, DefinitionFile.content)
        .where(DefinitionFile.definition_id == definition_id)
        .order_by(DefinitionFile.id)
        .limit(1)
    )
    if not may(actor, Ability.SEE_MAPS):
        followed = (
            select(ProcessInstance.id)
            .join(Deal, Deal.id == ProcessInstance.deal_id)
            .where(ProcessInstance.definition_id == definition_id, visible_deals(actor))
        )
        statement = statement.where(followed.exists())
    file = session.execute(statement).one_or_none()
    if file is None:
        raise NotFound
    return file.name, file.content


@dataclass(frozen=True, slots=True)
class MapInForce:
    """A published map as those see it who work by it."""

    id: int
    key: str
    name: str
    version: int
    published_at: datetime | None
    published_note: str
    purpose: str
    stages: tuple[str, ...]
    steps: int


def maps_in_force(session: Session) -> tuple[MapInForce, ...]:
    """The published maps by name. Open to everybody, as their handbooks are: one has to know by what one works."""
    rows = session.execute(
        select(ProcessDefinition, DefinitionFile.content)
        .join(DefinitionFile, DefinitionFile.definition_id == ProcessDefinition.id)
        .where(ProcessDefinition.state == DefinitionState.PUBLISHED)
        .order_by(ProcessDefinition.key, DefinitionFile.id.desc())
    )
    found: dict[str, MapInForce] = {}
    for one, content in rows:  # of several files the first one, which holds the map, is read last
        process = process_of(session, one.id)
        found[one.key] = MapInForce(
            id=one.id,
            key=one.key,
            name=one.name,
            version=one.version,
            published_at=one.published_at,
            published_note=one.published_note,
            purpose=purpose_of(content, one.key),
            stages=tuple(stage.name for stage in sorted(process.stages, key=lambda stage: stage.position)),
            steps=len(process.steps),
        )
    return tuple(sorted(found.values(), key=lambda one: (sort_key(one.name), one.key)))


def startable_definitions(session: Session, actor: Actor) -> tuple[StartableDefinition, ...]:
    """The published maps by name, for those who may open deals; the others can start none."""
    if not may(actor, Ability.OPEN_DEAL):
        return ()
    rows = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.key, ProcessDefinition.name, ProcessDefinition.version)
        .where(ProcessDefinition.state == DefinitionState.PUBLISHED)
        .order_by(ProcessDefinition.version)
    )
    newest = {row.key: StartableDefinition(*row) for row in rows}
    return tuple(sorted(newest.values(), key=lambda one: (sort_key(one.name), one.key)))


def _running(*conditions: ColumnElement[bool]) -> Subquery:
    """How many deals follow each version, of those of ``conditions`` alone: counted in one look at all of them."""
    return (
        select(ProcessInstance.definition_id, func.count().label("deals"))
        .where(ProcessInstance.state.in_((InstanceState.RUNNING, InstanceState.SUSPENDED)), *conditions)
        .group_by(ProcessInstance.definition_id)
        .subquery("running")
    )


def _versions(running: Subquery, *beside: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            ProcessDefinition.id,
            ProcessDefinition.key,
            ProcessDefinition.version,
            ProcessDefinition.name,
            ProcessDefinition.state,
            ProcessDefinition.created_at,
            _CreatedBy.full_name.label("created_by_name"),
            ProcessDefinition.published_at,
            _PublishedBy.full_name.label("published_by_name"),
            ProcessDefinition.published_note,
            ProcessDefinition.retired_at,
            ProcessDefinition.findings,
            func.coalesce(running.c.deals, 0).label("running_deals"),
            ProcessDefinition.compiled.is_not(None).label("can_run"),
            *beside,
        )
        .outerjoin(running, running.c.definition_id == ProcessDefinition.id)
        .outerjoin(_CreatedBy, _CreatedBy.id == ProcessDefinition.created_by_id)
        .outerjoin(_PublishedBy, _PublishedBy.id == ProcessDefinition.published_by_id)
    )


def _read(session: Session, wanted: ColumnElement[bool]) -> list[DefinitionVersion]:
    """The newest first."""
    of_these = ProcessInstance.definition_id.in_(select(ProcessDefinition.id).where(wanted).correlate(None))
    statement = _versions(_running(of_these)).where(wanted).order_by(ProcessDefinition.version.desc())
    return [_version(row) for row in session.execute(statement)]


def _version(row: Row[*tuple[Any, ...]]) -> DefinitionVersion:
    severities = Counter(
        Severity.ERROR.value if finding["code"] in NEEDED_TO_PUBLISH else finding["severity"]
        for finding in row.findings
    )
    values = row._asdict()
    del values["findings"]
    values.pop("of_map", None)
    return DefinitionVersion(
        **values | {"created_by_name": row.created_by_name or "", "published_by_name": row.published_by_name or ""},
        errors=severities[Severity.ERROR.value],
        warnings=severities[Severity.WARNING.value],
        notices=severities[Severity.INFO.value],
    )
