"""Telling people by mail: decided here, in the transaction; sent by a worker, from the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from engine.db.outbox import enqueue
from engine.model.work_item import WorkItem

MAIL = "mail"
"""The kind of an outbox job: payload ``notice``, ``person_id``, ``work_item_id``."""


class Notice(StrEnum):
    """Why somebody is written to; the worker words it in the reader's language."""

    STEP_REMINDER = "step_reminder"
    STEP_LATE = "step_late"
    STEP_REASSIGNED = "step_reassigned"
    APPROVAL_RECALLED = "approval_recalled"


def notify(session: Session, notice: Notice, to: Sequence[int], work_item: WorkItem, *, at: datetime) -> None:
    """One letter per person: a failing address does not keep the others from theirs."""
    for person_id in to:
        payload = {"notice": notice.value, "person_id": person_id, "work_item_id": work_item.id}
        enqueue(session, MAIL, payload, at=at)
