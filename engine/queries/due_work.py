"""What waits for a worker: one look at all of it, because mostly nothing does."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, exists, func, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from engine.db.glance import glance_at
from engine.db.job import Job, JobState
from engine.db.session import Database
from engine.db.types import Moment
from engine.model.heartbeat import WORKER, Heartbeat
from engine.model.history_event import HistoryEvent
from engine.model.letter import MailboxPlace
from engine.model.notice import Notice, NoticeState
from engine.model.saved_report import SavedReport
from engine.model.telegram import TelegramBot
from engine.model.timer import Timer
from engine.model.webhook import Webhook
from engine.model.work_item import WorkItem
from engine.queries.webhooks import REVIVED_AFTER

BEATS_EVERY = timedelta(seconds=9)
"""How old a worker's sign of life becomes, before the next round: they come every two seconds."""

TELEGRAM_EVERY = timedelta(seconds=3)
"""How long the bot is left alone after it was asked: it is asked with every second round."""
MAILBOX_EVERY = timedelta(seconds=29)
"""How long the mailbox is left alone after it was asked: it is asked with every fifteenth round."""


class Work(StrEnum):
    """Each may be said although there is nothing to do: somebody else does it, or a deal is suspended.

    Telegram and the mailbox are said also where an installation has none.
    """

    JOBS = "jobs"
    TIMERS = "timers"
    ESCALATIONS = "escalations"
    REPORTS = "reports"
    NOTICES = "notices"
    SIGNATURES = "signatures"
    WEBHOOKS = "webhooks"
    HEARTBEAT = "heartbeat"
    TELEGRAM = "telegram"
    MAILBOX = "mailbox"


def due_work(database: Database, *, at: datetime, signed_up_to: int = 0) -> frozenset[Work]:
    """What there may be to do at ``at`` (aware UTC). All history up to ``signed_up_to`` is known to be signed."""
    values = {
        "at": at,
        "beaten_after": at - BEATS_EVERY,
        "signed_up_to": signed_up_to,
        "given_up_after": at - REVIVED_AFTER,
        "telegram_asked_after": at - TELEGRAM_EVERY,
        "mailbox_asked_after": at - MAILBOX_EVERY,
    }
    found = glance_at(database, _LOOK, values)
    return frozenset(work for work, is_due in zip(_WORK, found, strict=True) if is_due)


def _is_due(
    moment: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], *also: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether the earliest ``moment`` has come: the first entry of its index, whatever the moment is compared with."""
    return select(func.min(moment)).where(*also).scalar_subquery() <= _AT


def _may_be_asked(model: type[MailboxPlace | TelegramBot], after: str) -> ColumnElement[bool]:
    """Whether nobody reads it now, or has begun to since ``after``."""
    lately = model.asked_at.between(bindparam(after, type_=Moment), _AT)
    return ~exists().where(or_(lately, model.lease_until > _AT))


def _said(word: StrEnum) -> ColumnElement[str]:
    """A word as part of the statement: one that is given as a value would have it planned anew."""
    return literal_column(f"'{word}'")


_AT = bindparam("at", type_=Moment)
_NEWEST = select(func.coalesce(func.max(HistoryEvent.id), literal_column("0"))).scalar_subquery()
_WORK = {
    Work.JOBS: _is_due(Job.due_at, Job.state == _said(JobState.QUEUED)),
    Work.TIMERS: _is_due(Timer.due_at),
    Work.ESCALATIONS: _is_due(WorkItem.next_escalation_at, WorkItem.next_escalation_at.is_not(None)),
    Work.REPORTS: _is_due(SavedReport.next_at),
    Work.NOTICES: or_(
        *(_is_due(Notice.due_at, Notice.state == _said(state)) for state in (NoticeState.NEW, NoticeState.PLANNED))
    ),
    Work.SIGNATURES: bindparam("signed_up_to", type_=BigInteger) != _NEWEST,
    Work.WEBHOOKS: exists().where(
        Webhook.is_active,
        Webhook.delivered_event_id < _NEWEST,
        ~exists().where(
            Job.id == Webhook.job_id,
            or_(
                Job.state == _said(JobState.QUEUED),
                and_(Job.state == _said(JobState.FAILED), Job.due_at > bindparam("given_up_after", type_=Moment)),
            ),
        ),
    ),
    Work.HEARTBEAT: ~exists().where(
        Heartbeat.name == literal_column(f"'{WORKER}'"),
        Heartbeat.beaten_at.between(bindparam("beaten_after", type_=Moment), _AT),
    ),
    Work.TELEGRAM: _may_be_asked(TelegramBot, "telegram_asked_after"),
    Work.MAILBOX: _may_be_asked(MailboxPlace, "mailbox_asked_after"),
}
_LOOK = cast("Select[Any]", select(*(is_due.label(work) for work, is_due in _WORK.items())))
