"""A notice: one thing that one person, or each member of a department, is to hear of by mail."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.indexes import index_of_known
from engine.db.types import Identity, Json, Moment, Word


class NoticeKind(StrEnum):
    """Why somebody is written to. The words for people stand in tasks/notice_words.py."""

    STEP_OPENED = "step_opened"  # a new step is yours
    STEP_TO_TAKE = "step_to_take"  # a new step waits for anybody of your department
    APPROVAL_ASKED = "approval_asked"
    STEP_HANDED = "step_handed"  # a step that somebody else had is yours now
    STEP_TAKEN = "step_taken"  # a step that you had is somebody else's now
    STEP_WITHDRAWN = "step_withdrawn"  # a step that you had is not needed any more
    DECISION_MADE = "decision_made"  # what you asked for was approved or rejected
    RETURNED = "returned"  # what you asked for was returned for rework
    DEADLINE_NEAR = "deadline_near"
    DEADLINE_PASSED = "deadline_passed"
    REMINDED = "reminded"  # somebody who heads you asks for a step of yours
    STEP_LATE = "step_late"  # a step of somebody whom you head is late
    DAILY_CONTROL = "daily_control"  # what a head has to look at today
    SAVED_REPORT = "saved_report"  # a report that you saved, by its schedule
    REPORT_REFUSED = "report_refused"  # a report of yours is sent no more: you may read reports no more
    MENTIONED = "mentioned"
    CONSULTATION_ASKED = "consultation_asked"
    CONSULTATION_ANSWERED = "consultation_answered"
    DEAL_CHANGED = "deal_changed"  # something happened in a deal that you watch
    APPROVAL_SPARED = "approval_spared"  # with its client's card of now your deal would have needed an approval
    INCIDENT = "incident"  # a deal cannot go on, and an administrator has to look
    IMPORT_DONE = "import_done"  # a list that you brought is taken over
    CLIENT_WROTE = "client_wrote"  # a letter of the client came into your deal
    CLIENT_LETTER_RETURNED = "client_letter_returned"  # your letter to a client did not arrive
    NEW_BROWSER = "new_browser"  # somebody signed in as you from a browser that you never used before
    REPLY_UNDERSTOOD = "reply_understood"  # your answer by mail waits to be confirmed
    REPLY_UNREAD = "reply_unread"  # your answer by mail names no decision
    REPLY_LATE = "reply_late"  # your answer by mail came when the step did not wait for you any more


TO_BE_DONE = frozenset(
    {
        NoticeKind.STEP_OPENED,
        NoticeKind.STEP_TO_TAKE,
        NoticeKind.APPROVAL_ASKED,
        NoticeKind.STEP_HANDED,
        NoticeKind.DEADLINE_NEAR,
        NoticeKind.DEADLINE_PASSED,
        NoticeKind.REMINDED,
    }
)
"""What the reader has to do themselves; it is told only while they still have to."""

ALSO_TO_SUBSTITUTES = TO_BE_DONE | {NoticeKind.STEP_WITHDRAWN}
"""What whoever acts for an absent reader is told, too."""

OF_ANOTHERS_STEP = "of_anothers_step"
"""The outcome of a reminder whose ladder names somebody beside those who have the step."""


OF_CLIENT_LETTERS = frozenset({NoticeKind.CLIENT_WROTE, NoticeKind.CLIENT_LETTER_RETURNED})
"""Their text is what a client wrote, or what was written to one."""

UNDELIVERED = "undelivered"
"""Of the details of a notice that goes by letter: why the message in Telegram was given up."""


class NoticeState(StrEnum):
    NEW = "new"  # nobody has looked yet when and whether it is sent
    PLANNED = "planned"  # it goes at ``due_at``, to one person
    TOLD = "told"  # it is in a letter
    DROPPED = "dropped"  # nobody wants it by mail, or nobody is left to read it


class Notice(Base):
    """``person_id`` is who is told; a new notice may instead name a department, whose members are told.

    ``by_id`` is who caused it, None for the machinery. ``details`` fills the letter, by kind: ``text`` is what
    somebody wrote, ``outcome`` the id of a decision, ``brought`` an import and what came of it. A worker looks at it
    from ``due_at`` on.
    """

    __tablename__ = "notice"
    is_plain = True
    __table_args__ = (
        Index("ix_notice_state_due", "state", "due_at"),
        Index("ix_notice_person_state", "person_id", "state"),
        index_of_known("ix_notice_letter", "letter_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(Word(NoticeKind))
    state: Mapped[NoticeState] = mapped_column(Word(NoticeState), default=NoticeState.NEW)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    work_item_id: Mapped[int | None] = mapped_column(ForeignKey("work_item.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
