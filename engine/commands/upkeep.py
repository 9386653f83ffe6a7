"""Upkeep: what nobody will ask for again is removed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Delete, delete, exists, select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.provider_proofs import old_proofs
from engine.commands.sign_ins import too_old
from engine.db.job import Job, JobState
from engine.model.client_import import BEFORE_TAKING_OVER, ClientImport, ClientImportRow
from engine.model.deal_file import DealFile, StoredFile
from engine.model.deal_import import DealImport, DealImportRow
from engine.model.draft import CommentDraft
from engine.model.letter import Letter, LetterState, MailLink, ProposedDecision, ReceivedMail
from engine.model.notice import Notice, NoticeState
from engine.model.password_link import PasswordLink
from engine.model.performed_command import PerformedCommand
from engine.model.practice import Practice
from engine.model.service_call import CallState, ServiceCall
from engine.model.telegram import TelegramCode

COMMANDS_KEPT = timedelta(days=7)
"""How long a repeated command is still answered with what the first one did."""
JOBS_KEPT = timedelta(days=7)
"""How long a job that is done can still be looked at. Jobs that failed stay."""
CALLS_KEPT = timedelta(days=30)
"""How long a call that is over can still be asked for by its id; the deal's history keeps what came of it."""

CONTENTS_KEPT = timedelta(days=1)
"""How long the content of a file is kept that was brought and never added to anything."""
COMMENTS_KEPT = timedelta(days=90)
"""How long a comment is kept that somebody began to write."""
PRACTICES_KEPT = timedelta(days=30)
"""How long a practice deal that nobody goes on with is kept."""


LISTS_KEPT = timedelta(days=2)
"""How long a list of clients or a file of deals is kept that somebody brought and never took over."""
ROWS_KEPT = timedelta(days=30)
"""How long an import can be taken back, and its refused rows be fetched to be mended."""


MAIL_KEPT = timedelta(days=180)
"""How long a letter is known after it was written: to look at, and for an answer to it to be understood."""


def prune(session: Session, *, clock: Clock) -> int:
    """Remove what is too old: commands, jobs, calls, letters, links, lists, sign-ins, begun comments, practice deals.

    How many went.
    """
    at = clock.now()
    gone = 0
    for statement in (
        delete(PerformedCommand).where(PerformedCommand.performed_at < at - COMMANDS_KEPT),
        delete(ServiceCall).where(
            ServiceCall.state.in_((CallState.DONE, CallState.CANCELLED)), ServiceCall.done_at < at - CALLS_KEPT
        ),
        delete(StoredFile).where(
            StoredFile.touched_at < at - CONTENTS_KEPT,
            ~select(DealFile.id).where(DealFile.sha256 == StoredFile.sha256).exists(),
        ),
        *_old_lists(at),
        *_old_mail(at),
        *too_old(session, at),
        old_proofs(at),
        delete(PasswordLink).where(PasswordLink.expires_at < at),
        delete(TelegramCode).where(TelegramCode.expires_at < at),
        delete(CommentDraft).where(CommentDraft.saved_at < at - COMMENTS_KEPT),
        delete(Practice).where(Practice.touched_at < at - PRACTICES_KEPT),
        delete(Job).where(Job.state == JobState.DONE, Job.due_at < at - JOBS_KEPT, Job.done_at < at - JOBS_KEPT),
    ):
        gone += session.execute(statement).rowcount  # type: ignore[attr-defined]  # a CursorResult
    return gone


def _old_lists(at: datetime) -> tuple[Delete, ...]:
    return (*_old_imports(ClientImport, ClientImportRow, at), *_old_imports(DealImport, DealImportRow, at))


def _old_imports(
    of: type[ClientImport | DealImport], rows: type[ClientImportRow | DealImportRow], at: datetime
) -> tuple[Delete, ...]:
    never_taken = of.state.in_(BEFORE_TAKING_OVER), of.uploaded_at < at - LISTS_KEPT
    lists = select(of.id).where(*never_taken)
    over = select(of.id).where(of.finished_at < at - ROWS_KEPT)
    return (
        delete(rows).where(rows.import_id.in_(lists)),
        delete(of).where(*never_taken),
        delete(rows).where(rows.import_id.in_(over)),
    )


def _old_mail(at: datetime) -> tuple[Delete, ...]:
    """A letter goes when nothing names it any more: an answer to it may have come much later."""
    before = at - MAIL_KEPT
    over = (NoticeState.TOLD, NoticeState.DROPPED)
    named = (exists().where(model.letter_id == Letter.id) for model in (Notice, MailLink, ReceivedMail))
    return (
        delete(Notice).where(Notice.state.in_(over), Notice.created_at < before),
        delete(MailLink).where(MailLink.expires_at < before),
        delete(ProposedDecision).where(ProposedDecision.received_at < before),
        delete(ReceivedMail).where(ReceivedMail.received_at < before),
        delete(Letter).where(Letter.state != LetterState.WAITING, Letter.written_at < before, *(~one for one in named)),
    )
