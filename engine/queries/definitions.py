"""Sales maps: all of them with their versions, one version, its file, and which a deal can be opened with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Row, Select, func, select
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
    running_deals: int
    can_run: bool


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """A map under its key; ``name`` is the newest version's. ``versions`` are newest first."""

    key: str
    name: str
    versions: tuple[DefinitionVersion, ...]

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


def definitions(session: Session, actor: Actor) -> tuple[DefinitionRow, ...]:
    """All maps by name. Raises NotFound for those to whom maps are not open."""
    ensure_sees(actor, Ability.SEE_MAPS)
    by_key: dict[str, list[DefinitionVersion]] = {}
    statement = _versions().order_by(ProcessDefinition.key, ProcessDefinition.version.desc())
    for version in _read(session, statement):
        by_key.setdefault(version.key, []).append(version)
    rows = [DefinitionRow(key, versions[0].name, tuple(versions)) for key, versions in by_key.items()]
    return tuple(sorted(rows, key=lambda row: (sort_key(row.name), row.key)))


def versions_of_map(session: Session, actor: Actor, key: str) -> tuple[DefinitionVersion, ...]:
    """Newest first; none for an unknown key. Raises NotFound for those to whom maps are not open."""
    ensure_sees(actor, Ability.SEE_MAPS)
    wanted = _versions().where(ProcessDefinition.key == key).order_by(ProcessDefinition.version.desc())
    return tuple(_read(session, wanted))


def definition_view(session: Session, actor: Actor, definition_id: int) -> DefinitionView:
    """Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    return view_of(session, definition_id)


def view_of(session: Session, definition_id: int) -> DefinitionView:
    """The version, whoever asks: the caller has looked at what may be seen of it. Raises NotFound."""
    key = select(ProcessDefinition.key).where(ProcessDefinition.id == definition_id).scalar_subquery()
    of_map = _versions().where(ProcessDefinition.key == key).order_by(ProcessDefinition.version.desc())
    versions = _read(session, of_map)
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


def _versions() -> Select[*tuple[Any, ...]]:
    # Counted in one look at all deals: no index leads to those of a version, and each version would look at them all.
    running = (
        select(ProcessInstance.definition_id, func.count().label("deals"))
        .where(ProcessInstance.state.in_((InstanceState.RUNNING, InstanceState.SUSPENDED)))
        .group_by(ProcessInstance.definition_id)
        .subquery("running")
    )
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
        )
        .outerjoin(running, running.c.definition_id == ProcessDefinition.id)
        .outerjoin(_CreatedBy, _CreatedBy.id == ProcessDefinition.created_by_id)
        .outerjoin(_PublishedBy, _PublishedBy.id == ProcessDefinition.published_by_id)
    )


def _read(session: Session, statement: Select[*tuple[Any, ...]]) -> list[DefinitionVersion]:
    return [_version(row) for row in session.execute(statement)]


def _version(row: Row[*tuple[Any, ...]]) -> DefinitionVersion:
    severities = Counter(
        Severity.ERROR.value if finding["code"] in NEEDED_TO_PUBLISH else finding["severity"]
        for finding in row.findings
    )
    values = row._asdict()
    del values["findings"]
    return DefinitionVersion(
        **values | {"created_by_name": row.created_by_name or "", "published_by_name": row.published_by_name or ""},
        errors=severities[Severity.ERROR.value],
        warnings=severities[Severity.WARNING.value],
    )
