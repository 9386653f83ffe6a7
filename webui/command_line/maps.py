"""``map``: check, deploy, publish and export sales maps."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from engine.bpmn.compile import is_beside_map, library_entries
from engine.bpmn.findings import Finding, Severity
from engine.clock import SystemClock
from engine.commands.definitions import (
    CheckedMap,
    MapRejected,
    check_map,
    deploy_definition,
    published_sources,
)
from engine.commands.publishing import prepare_publishing, publish_definition
from engine.db.session import Database
from engine.errors import N_, MapHasErrors
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.permissions import Actor
from engine.queries.definitions import definition_xml
from engine.settings import Settings
from processes import shipped_sources
from webui.command_line.environment import settings
from webui.command_line.failures import Failed, told
from webui.command_line.installation import database_of, has_sqlite_file
from webui.command_line.language import _
from webui.command_line.map_arguments import read_arguments
from webui.command_line.pages_words import in_pages_words
from webui.messages import finding_message, finding_remedy

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
_CALLED_IS_MISSING = "CALL_UNRESOLVED"
_UNREAD = "ZIP_FOREIGN_FILE"
_UNUSED = ("DECISION_UNUSED", _UNREAD)
_SEVERITIES = {Severity.ERROR: N_("error"), Severity.WARNING: N_("warning"), Severity.INFO: N_("note")}


@click.group("map", help=N_("Check, deploy, publish and export sales maps."))
def maps() -> None:
    pass


@maps.command(
    help=N_(
        "Say everything that is to be said about the maps in FILES; nothing is stored. A folder stands for all maps "
        "below it, - for the standard input. The status is 0 when all are accepted, 1 when one is not: refused, or "
        "not to be read."
    )
)
@_FILES
@click.option("--json", "as_json", is_flag=True, help=N_("One line of JSON per file."))
@click.pass_context
def check(context: click.Context, files: Sequence[Path], as_json: bool) -> None:
    contents = read_arguments(files)
    checked = _checked_together(contents.readable, _published(settings()))
    reports: list[_Report] = []
    with in_pages_words():
        for file in contents.files:
            if file in contents.unreadable:
                report = _report_unreadable(file, contents.unreadable[file])
            elif file in checked:
                report = _report(file, checked[file], contents.files)
            else:
                report = _report_beside(file, checked.values())
            reports.append(report)
            click.echo(json.dumps(report.as_json(), ensure_ascii=False) if as_json else report.as_text())
    if not all(report.accepted for report in reports):
        context.exit(1)


@maps.command(help=N_("Store each of FILES as a draft: a new version of its map."))
@_FILES
def deploy(files: Sequence[Path]) -> None:
    contents = read_arguments(files)
    for file, reason in contents.unreadable.items():
        raise Failed(_("%(file)s cannot be read: %(reason)s", file=file, reason=reason))
    with database_of(settings()) as database:
        maps, beside = _parted(contents.readable)
        for file, content in maps.items():
            _deploy(database, file, {file.name: content, **beside})


@maps.command(help=N_("Publish a version: by its number, or the newest of a key."))
@click.argument("wanted", metavar="KEY|ID")
def publish(wanted: str) -> None:
    with database_of(settings()) as database:
        try:
            with database.read() as session:
                definition_id = _definition_id(session, wanted)
            prepared = prepare_publishing(database, definition_id, shipped=shipped_sources())
            with database.write() as session:
                definition = publish_definition(
                    session, definition_id, actor=Actor.system(), clock=SystemClock(), prepared=prepared
                )
        except MapHasErrors as error:
            with in_pages_words():
                lines = [told(error), *(_told(finding).as_text() for finding in error.findings)]
            raise Failed("\n".join(lines)) from None
    click.echo(_("Published: %(key)s, version %(version)s.", key=definition.key, version=definition.version))


@maps.command(help=N_("Write a map's file as it was uploaded: by number, or what is published under a key."))
@click.argument("wanted", metavar="ID|KEY")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help=N_("A file instead of output."))
def export(wanted: str, output: Path | None) -> None:
    with database_of(settings()) as database, database.read() as session:
        definition_id = _definition_id(session, wanted, state=DefinitionState.PUBLISHED)
        _name, content = definition_xml(session, Actor.system(), definition_id)
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        output.write_bytes(content)


def _published(given: Settings) -> Mapping[str, bytes]:
    """What a map may call, if there is an installation here: checking works without one."""
    if given.uses_sqlite and not has_sqlite_file(given):
        return {}
    database = Database(given.database_url)
    try:
        with suppress(SQLAlchemyError), database.read() as session:
            return published_sources(session)
    finally:
        database.dispose()
    return {}


def _parted(contents: Mapping[Path, bytes]) -> tuple[dict[Path, bytes], dict[str, bytes]]:
    """The maps, and the files beside them that go with each of them; without any map these stand alone."""
    beside = {file: one for file, one in contents.items() if is_beside_map(file.name)}
    maps = {file: content for file, content in contents.items() if file not in beside}
    if not maps:
        return beside, {}
    return maps, {file.name: content for file, content in beside.items()}


def _checked_together(contents: Mapping[Path, bytes], library: Mapping[str, bytes]) -> dict[Path, CheckedMap]:
    """Each map with all tables and forms; what it calls may be published, or stand in another of the files."""
    maps, beside = _parted(contents)
    checked = {file: check_map({file.name: content, **beside}, library=library) for file, content in maps.items()}
    offered = {
        name: content
        for file, one in checked.items()
        for proposal in one.outcome.processes
        if proposal.chosen
        for name, content in library_entries(proposal.key, {file.name: maps[file], **beside}).items()
    }
    for file, one in checked.items():
        own = {proposal.key for proposal in one.outcome.processes}
        others = {name: content for name, content in offered.items() if name.partition("/")[0] not in own}
        if others and any(finding.code == _CALLED_IS_MISSING for finding in one.outcome.findings):
            checked[file] = check_map({file.name: maps[file], **beside}, library={**library, **others})
    return checked


def _is_accepted(checked: CheckedMap) -> bool:
    """Could be published, if the company has the responsibles that it names."""
    outcome = checked.outcome
    return outcome.process is not None and not any(one.severity is Severity.ERROR for one in outcome.findings)


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding in words, whether the compiler made it or nothing could be compiled."""

    code: str
    severity: Severity
    element_id: str | None
    element_name: str | None
    line: int | None
    message: str
    remedy: str

    def as_text(self) -> str:
        place = self.element_name or self.element_id
        where = [_("“%(name)s”", name=place)] if place else []
        where += [_("line %(line)s", line=self.line)] if self.line else []
        at = f" ({', '.join(where)})" if where else ""
        return f"{_(_SEVERITIES[self.severity])}{at}: {self.message} {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True)
