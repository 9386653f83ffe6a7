"""Telling people: what is to be told is decided here, in the transaction of whoever causes it.

A notice is one row; a worker plans it by its reader's settings, gathers what is due for one person into one letter,
and sends that from the outbox (see mailing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.db.work_session import append
from engine.model.deal import Deal
from engine.model.notice import Notice, NoticeKind
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor

LONGEST_TEXT = 2000


def notify(
    session: Session,
    kind: NoticeKind,
    *,
    to: Iterable[int] = (),
    at: datetime,
    by: Actor | None = None,
    deal: Deal | None = None,
    work_item: WorkItem | None = None,
    department_id: int | None = None,
    text: str = "",
    outcome: str = "",
    answers: str = "",
    saved_report_id: int | None = None,
    due_at: datetime | None = None,
    is_by_hand: bool = False,
    brought: Mapping[str, Any] | None = None,
) -> None:
    """Let each person of ``to``, by id, or the members of a department hear of something, once and by their settings.

    ``by`` is who caused it: nobody is told of what they did themselves. ``text`` is what somebody wrote (a comment, a
    question, an answer), ``outcome`` the id of a decision, ``answers`` the Message-ID of what the letter answers. A
    work item brings its deal along. ``saved_report_id`` is the report that is told, with the days as of ``due_at``,
    ``is_by_hand`` when its reader asked for it besides its schedule; ``brought`` is an import with what
    came of it, see ToldNotice.
    """
    causer = by.recorded_id if by is not None else None
    if deal is not None:
        deal_id: int | None = deal.id
    else:
        deal_id = work_item.deal_id if work_item is not None else None
    told = {
        "text": text.strip()[:LONGEST_TEXT],
        "outcome": outcome,
        "answers": answers,
        "saved_report_id": saved_report_id,
        "due_at": due_at.isoformat() if due_at is not None else None,
        "by_hand": is_by_hand,
        "brought": brought,
    }
    details = {name: value for name, value in told.items() if value}

    def tell(person_id: int | None, member_of: int | None) -> None:
        append(
            session,
            Notice,
            kind=kind,
            person_id=person_id,
            department_id=member_of,
            deal_id=deal_id,
            work_item_id=work_item.id if work_item is not None else None,
            by_id=causer,
            details=details,
            created_at=at,
            due_at=at,
            letter_id=None,
        )

    for person_id in dict.fromkeys(to):
        if person_id != causer:
            tell(person_id, None)
    if department_id is not None:
        tell(None, department_id)
