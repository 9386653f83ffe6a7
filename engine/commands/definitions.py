"""Process definitions: check, deploy, retire, and what stands against publishing one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.bpmn.archive import Archive, is_archive, is_document_file, read_archive
from engine.bpmn.compile import CompileOutcome, ProcessProposal, library_entries
from engine.bpmn.compile_child import compile_in_child
from engine.bpmn.compiled import ConnectorKind, Distribution, StepDefinition
from engine.bpmn.deadline_rules import EscalationLadder
from engine.bpmn.element_ids import called_by_file
from engine.bpmn.escalation_text import names_holder, names_own_head
from engine.bpmn.findings import Finding, Severity
from engine.bpmn.safe_xml import XmlRefused
from engine.bpmn.templates import secrets_in
from engine.bpmn.values_read import values_read
from engine.clock import Clock
from engine.commands.history import record
from engine.commands.step_opening import members_of
from engine.errors import N_, Conflict, DomainError
from engine.events import DefinitionDeployed, DefinitionRetired
from engine.model.own_field import FieldSubject
from engine.model.process_definition import DefinitionFile, DefinitionState, DiscardedDraft, ProcessDefinition
from engine.policy.assignment import resolve_assignment, resolve_name
from engine.policy.map_rules import rule_finding
from engine.policy.own_fields import CLIENT_ROOT, COLUMNS
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.call_permits import is_allowed, secrets_for
from engine.queries.definitions import NEEDED_TO_PUBLISH, missing_definition, published_versions
from engine.queries.directories import directory
from engine.queries.map_rules import rule_runs
from engine.queries.own_fields import own_fields
from engine.queries.processes import process_of

_LONGEST_LIST = 200  # letters of the names of files that are not read


class MapRejected(DomainError):
    """The files hold no map at all: nothing is stored. ``findings`` say why."""

    code: ClassVar[str] = "map_rejected"
    template: ClassVar[str] = N_("This is not a sales map that can be read.")

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__()
        self.findings = findings


class NotPublished(Conflict):
    code: ClassVar[str] = "not_published"
    template: ClassVar[str] = N_("This version is not the published one.")


@dataclass(frozen=True, slots=True)
class CheckedMap:
    """Uploaded files, byte for byte, with what was made of them. ``library`` holds the published maps they may call."""

    files: Mapping[str, bytes]
    outcome: CompileOutcome
    library: Mapping[str, bytes] = field(default_factory=dict)


def published_sources(session: Session) -> dict[str, bytes]:
    """The owner's file of every published map, by key, and its decision tables: what a call activity may call."""
    rows = session.execute(
        select(ProcessDefinition.key, DefinitionFile.name, DefinitionFile.content)
        .join(DefinitionFile, DefinitionFile.definition_id == ProcessDefinition.id)
        .where(ProcessDefinition.state == DefinitionState.PUBLISHED)
        .order_by(DefinitionFile.id)
    )
    files: dict[str, dict[str, bytes]] = {}
    for row in rows:
        files.setdefault(row.key, {})[row.name] = row.content
    return {name: content for key, of_map in files.items() for name, content in library_entries(key, of_map).items()}


def check_map(
    files: Mapping[str, bytes], *, library: Mapping[str, bytes], process_key: str | None = None
) -> CheckedMap:
    """Read and compile the files in a child process with limits. Never raises for what they contain.

    ``process_key`` chooses one of several processes. Of a zip the files inside are kept, byte for byte; the file that
    holds the chosen process comes first.
    """
    unpacked, unread = _unpacked(files)
    outcome = compile_in_child(unpacked, process_key=process_key, library=library)
    outcome = outcome.model_copy(update={"findings": (*outcome.findings, *unread)})
    chosen = next((one.file for one in outcome.processes if one.chosen), "")
    ordered = dict(sorted(unpacked.items(), key=lambda file: file[0] != chosen))
    return CheckedMap(files=ordered, outcome=outcome, library=library)