class _Report:
    file: Path
    accepted: bool
    findings: tuple[_Told, ...]

    def as_json(self) -> Mapping[str, object]:
        return {"file": str(self.file), "accepted": self.accepted, "findings": [asdict(one) for one in self.findings]}

    def as_text(self) -> str:
        verdict = _("accepted") if self.accepted else _("refused")
        return "\n".join([f"{self.file}: {verdict}", *(f"  {one.as_text()}" for one in self.findings)])


def _report(file: Path, checked: CheckedMap, files: Iterable[Path]) -> _Report:
    """What is said of the map; a file beside it that it leaves unread has a line of its own."""
    lines = {one.name for one in files} - {file.name}
    said = (one for one in checked.outcome.findings if one.code != _UNREAD or one.file not in lines)
    return _Report(file, _is_accepted(checked), tuple(_told(one) for one in said))


def _report_beside(file: Path, checked: Iterable[CheckedMap]) -> _Report:
    """What was noticed about a file beside the maps in any of them; what one map leaves unused, another may use."""
    told = [[one for one in each.outcome.findings if one.file == file.name] for each in checked]
    findings: list[Finding] = []
    for finding in (one for each in told for one in each):
        unused = finding.code in _UNUSED and not all(finding in each for each in told)
        if finding not in findings and not unused:
            findings.append(finding)
    accepted = not any(one.severity is Severity.ERROR for one in findings)
    return _Report(file, accepted, tuple(_told(one) for one in findings))


def _report_unreadable(file: Path, reason: str) -> _Report:
    message = _("%(file)s cannot be read: %(reason)s", file=file, reason=reason)
    remedy = _("Look at the file's name and at who may read it.")
    return _Report(file, False, (_Told("FILE_UNREADABLE", Severity.ERROR, None, None, None, message, remedy),))  # noqa: FBT003  # a refusal


def _told(finding: Finding) -> _Told:
    return _Told(
        code=finding.code,
        severity=finding.severity,
        element_id=finding.element_id,
        element_name=finding.element_name,
        line=finding.line,
        message=finding_message(finding),
        remedy=finding_remedy(finding),
    )


def _deploy(database: Database, file: Path, files: Mapping[str, bytes]) -> None:
    with database.read() as session:
        library = published_sources(session)
    checked = check_map(files, library=library)
    try:
        with database.write() as session:
            definition = deploy_definition(session, checked, actor=Actor.system(), clock=SystemClock())
    except MapRejected as error:
        with in_pages_words():
            raise Failed(
                "\n".join([f"{file}: {told(error)}", *(_told(one).as_text() for one in error.findings)])
            ) from None
    click.echo(
        _(
            "%(file)s: draft %(id)s, %(key)s version %(version)s.",
            file=file,
            id=definition.id,
            key=definition.key,
            version=definition.version,
        )
    )
    with in_pages_words():
        for finding in checked.outcome.findings:
            click.echo(f"  {_told(finding).as_text()}")


def _definition_id(session: Session, wanted: str, *, state: DefinitionState | None = None) -> int:
    """The version with that number, or the newest under that key (in that state). Raises Failed."""
    by_key = select(ProcessDefinition.id).where(ProcessDefinition.key == wanted)
    if state is not None:
        by_key = by_key.where(ProcessDefinition.state == state)
    found = session.scalar(by_key.order_by(ProcessDefinition.version.desc()).limit(1))
    if found is None and wanted.isdecimal():
        found = session.scalar(select(ProcessDefinition.id).where(ProcessDefinition.id == int(wanted)))
    if found is None:
        raise Failed(_("There is no such map: %(wanted)s", wanted=wanted))
    return found
