"""Letters to clients leave, and what clients answer is brought with its files."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from engine.adapters.mail import Attachment, Letter, MailFailed, MailRefused, time_to_send
from engine.adapters.mailbox import MailboxFailed, RawMessage, reply_address
from engine.adapters.received_letters import LARGEST_LETTER, NOTHING_SAID, read_letter
from engine.adapters.received_mail import LARGEST_MESSAGE, ReceivedMessage
from engine.commands.client_answers import BroughtLetter
from engine.commands.client_letters import (
    client_letter_failed,
    client_letter_left,
    client_letter_unsent,
    hold_client_letter_back,
)
from engine.commands.stored_files import bring_file
from engine.db.job import Job
from engine.db.outbox import LEASE, JobTaken
from engine.policy.file_kinds import FileRefused
from engine.policy.file_limits import limits_of
from engine.queries.client_letters import LeavingLetter, LetterFile, leaving_letter, still_leaves
from engine.queries.stored_files import content_of
from tasks.happening import Happening, NotDone, Prepared, Settle
from tasks.services import Services

_logger = logging.getLogger(__name__)


def prepare_client_letter(services: Services, session: Session, job: Job) -> Prepared:
    """Send one letter. One that has left is not sent again, whoever performs its job twice.

    One with large files may be under way for longer than a job is held: nobody begins to send it again.
    """
    leaving = leaving_letter(session, int(job.payload["letter_id"]))
    if leaving is None:
        return Prepared(lambda _session: None)
    letter = _letter(services, leaving)
    missing = leaving.missing + len(leaving.files) - len(letter.attachments)
    begin = partial(_begin, services=services, job=job, letter=letter, leaving=leaving, missing=missing)
    return Prepared(begin, lease=LEASE + timedelta(seconds=time_to_send(letter)))


def _begin(
    session: Session, *, services: Services, job: Job, letter: Letter, leaving: LeavingLetter, missing: int
) -> Happening | None:
    """What was erased while the letter was read with its files does not leave: the letter is read anew."""
    if missing:
        hold_client_letter_back(session, leaving.id, missing, clock=services.clock)
        return None
    if not still_leaves(session, leaving):
        raise JobTaken
    return partial(_send, services, job, letter, leaving.id)


def _send(services: Services, job: Job, letter: Letter, letter_id: int) -> Settle:
    has_failed = partial(client_letter_failed, letter_id=letter_id, clock=services.clock)
    try:
        refused = services.mailer.send(letter)
    except MailRefused as told:
        return partial(has_failed, error=str(told.params["answer"]), for_good=True)
    except MailFailed as told:
        raise NotDone(told, partial(has_failed, error=str(told.params["answer"]), attempts=job.attempts)) from told
    if services.settings.smtp_url is None:  # the log says what would be sent
        return partial(client_letter_unsent, letter_id=letter_id)
    return partial(client_letter_left, letter_id=letter_id, refused=refused, clock=services.clock)


def _letter(services: Services, leaving: LeavingLetter) -> Letter:
    """An answer comes back to us where we have a mailbox, else to whoever wrote the letter.

    A file that is erased meanwhile is not among its attachments.
    """
    return Letter(
        key=leaving.key,
        to=leaving.to[0],
        also_to=leaving.to[1:],
        subject=leaving.subject,
        text="\n\n".join(part for part in (leaving.text, leaving.quoted) if part) + "\n",
        written_at=leaving.written_at,
        reply_to=reply_address(services.settings.imap_url, leaving.key) or leaving.writer_address,
        follows=leaving.follows,
        writer=leaving.writer,
        attachments=tuple(one for file in leaving.files if (one := _attachment(services, file)) is not None),
    )


def _attachment(services: Services, file: LetterFile) -> Attachment | None:
    content = b"".join(content_of(services.database, file.sha256))
    return Attachment(file.name, file.media_type, content) if len(content) == file.size else None


def bring_letter(services: Services, message: RawMessage, answer: ReceivedMessage) -> BroughtLetter:
    """Read a client's letter, the whole of it where it has files, and keep their contents.

    What a program wrote has no files that anybody needs. Of a letter that the mailbox does not give as a whole its
    beginning is taken: nobody's letter keeps those behind it from being read.
    """
    if answer.failure:
        return BroughtLetter(NOTHING_SAID)
    raw, is_whole = message.raw, len(message.raw) < LARGEST_MESSAGE
    if not is_whole and not answer.is_automatic:
        try:
            raw, is_whole = message.read(LARGEST_LETTER), True
        except MailboxFailed as failure:
            _logger.warning("A letter of a client is read no further than its beginning: %s", failure)
    letter = read_letter(raw, is_whole=is_whole)
    if answer.is_automatic:
        return BroughtLetter(letter)
    files, left_out = [], list(letter.left_out)
    for file in letter.files:
        try:
            files.append(
                bring_file(
                    services.database,
                    file.name,
                    file.content,
                    limits=limits_of(services.settings),
                    clock=services.clock,
                )
            )
        except FileRefused as refused:
            left_out.append((file.name, refused.code))
    return BroughtLetter(letter, tuple(files), tuple(left_out))