def _unpacked(files: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[Finding]]:
    """Zips opened, and what in them is not read. A zip that cannot be opened stays: the compiler says what is wrong."""
    unpacked: dict[str, bytes] = {}
    unread: list[Finding] = []
    for name, content in files.items():
        try:
            opened = is_archive(content) and not (is_document_file(name) and len(files) > 1)
            archive = read_archive(content) if opened else Archive({name: content})
        except XmlRefused:
            archive = Archive({name: content})
        if not archive.files:
            unpacked[name] = content
            continue
        for path, inside in archive.files.items():
            unpacked[f"{name}/{path}" if path in unpacked else path] = inside
        if archive.unread:
            named = {"name": ", ".join(archive.unread)[:_LONGEST_LIST]}
            unread.append(Finding(code="ZIP_FOREIGN_FILE", severity=Severity.INFO, file=name, params=named))
    return unpacked, unread


def deploy_definition(session: Session, checked: CheckedMap, *, actor: Actor, clock: Clock) -> ProcessDefinition:
    """Keep the files as a new draft version, errors and all. Raises NotAllowed, MapRejected for what is no map."""
    ensure_may(actor, Ability.DEPLOY_MAP)
    chosen = chosen_process(checked)
    definition = new_draft(session, checked, chosen, actor=actor, clock=clock)
    record(
        session,
        DefinitionDeployed(key=definition.key, version=definition.version, content_hash=definition.content_hash),
        actor=actor,
        at=clock.now(),
    )
    return definition


def chosen_process(checked: CheckedMap) -> ProcessProposal:
    """The process that the files hold as the sales map. Raises MapRejected."""
    chosen = next((one for one in checked.outcome.processes if one.chosen), None)
    if chosen is None:
        raise MapRejected(checked.outcome.findings)
    return chosen


def new_draft(
    session: Session,
    checked: CheckedMap,
    chosen: ProcessProposal,
    *,
    actor: Actor,
    clock: Clock,
    based_on: ProcessDefinition | None = None,
) -> ProcessDefinition:
    """The next version of the map ``chosen``, flushed. Permission and history are the caller's."""
    key = chosen.key[:200]
    definition = ProcessDefinition(
        id=_unused_id(session),
        key=key,
        version=_newest_version(session, key) + 1,
        state=DefinitionState.DRAFT,
        created_at=clock.now(),
        created_by_id=actor.recorded_id,
        based_on_id=based_on.id if based_on is not None else None,
    )
    fill_draft(session, definition, checked, chosen)
    session.add(definition)
    session.flush()
    return definition


def _newest_version(session: Session, key: str) -> int:
    """The highest number that a version of the map has or had; 0 for a new map."""
    kept = session.scalar(select(func.max(ProcessDefinition.version)).where(ProcessDefinition.key == key))
    discarded = session.scalar(select(func.max(DiscardedDraft.version)).where(DiscardedDraft.key == key))
    return max(kept or 0, discarded or 0)


def _unused_id(session: Session) -> int | None:
    """Where the database would give the id of a discarded draft out again, the next one; else None: it numbers itself.

    SQLite counts on from the highest row that is there, PostgreSQL from the highest that ever was.
    """
    if session.get_bind().dialect.name != "sqlite":
        return None
    discarded = session.scalar(select(func.max(DiscardedDraft.definition_id))) or 0
    kept = session.scalar(select(func.max(ProcessDefinition.id))) or 0
    return discarded + 1 if discarded > kept else None


def fill_draft(session: Session, definition: ProcessDefinition, checked: CheckedMap, chosen: ProcessProposal) -> None:
    """Give a draft the files and what was made of them."""
    outcome, process = checked.outcome, checked.outcome.process
    definition.name = (chosen.name or called_by_file(chosen.file, chosen.key))[:300]
    definition.compiled = process.model_dump_json() if process is not None else None
    definition.content_hash = process.content_hash if process is not None else ""
    definition.findings = [finding.model_dump(mode="json") for finding in outcome.findings]
    definition.questions = [question.model_dump(mode="json") for question in outcome.questions]
    definition.called = published_versions(session, process.called_keys if process is not None else ())
    definition.files = [
        DefinitionFile(name=name[:300], content=content, sha256=hashlib.sha256(content).hexdigest())
        for name, content in checked.files.items()
    ]


