"""Sales maps over HTTP: check, deploy, publish, read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from engine.bpmn.dmn.model import DecisionTable, LiteralDecision
from engine.bpmn.findings import Severity
from engine.commands.definitions import (
    CheckedMap,
    check_map,
    deploy_definition,
    publishing_findings,
)
from engine.commands.discarding import discard_draft
from engine.commands.publishing import prepare_publishing, publish_definition
from engine.errors import FieldRequired, InvalidInput, NotFound
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.permissions import Ability, ensure_may, may
from engine.queries.definition_files import uploaded_files
from engine.queries.definitions import (
    DefinitionDecision,
    DefinitionVersion,
    StartableDefinition,
    definition_view,
    definition_xml,
    discarded_draft,
    kept_definition,
    startable_definitions,
    version_ids,
    versions_of,
)
from engine.queries.pages import Page
from processes import shipped_sources
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.findings import told_findings
from webui.api.models.definitions import (
    CheckedDefinition,
    DecisionColumnItem,
    DecisionItem,
    DecisionList,
    DecisionRuleItem,
    DefinitionDetail,
    DefinitionFileItem,
    DefinitionFilePath,
    DefinitionFiles,
    DefinitionItem,
    DefinitionList,
    DefinitionPath,
    DefinitionsQuery,
    DeployedDefinition,
    DiscardedDefinition,
    LinkedMapItem,
    Publishing,
    StageItem,
)
from webui.api.models.values import Paging
from webui.api.performing import carry_out, carry_out_prepared_once, command_id
from webui.api.tags import MAPS
from webui.attachments import attachment
from webui.limits import limiter
from webui.map_uploads import library
from webui.request_context import reading, services

_FILE = {
    "description": "The file, byte for byte.",
    "content": {"application/xml": {"schema": {"type": "string", "format": "binary"}}},
}
_XML = {"description": "The file, byte for byte.", "content": {"application/xml": {"schema": {"type": "string"}}}}


@api.post("/definitions/check", tags=[MAPS], responses={200: CheckedDefinition})
@limiter.limit("300 per minute")
def check_definition(form: DefinitionFiles) -> Response:
    """Say everything that is wrong with a map, and store nothing."""
    checked = _checked(_files_of(form))
    findings = checked.outcome.findings
    accepted = checked.outcome.process is not None and all(one.severity is not Severity.ERROR for one in findings)
    return answer(CheckedDefinition(accepted=accepted, findings=told_findings(findings)))


@api.post("/definitions", tags=[MAPS], responses={201: DeployedDefinition, **conflicts("idempotency_key_reused")})
@limiter.limit("300 per minute")
def deploy(form: DefinitionFiles) -> Response:
    """Store a map as a new draft version, whatever errors it still has.

    422 with findings where the files hold no map at all.
    """
    ensure_may(caller(), Ability.DEPLOY_MAP)
    files = _files_of(form)
    arguments = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}

    def prepare() -> Callable[[Session], int]:
        checked = _checked(files)
        return lambda session: deploy_definition(session, checked, actor=caller(), clock=services().clock).id

    definition_id = carry_out_prepared_once("deploy_definition", arguments, prepare)
    location = url_for("api.show_definition", definition_id=definition_id)
    return answer(deployed(definition_id), 201, location=location)


@api.post(
    "/definitions/<int:definition_id>/publish",
    tags=[MAPS],
    responses={200: DeployedDefinition, **conflicts("already_published", "idempotency_key_reused")},
)
def publish(path: DefinitionPath, body: Publishing) -> Response:
    """Let new deals start on this version; running deals keep theirs. 422 with findings while an error stands.

    Published maps that call this one are published anew with it. The answer is the version that is live now: another
    one than asked for where deals ran on that one while it called older maps.
    """
    ensure_may(caller(), Ability.PUBLISH_MAP)

    def prepare() -> Callable[[Session], int]:
        prepared = prepare_publishing(services().database, path.definition_id, shipped=shipped_sources())
        return lambda session: (
            publish_definition(
                session, path.definition_id, actor=caller(), clock=services().clock, prepared=prepared, note=body.note
            ).id
        )

    told = {"id": path.definition_id, "note": body.note}
    return answer(deployed(carry_out_prepared_once("publish_definition", told, prepare)))


@api.post(
    "/definitions/<int:definition_id>/discard",
    tags=[MAPS],
    responses={200: DiscardedDefinition, **conflicts("not_a_draft", "idempotency_key_reused")},
)
def discard(path: DefinitionPath) -> Response:
    """Throw a draft away with its files; it cannot be taken back. A version that was ever published stays.

    The rules of a map go with its last version. Neither the id nor the version's number is given out again.
    """
    key = command_id()
    carry_out(
        lambda session: discard_draft(
            session, path.definition_id, actor=caller(), clock=services().clock, command_id=key
        )
    )
    with reading() as session:
        gone = discarded_draft(session, caller(), path.definition_id)
    return answer(DiscardedDefinition(id=gone.definition_id, key=gone.key, version=gone.version, name=gone.name))


@api.get("/definitions", tags=[MAPS], responses={200: DefinitionList})
def list_definitions(query: DefinitionsQuery) -> Response:
    """All versions of all maps; for those who only open deals, the published ones."""
    actor = caller()
    with reading() as session:
        if may(actor, Ability.OPEN_DEAL) and not may(actor, Ability.SEE_MAPS):
            items = [_startable(one) for one in startable_definitions(session, actor)]
            wanted = [one for one in items if query.key in (None, one.key) and query.status in (None, one.status)]
            return listed(part_of(wanted, query), lambda one: one, DefinitionList)
        page = part_of(version_ids(session, actor, key=query.key, state=query.status), query)
        versions = versions_of(session, actor, page.items)
    return listed(Page(versions, page.next_cursor, page.total), _item, DefinitionList)


@api.get("/definitions/<int:definition_id>", tags=[MAPS], responses={200: DefinitionDetail})
def show_definition(path: DefinitionPath) -> Response:
    """One version with its findings, stages and files."""
    with reading() as session:
        view = definition_view(session, caller(), path.definition_id)
        definition = session.get_one(ProcessDefinition, path.definition_id)
        findings, revision = publishing_findings(session, definition), definition.revision
    return answer(
        DefinitionDetail(
            **_item(view.row).model_dump(),
            findings=told_findings(findings),
            revision=revision,
            stages=tuple(StageItem(name=stage.name, position=stage.position) for stage in view.stages),
            files=tuple(DefinitionFileItem(name=one.name, sha256=one.sha256, size=one.size) for one in view.files),
            calls=tuple(LinkedMapItem(key=one.key, version=one.version) for one in view.called),
            called_by=tuple(LinkedMapItem(key=one.key, version=one.version) for one in view.callers),
        )
    )


@api.get("/definitions/<int:definition_id>/xml", tags=[MAPS], responses={200: _XML})
def show_definition_xml(path: DefinitionPath) -> Response:
    """The map's own file as it was uploaded. Also for those who see a deal that follows it."""
    with reading() as session:
        name, content = definition_xml(session, caller(), path.definition_id)
    return attachment(content, "application/xml", name)


