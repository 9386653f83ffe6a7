"""Uploaded maps: their names made harmless, their sizes bounded, and the way from a file to a stored draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from engine.bpmn.archive import MAX_ARCHIVE_BYTES, is_archive
from engine.bpmn.findings import Finding, Severity
from engine.bpmn.safe_xml import MAX_BYTES
from engine.commands.definitions import check_map, deploy_definition, published_sources
from engine.commands.incidents import perform
from engine.model.process_definition import ProcessDefinition
from processes import shipped_sources
from webui.carrying_out import made_once
from webui.request_context import actor, reading, services

_MEBIBYTE = 1024 * 1024
_LONGEST_NAME = 200


def uploaded(storages: Iterable[FileStorage]) -> dict[str, bytes]:
    """The files by name, without the folders that some browsers send. Two files of one name are both kept."""
    files: dict[str, bytes] = {}
    for storage in storages:
        name = _harmless(storage.filename or "")
        if not name:
            continue  # an empty file input sends one nameless part
        while name in files:
            name = f"_{name}"
        with storage.stream as stream:  # a large one lies in a temporary file
            files[name] = stream.read()
    return files


def too_large(files: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """An error for each file above its limit: 2 MiB for a diagram, 5 MiB for a zip."""
    return tuple(
        Finding(
            code="ZIP_TOO_LARGE" if is_archive(content) else "FILE_TOO_LARGE",
            severity=Severity.ERROR,
            file=name,
            params={"limit": str(_limit(content) // _MEBIBYTE)},
        )
        for name, content in files.items()
        if len(content) > _limit(content)
    )


def deploy(files: Mapping[str, bytes], process_key: str | None = None, *, brought: str = "") -> ProcessDefinition:
    """Check the files in a child process, then keep them as a draft: one for each form, however often it is sent.

    ``brought`` tells forms apart that differ in the files that came with them. Raises NotAllowed, MapRejected.
    """
    checked = check_map(files, library=library(), process_key=process_key)
    keep = made_once(
        lambda session: deploy_definition(session, checked, actor=actor(), clock=services().clock).id, brought=brought
    )

    def command(session: Session) -> ProcessDefinition:
        return session.get_one(ProcessDefinition, keep(session))

    return perform(services().database, command, actor=actor(), clock=services().clock)


def library() -> dict[str, bytes]:
    """What a map may call: the published maps, and the shipped ones where nobody has published their own."""
    with reading() as session:
        published = published_sources(session)
    return shipped_sources() | published


def _limit(content: bytes) -> int:
    return MAX_ARCHIVE_BYTES if is_archive(content) else MAX_BYTES


def _harmless(name: str) -> str:
    base = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in base if letter.isprintable()).strip()[-_LONGEST_NAME:]