def retire_definition(session: Session, definition_id: int, *, actor: Actor, clock: Clock) -> ProcessDefinition:
    """Let no new deal start on a version. Running deals go on. Raises NotFound, NotAllowed, NotPublished."""
    ensure_may(actor, Ability.PUBLISH_MAP)
    definition = locked_definition(session, definition_id)
    if definition.state is not DefinitionState.PUBLISHED:
        raise NotPublished
    definition.state, definition.retired_at = DefinitionState.RETIRED, clock.now()
    record(session, DefinitionRetired(key=definition.key, version=definition.version), actor=actor, at=clock.now())
    return definition


def publishing_findings(session: Session, definition: ProcessDefinition) -> tuple[Finding, ...]:
    """Everything to be said before publishing.

    What the map lacks stands as an error now, and so do unknown names and the rules of the map that it breaks.
    """
    findings = _without_choices_that_the_company_gives(session, definition)
    told = [
        one.model_copy(update={"severity": Severity.ERROR}) if one.code in NEEDED_TO_PUBLISH else one
        for one in findings
    ]
    if definition.compiled is not None:
        told += _unknown_responsibles(session, definition)
        told += _approvals_out_of_reach(session, definition)
        told += _escalations_unknown(session, definition)
        told += _distributions_unused(session, definition)
        told += _client_fields_unknown(session, definition)
        told += [rule_finding(one) for one in rule_runs(session, definition) if not one.passed]
        told += _calls_not_permitted(session, definition)
    return tuple(told)


def _without_choices_that_the_company_gives(session: Session, definition: ProcessDefinition) -> list[Finding]:
    """What was found in the files. The choices of a client's own field need not stand in the form: the company's do."""
    findings = [Finding.model_validate(one) for one in definition.findings]
    if definition.compiled is None or all(one.code != "FIELD_CHOICES_MISSING" for one in findings):
        return findings
    given = {
        (step.source_id, title)
        for step in process_of(session, definition.id).steps.values()
        for field in step.fields
        if field.name.startswith(CLIENT_ROOT) and field.choices
        for title in (field.label, field.name)
    }
    return [
        one
        for one in findings
        if one.code != "FIELD_CHOICES_MISSING" or (one.element_id, one.params.get("field")) not in given
    ]


def _unknown_responsibles(session: Session, definition: ProcessDefinition) -> list[Finding]:
    """A step for a department or a person that does not exist, or that was put away, would wait for nobody."""
    known = directory(session)
    with_archived = known.with_archived()
    findings = []
    for step in definition.process().steps.values():
        approvers = step.approval.approvers if step.approval is not None else ()
        for name in (*step.responsible, *approvers):
            if name.startswith("=") or not resolve_name(name, known).unknown:
                continue
            findings.append(
                Finding(
                    code="RESPONSIBLE_UNKNOWN" if resolve_name(name, with_archived).unknown else "RESPONSIBLE_ARCHIVED",
                    severity=Severity.ERROR,
                    element_id=step.source_id,
                    element_name=step.name,
                    line=step.line,
                    params={"responsible": name},
                )
            )
    return findings


def _escalations_unknown(session: Session, definition: ProcessDefinition) -> list[Finding]:
    """A rung for a name that nobody bears reaches the head of the department instead, or whoever holds the step."""
    process, known = definition.process(), directory(session)
    ladders: list[tuple[StepDefinition | None, EscalationLadder | None]] = [(None, process.default_escalation)]
    ladders += [(step, step.escalation) for step in process.steps.values()]
    return [
        Finding(
            code="ESCALATION_UNKNOWN",
            severity=Severity.WARNING,
            element_id=step.source_id if step is not None else None,
            element_name=step.name if step is not None else process.name,
            line=step.line if step is not None else None,
            params={"name": level.to},
        )
        for step, ladder in ladders
        for level in (ladder.levels if ladder is not None else ())
        if level.to and resolve_name(level.to, known).unknown
        if not names_holder(level.to) and not names_own_head(level.to)
    ]


