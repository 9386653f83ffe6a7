"""Publishing a version of a map, and with it every published map that calls it.

A call activity starts the version that is published when the deal starts, and the deal keeps it. A called map is
compiled into its caller, so a caller is compiled anew when what it calls is published, as a version of its own with the
same files: which version a deal runs on says at once which called versions it runs on. Where this release reads a step
of these files otherwise than the one that compiled them, the owner looks at it first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.bpmn.compile import library_entries
from engine.bpmn.findings import Severity
from engine.clock import Clock
from engine.commands.arranging import take_turn_arranging
from engine.commands.definitions import (
    CheckedMap,
    check_map,
    deploy_definition,
    locked_definition,
    published_sources,
    publishing_findings,
)
from engine.commands.history import record
from engine.db.session import Database
from engine.errors import N_, Conflict, DomainError, MapHasErrors
from engine.events import DefinitionPublished
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.map_rules import rule_finding
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.reading_changes import read_otherwise
from engine.queries.definitions import missing_definition, published_callers, published_versions
from engine.queries.map_rules import rule_runs
from engine.queries.processes import process_of

LONGEST_NOTE = 2_000


class AlreadyPublished(Conflict):
    code: ClassVar[str] = "already_published"
    template: ClassVar[str] = N_("This version is published already.")


class NoteTooLong(DomainError):
    code: ClassVar[str] = "note_too_long"
    template: ClassVar[str] = N_("The note may have up to %(maximum)s characters.")


class CallerCannotFollow(MapHasErrors):
    """A published map calls this one, and could not be executed with the new version. ``findings`` say why."""

    code: ClassVar[str] = "caller_cannot_follow"
    template: ClassVar[str] = N_("The map “%(name)s” calls this one, and cannot be executed with this version.")


@dataclass(frozen=True, slots=True)
class PreparedPublishing:
    """What was compiled before the transaction of publishing begins.

    ``itself`` is the version with the maps that it calls as they are published now; None where it has them already.
    ``callers`` are the published maps that call it, by their versions' ids, with this version in them; each stands
    before those that call it in turn. ``published`` holds the versions of all called maps that were taken.
    """

    itself: CheckedMap | None = None
    callers: Mapping[int, CheckedMap] = field(default_factory=dict)
    published: Mapping[str, int] = field(default_factory=dict)


def prepare_publishing(
    database: Database, definition_id: int, *, shipped: Mapping[str, bytes] | None = None
) -> PreparedPublishing:
    """Compile what publishing makes anew, behind the limits of an upload; writes nothing.

    ``shipped`` are maps that may be called although nobody has published their own, by key.
    """
    with database.read() as session:
        definition = session.get(ProcessDefinition, definition_id)
        if definition is None or definition.compiled is None:
            return PreparedPublishing()  # publishing says what is wrong
        library = {**(shipped or {}), **published_sources(session)}
        rule_runs(session, definition)  # kept in memory: the transaction of publishing only looks at what came of it
        called = process_of(session, definition_id).called_keys
        published = published_versions(session, called)
        own = _files(definition)
        callers = [(one.id, one.key, _files(one)) for one in published_callers(session, definition.key)]
    is_behind = published != definition.called
    itself = check_map(own, library=library, process_key=definition.key) if is_behind else None
    of_others = {name: content for name, content in library.items() if name.partition("/")[0] != definition.key}
    library = {**of_others, **library_entries(definition.key, own)}
    return PreparedPublishing(
        itself=itself,
        callers={one: check_map(files, library=library, process_key=key) for one, key, files in callers},
        published=published,
    )


def publish_definition(
    session: Session,
    definition_id: int,
    *,
    actor: Actor,
    clock: Clock,
    prepared: PreparedPublishing | None = None,
    note: str = "",
) -> ProcessDefinition:
    """Make a version the one that new deals start on, also as part of maps that call it. Running deals keep theirs.

    ``prepared`` is what ``prepare_publishing`` compiled; it may be left out for a map that calls nothing newer than
    itself and that nothing calls. ``note`` says why, for those who look back.

    Gives the version that is live afterwards: another one than asked for, where deals ran on that with older called
    maps. Raises NotFound, NotAllowed, AlreadyPublished, MapHasErrors with everything that stands against it,
    CallerCannotFollow, NoteTooLong, and Conflict when maps were published since ``prepared`` was made.
    """
    ensure_may(actor, Ability.PUBLISH_MAP)
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise NoteTooLong(maximum=LONGEST_NOTE)
    prepared = prepared or PreparedPublishing()
    take_turn_arranging(session)  # a department that the map names must not be put away meanwhile
    _lock_all_concerned(session, definition_id)
    definition = locked_definition(session, definition_id)
    if definition.state is DefinitionState.PUBLISHED:
        raise AlreadyPublished
    _ensure_without_errors(session, definition)
    _ensure_still_so(session, definition, prepared)
    at = clock.now()
    if prepared.itself is not None:
        definition = _with_called_maps_of_today(session, definition, prepared.itself, actor, clock)
    _go_live(session, definition, actor, at, note=note)
    for caller_id, checked in prepared.callers.items():
        caller = session.get_one(ProcessDefinition, caller_id)
        _make_caller_anew(session, caller, definition, checked, actor=actor, clock=clock)
    return definition


def _files(definition: ProcessDefinition) -> dict[str, bytes]:
    return {file.name: file.content for file in definition.files}


def _lock_all_concerned(session: Session, definition_id: int) -> None:
    """Lock every version of the map, of those that call it and of those that it calls, always by number.

    Two that are published at once must not both stay so, nor miss each other.
    """
    definition = session.get(ProcessDefinition, definition_id)
    if definition is None:
        raise missing_definition(session, definition_id)
    called = process_of(session, definition_id).called_keys if definition.compiled is not None else ()
    keys = {definition.key, *called, *(one.key for one in published_callers(session, definition.key))}
    versions = select(ProcessDefinition.id).where(ProcessDefinition.key.in_(keys)).order_by(ProcessDefinition.id)
    session.execute(versions.with_for_update())
    session.expire_all()  # what was read before the locks may have been changed by whoever held them


def _ensure_without_errors(session: Session, definition: ProcessDefinition) -> None:
    standing = tuple(one for one in publishing_findings(session, definition) if one.severity is Severity.ERROR)
    if standing or definition.compiled is None:
        raise MapHasErrors(standing)


def _ensure_still_so(session: Session, definition: ProcessDefinition, prepared: PreparedPublishing) -> None:
    """Raises Conflict when a map that calls this one, or that this one calls, was published meanwhile."""
    callers = {one.id for one in published_callers(session, definition.key)}
    published = published_versions(session, process_of(session, definition.id).called_keys)
    taken = prepared.published if prepared.itself is not None else definition.called
    if callers != prepared.callers.keys() or published != taken:
        raise Conflict


def _with_called_maps_of_today(
    session: Session, definition: ProcessDefinition, checked: CheckedMap, actor: Actor, clock: Clock
) -> ProcessDefinition:
    """The version with the called maps that are published now: itself while no deal can run on it, else a new one."""
    process, findings = checked.outcome.process, checked.outcome.findings
    errors = tuple(one for one in findings if one.severity is Severity.ERROR)
    if process is None or errors:
        raise MapHasErrors(errors)
    if otherwise := read_otherwise(definition.process(), process):
        raise MapHasErrors(otherwise)
    if definition.published_at is not None and process.content_hash != definition.content_hash:
        return deploy_definition(session, checked, actor=actor, clock=clock)
    definition.compiled, definition.content_hash = process.model_dump_json(), process.content_hash
    definition.findings = [one.model_dump(mode="json") for one in findings]
    definition.called = published_versions(session, process.called_keys)
    _ensure_without_errors(session, definition)
    return definition


def _make_caller_anew(
    session: Session,
    caller: ProcessDefinition,
    called: ProcessDefinition,
    checked: CheckedMap,
    *,
    actor: Actor,
    clock: Clock,
) -> None:
    process = checked.outcome.process
    if process is None or called.key not in process.called_keys:
        raise CallerCannotFollow(checked.outcome.findings, name=caller.name)
    if process.content_hash == caller.content_hash:
        caller.called = published_versions(session, process.called_keys)
        return
    if otherwise := read_otherwise(caller.process(), process):
        raise CallerCannotFollow(otherwise, name=caller.name)
    anew = deploy_definition(session, checked, actor=actor, clock=clock)
    broken = tuple(rule_finding(one) for one in rule_runs(session, anew) if not one.passed)
    if broken:
        raise CallerCannotFollow(broken, name=caller.name)
    _go_live(session, anew, actor, clock.now(), because_of=called)


def _go_live(
    session: Session,
    definition: ProcessDefinition,
    actor: Actor,
    at: datetime,
    *,
    because_of: ProcessDefinition | None = None,
    note: str = "",
) -> None:
    session.execute(
        update(ProcessDefinition)
        .where(ProcessDefinition.key == definition.key, ProcessDefinition.state == DefinitionState.PUBLISHED)
        .values(state=DefinitionState.RETIRED, retired_at=at)
    )
    definition.state, definition.published_at = DefinitionState.PUBLISHED, at
    definition.published_by_id, definition.retired_at = actor.recorded_id, None
    definition.published_note = note
    session.flush()
    event = DefinitionPublished(
        key=definition.key,
        version=definition.version,
        called_key=because_of.key if because_of is not None else "",
        called_version=because_of.version if because_of is not None else None,
        note=note,
    )
    record(session, event, actor=actor, at=at)
