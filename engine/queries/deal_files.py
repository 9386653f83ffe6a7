"""The files of a deal, for whoever sees the deal; and the templates that its documents are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.deal_file import DealFile, StoredFile
from engine.model.person import Person
from engine.model.process_definition import DefinitionFile
from engine.policy.permissions import Actor
from engine.queries.deal_history import ensure_visible_deal


@dataclass(frozen=True, slots=True)
class DealFileRow:
    """``size`` is in bytes; ``added_by`` is the person, ``step`` the step of the map that made it."""

    id: int
    name: str
    version: int
    media_type: str
    size: int
    sha256: str
    step: str
    added_by: str
    added_at: datetime


def files_of_deal(session: Session, actor: Actor, deal_id: int) -> Sequence[DealFileRow]:
    """Every version of every file, the latest first. Raises NotFound."""
    ensure_visible_deal(session, actor, deal_id)
    rows = session.execute(
        select(DealFile, Person.full_name)
        .outerjoin(Person, Person.id == DealFile.added_by_id)
        .where(DealFile.deal_id == deal_id)
        .order_by(DealFile.id.desc())
    )
    return [_row(file, full_name or "") for file, full_name in rows]


def file_content(session: Session, actor: Actor, deal_id: int, file_id: int) -> tuple[DealFileRow, bytes]:
    """One version of a file with what is in it. Raises NotFound."""
    ensure_visible_deal(session, actor, deal_id)
    found = session.execute(
        select(DealFile, StoredFile.content)
        .join(StoredFile, StoredFile.sha256 == DealFile.sha256)
        .where(DealFile.id == file_id, DealFile.deal_id == deal_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return _row(found[0], ""), found[1]


def template_content(session: Session, sha256: str) -> bytes | None:
    """A template by its hash, out of any version of any map; None where none has it."""
    return session.scalar(select(DefinitionFile.content).where(DefinitionFile.sha256 == sha256).limit(1))


def _row(file: DealFile, added_by: str) -> DealFileRow:
    return DealFileRow(
        id=file.id,
        name=file.name,
        version=file.version,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        step=file.step_name,
        added_by=added_by,
        added_at=file.added_at,
    )
