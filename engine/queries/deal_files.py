"""The files of a deal, for whoever sees the deal; and the templates that its documents are made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from engine.errors import NotFound
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.model.person import Person
from engine.model.process_definition import DefinitionFile
from engine.model.work_item import WorkItem
from engine.policy.file_kinds import Preview, preview_of
from engine.policy.permissions import Actor
from engine.policy.search_keys import query_terms, search_text
from engine.queries.deal_history import ensure_visible_deal
from engine.queries.scopes import visible_deals

SHOWN = (DealFile.hidden_at.is_(None), DealFile.erased_at.is_(None))
"""Of the files that there are for whoever works on a deal: those neither removed nor erased."""


@dataclass(frozen=True, slots=True)
class DealFileRow:
    """``size`` is in bytes; ``added_by`` is the person, ``step`` the step of the map that made it.

    ``at_step`` names the step at which a person added it. ``hidden_at`` is when it was removed from the lists,
    ``erased_at`` when its content was erased, and ``erased_by`` by whom.
    """

    id: int
    deal_id: int
    name: str
    version: int
    media_type: str
    size: int
    sha256: str
    step: str
    added_by: str
    added_by_id: int | None
    added_at: datetime
    work_item_id: int | None
    at_step: str
    hidden_at: datetime | None
    erased_at: datetime | None
    erased_by: str

    @property
    def preview(self) -> Preview:
        return preview_of(self.name, self.media_type)


@dataclass(frozen=True, slots=True)
class Document:
    """All versions of a file: the latest, and those before it, latest first."""

    latest: DealFileRow
    earlier: tuple[DealFileRow, ...]

    @property
    def is_hidden(self) -> bool:
        return self.latest.hidden_at is not None


@dataclass(frozen=True, slots=True)
class FileChoice:
    """A file that can be chosen: its latest version. ``size`` is in bytes."""

    id: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class FilesFound:
    """``is_cut``: there are more."""

    files: tuple[FileChoice, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class FileView:
    """A version of a file, the deal that it belongs to, and all versions of the same name, latest first."""

    row: DealFileRow
    deal_number: str
    deal_title: str
    deal_owner_id: int
    versions: tuple[DealFileRow, ...]

    @property
    def is_latest(self) -> bool:
        return self.versions[0].id == self.row.id


def files_of_deal(session: Session, actor: Actor, deal_id: int, *, hidden: bool = False) -> Sequence[DealFileRow]:
    """Every version of every file, the latest first; with ``hidden`` also of the removed ones. Raises NotFound."""
    ensure_visible_deal(session, actor, deal_id)
    shown = () if hidden else (DealFile.hidden_at.is_(None),)
    return _rows(session, DealFile.deal_id == deal_id, *shown)


def documents_of_deal(session: Session, actor: Actor, deal_id: int) -> tuple[Document, ...]:
    """The files with their versions, the last added first, the removed ones at the end. Raises NotFound."""
    return _documents(files_of_deal(session, actor, deal_id, hidden=True))


def latest_files(session: Session, deal_id: int, q: str = "", *, limit: int) -> FilesFound:
    """Files of a deal that the caller has found visible whose names ``q`` finds, the last added first.

    Neither removed nor erased ones: a file whose latest version is either is none of them.
    """
    later = aliased(DealFile)
    has_later = exists().where(later.deal_id == deal_id, later.name == DealFile.name, later.id > DealFile.id)
    statement = (
        select(DealFile.id, DealFile.name, DealFile.size)
        .where(DealFile.deal_id == deal_id, *SHOWN, ~has_later)
        .order_by(DealFile.id.desc())
    )
    terms = query_terms(q)
    rows = session.execute(statement if terms else statement.limit(limit + 1))
    found = (FileChoice(*row) for row in rows if all(term in search_text(row.name) for term in terms))
    files = tuple(islice(found, limit + 1))
    return FilesFound(files[:limit], is_cut=len(files) > limit)


def file_view(session: Session, actor: Actor, file_id: int) -> FileView:
    """A version of a file, a removed one, too. Raises NotFound for one that the actor may not see."""
    deal = session.execute(
        select(Deal.id, Deal.number, Deal.title, Deal.owner_id)
        .join(DealFile, DealFile.deal_id == Deal.id)
        .where(DealFile.id == file_id, visible_deals(actor))
    ).one_or_none()
    if deal is None:
        raise NotFound
    name = select(DealFile.name).where(DealFile.id == file_id).scalar_subquery()
    versions = _rows(session, DealFile.deal_id == deal.id, DealFile.name == name)
    row = next(one for one in versions if one.id == file_id)
    return FileView(row, deal.number, deal.title, deal.owner_id, tuple(versions))


def copies_elsewhere(session: Session, actor: Actor, view: FileView) -> tuple[DealFileRow, ...]:
    """Visible files under other names, or of other deals, that hold a content which this file has in some version."""
    wanted = DealFile.sha256.in_({one.sha256 for one in view.versions}), DealFile.erased_at.is_(None)
    other = DealFile.id.not_in([one.id for one in view.versions])
    return tuple(_rows(session, *wanted, other, DealFile.deal_id.in_(select(Deal.id).where(visible_deals(actor)))))


def file_of_deal(session: Session, actor: Actor, deal_id: int, file_id: int) -> DealFileRow:
    """Raises NotFound, also for a file of another deal."""
    row = file_view(session, actor, file_id).row
    if row.deal_id != deal_id:
        raise NotFound
    return row


def present_files(session: Session, deal_id: int) -> tuple[Mapping[str, Any], ...]:
    """The references of what a deal's files are now: the latest version of each that is neither removed nor erased.

    What whoever decides on the deal has before them, and what an approval is bound to.
    """
    latest: dict[str, DealFile] = {}
    for file in session.scalars(
        select(DealFile).where(DealFile.deal_id == deal_id, *SHOWN).order_by(DealFile.name, DealFile.version)
    ):
        latest[file.name] = file
    return tuple(reference(file) for file in latest.values())


def files_by_id(session: Session, deal_id: int, ids: Iterable[int]) -> dict[int, DealFile]:
    """Those of the files that belong to the deal and are neither removed nor erased."""
    wanted = DealFile.id.in_(tuple(ids)), DealFile.deal_id == deal_id, *SHOWN
    return {file.id: file for file in session.scalars(select(DealFile).where(*wanted))}


def reference(file: DealFile | DealFileRow) -> dict[str, Any]:
    """A version of a file as values, decisions and history name it: which one, and exactly which content."""
    return {
        "id": file.id,
        "name": file.name,
        "version": file.version,
        "sha256": file.sha256,
        "size": file.size,
    }


def template_content(session: Session, sha256: str) -> bytes | None:
    """A template by its hash, out of any version of any map; None where none has it."""
    return session.scalar(select(DefinitionFile.content).where(DefinitionFile.sha256 == sha256).limit(1))


def _documents(rows: Iterable[DealFileRow]) -> tuple[Document, ...]:
    by_name: dict[str, list[DealFileRow]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    found = [Document(latest, tuple(earlier)) for latest, *earlier in by_name.values()]
    return tuple(sorted(found, key=lambda one: one.is_hidden))


def _rows(session: Session, *conditions: Any) -> Sequence[DealFileRow]:
    eraser = aliased(Person)
    statement = (
        select(DealFile, Person.full_name, WorkItem.name, eraser.full_name)
        .outerjoin(Person, Person.id == DealFile.added_by_id)
        .outerjoin(eraser, eraser.id == DealFile.erased_by_id)
        .outerjoin(WorkItem, WorkItem.id == DealFile.work_item_id)
        .where(*conditions)
        .order_by(DealFile.id.desc())
    )
    rows = session.execute(statement)
    return [_row(file, added_by or "", at_step or "", erased_by or "") for file, added_by, at_step, erased_by in rows]


def _row(file: DealFile, added_by: str, at_step: str, erased_by: str) -> DealFileRow:
    return DealFileRow(
        id=file.id,
        deal_id=file.deal_id,
        name=file.name,
        version=file.version,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        step=file.step_name,
        added_by=added_by,
        added_by_id=file.added_by_id,
        added_at=file.added_at,
        work_item_id=file.work_item_id,
        at_step=at_step,
        hidden_at=file.hidden_at,
        erased_at=file.erased_at,
        erased_by=erased_by,
    )