def _approvals_out_of_reach(session: Session, definition: ProcessDefinition) -> list[Finding]:
    """An approval by more people than the department has would wait for ever."""
    known = directory(session)
    findings = []
    for step in definition.process().steps.values():
        rule = step.approval
        if rule is None or rule.mode not in ("all", "count"):
            continue
        departments = resolve_assignment(step.responsible, known, None, owner_takes_own_department=False).department_ids
        members = members_of(session, departments[0]) if departments else ()
        needed = rule.count if rule.mode == "count" else 1
        if departments and len(members) < needed:
            findings.append(
                Finding(
                    code="APPROVAL_OUT_OF_REACH",
                    severity=Severity.ERROR,
                    element_id=step.source_id,
                    element_name=step.name,
                    line=step.line,
                    params={"needed": str(needed), "members": str(len(members))},
                )
            )
    return findings


def _distributions_unused(session: Session, definition: ProcessDefinition) -> list[Finding]:
    """Only a department gives steps out; a person, or all members of it at once, are asked as they are named."""
    known = directory(session)
    findings = []
    for step in definition.process().steps.values():
        if step.distribution is None or step.distribution is Distribution.CLAIM:
            continue
        names = step.approval.approvers if step.approval is not None else ()
        asks_all = step.approval is not None and step.approval.mode in ("all", "count")
        asked = resolve_assignment(names or step.responsible, known, None, owner_takes_own_department=False)
        if asks_all or not asked.department_ids:
            findings.append(
                Finding(
                    code="DISTRIBUTION_UNUSED",
                    severity=Severity.INFO,
                    element_id=step.source_id,
                    element_name=step.name,
                    line=step.line,
                )
            )
    return findings


def _client_fields_unknown(session: Session, definition: ProcessDefinition) -> list[Finding]:
    """A field of clients that the company does not have is only this map's: a typing error, more often than not."""
    process = definition.process()
    known = {one.name_in_maps for one in own_fields(session, FieldSubject.CLIENT)}
    known |= {CLIENT_ROOT + name for name in COLUMNS[FieldSubject.CLIENT]}
    asked = {field.name: step for step in process.steps.values() for field in step.fields}
    read = {one.name: None for one in values_read(process)}
    return [
        Finding(
            code="CLIENT_FIELD_UNKNOWN",
            severity=Severity.WARNING,
            element_id=step.source_id if step is not None else None,
            element_name=step.name if step is not None else None,
            line=step.line if step is not None else None,
            params={"field": name},
        )
        for name, step in (read | asked).items()
        if name.startswith(CLIENT_ROOT) and name not in known
    ]


def _calls_not_permitted(session: Session, definition: ProcessDefinition) -> list[Finding]:
    """A call of a host that the administrator has not allowed, or with a secret that there is not, would fail."""
    process = definition.process()
    findings = []
    for element_id, rule in process.calls.items():
        told: list[tuple[str, dict[str, str]]] = []
        if rule.connector is ConnectorKind.HTTP:
            told = [] if is_allowed(session, rule.host) else [("CONNECTOR_HOST_NOT_ALLOWED", {"host": rule.host})]
            missing = secrets_in(rule.templates.values()) - secrets_for(session, rule.host).keys()
            told += [("CONNECTOR_SECRET_UNKNOWN", {"secret": name, "host": rule.host}) for name in sorted(missing)]
        elif rule.map_key and rule.map_key != definition.key and not published_versions(session, [rule.map_key]):
            told = [("CONNECTOR_MAP_UNKNOWN", {"map": rule.map_key})]
        findings += [
            Finding(
                code=code,
                severity=Severity.WARNING if code == "CONNECTOR_MAP_UNKNOWN" else Severity.ERROR,
                element_id=rule.source_id or element_id,
                element_name=process.elements.get(element_id),
                line=rule.line,
                params=params,
            )
            for code, params in told
        ]
    return findings


def locked_definition(session: Session, definition_id: int) -> ProcessDefinition:
    """The version, locked until the end of the transaction. Raises NotFound."""
    definition = session.get(ProcessDefinition, definition_id, with_for_update=True)
    if definition is None:
        raise missing_definition(session, definition_id)
    return definition
