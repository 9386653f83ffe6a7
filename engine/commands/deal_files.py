"""Files of deals: added, never changed. A file of the same name is a new version of it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.commands.history import record
from engine.events import FileAdded
from engine.model.deal import Deal
from engine.model.deal_file import DealFile, StoredFile
from engine.policy.permissions import Actor
from engine.queries.approved_contents import files_changed


def add_made_file(
    session: Session, deal: Deal, name: str, content: bytes, *, media_type: str, step: str, actor: Actor, at: datetime
) -> DealFile:
    """Add what a step of the map has made to a deal whose instance is locked; flushed."""
    sha256 = hashlib.sha256(content).hexdigest()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(StoredFile).values(sha256=sha256, content=content).on_conflict_do_nothing())
    latest = session.scalar(
        select(func.max(DealFile.version)).where(DealFile.deal_id == deal.id, DealFile.name == name)
    )
    file = DealFile(
        deal_id=deal.id,
        name=name,
        version=(latest or 0) + 1,
        media_type=media_type,
        size=len(content),
        sha256=sha256,
        step_name=step,
        added_by_id=actor.recorded_id,
        added_at=at,
    )
    session.add(file)
    session.flush()
    files_changed(session)
    event = FileAdded(name=name, version=file.version, sha256=sha256, size=file.size, step=step)
    record(session, event, actor=actor, at=at, deal=deal)
    return file