@api.get("/definitions/<int:definition_id>/files/<int:position>", tags=[MAPS], responses={200: _FILE})
def show_definition_file(path: DefinitionFilePath) -> Response:
    """Any file of the version as it was uploaded, decision tables among them, in the order of its `files`."""
    with reading() as session:
        files = list(uploaded_files(session, caller(), path.definition_id).items())
    if path.position >= len(files):
        raise NotFound
    name, content = files[path.position]
    return attachment(content, "application/xml", name.rpartition("/")[2] or name)


@api.get("/definitions/<int:definition_id>/decisions", tags=[MAPS], responses={200: DecisionList})
def list_definition_decisions(path: DefinitionPath, query: Paging) -> Response:
    """The decision tables that the map's business rule tasks decide by. Empty while errors stand against it."""
    with reading() as session:
        decisions = definition_view(session, caller(), path.definition_id).decisions
    return listed(part_of(decisions, query), _decision, DecisionList)


def _decision(row: DefinitionDecision) -> DecisionItem:
    decision = row.decision
    table = decision.logic if isinstance(decision.logic, DecisionTable) else None
    return DecisionItem(
        id=decision.source_id,
        name=decision.name,
        file=decision.file,
        hit_policy=table.hit_policy if table else None,
        aggregator=table.aggregator if table else None,
        expression=decision.logic.text if isinstance(decision.logic, LiteralDecision) else "",
        inputs=tuple(
            DecisionColumnItem(
                label=one.label, name="", expression=one.expression_text, type=one.kind, allowed=one.allowed, default=""
            )
            for one in (table.inputs if table else ())
        ),
        outputs=tuple(
            DecisionColumnItem(
                label=one.label,
                name=one.name,
                expression="",
                type=one.kind,
                allowed=one.allowed,
                default=one.default_text,
            )
            for one in (table.outputs if table else ())
        ),
        rules=tuple(
            DecisionRuleItem(
                number=number,
                inputs=tuple(cell.text for cell in rule.inputs),
                outputs=tuple(cell.text for cell in rule.outputs),
                annotations=rule.annotations,
            )
            for number, rule in enumerate(table.rules if table else (), 1)
        ),
        tasks=row.tasks,
        needed_by=row.needed_by,
    )


def _checked(files: Mapping[str, bytes]) -> CheckedMap:
    """Compile before any transaction begins. Raises AbilityMissing before anything is computed."""
    ensure_may(caller(), Ability.DEPLOY_MAP)
    return check_map(files, library=library())


def _files_of(form: DefinitionFiles) -> dict[str, bytes]:
    """The uploaded files by name; files of the same name are told apart by their number. Raises InvalidInput."""
    files: dict[str, bytes] = {}
    for number, file in enumerate(form.file, start=1):
        name = _name_of(file, number)
        files[name if name not in files else f"{number}-{name}"] = file.stream.read()
    if not files:
        raise InvalidInput({"file": FieldRequired(label="file")})
    return files


def _name_of(file: FileStorage, number: int) -> str:
    """The file's own name without folders and control characters."""
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[:200] or f"map-{number}.bpmn"


def deployed(definition_id: int) -> DeployedDefinition:
    with reading() as session:
        definition = kept_definition(session, definition_id)
        findings = publishing_findings(session, definition)
    return DeployedDefinition(
        id=definition.id,
        key=definition.key,
        version=definition.version,
        status=definition.state,
        revision=definition.revision,
        findings=told_findings(findings),
    )


def _item(version: DefinitionVersion) -> DefinitionItem:
    return DefinitionItem(
        id=version.id,
        key=version.key,
        name=version.name,
        version=version.version,
        status=version.state,
        created_at=version.created_at,
        created_by=version.created_by_name,
        published_at=version.published_at,
        published_by=version.published_by_name,
        published_note=version.published_note,
        retired_at=version.retired_at,
        errors=version.errors,
        warnings=version.warnings,
        running_deals=version.running_deals,
    )


def _startable(version: StartableDefinition) -> DefinitionItem:
    unknown: dict[str, Any] = dict.fromkeys(
        ("created_at", "published_at", "retired_at", "errors", "warnings", "running_deals")
    )
    return DefinitionItem(
        id=version.id,
        key=version.key,
        name=version.name,
        version=version.version,
        status=DefinitionState.PUBLISHED,
        created_by="",
        published_by="",
        published_note="",
        **unknown,
    )
