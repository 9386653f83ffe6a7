"""Letters that were written, the links that they carry, and what was answered to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment, Word


class LetterState(StrEnum):
    WAITING = "waiting"  # to be sent, or to be sent again
    SENT = "sent"  # a server has taken it
    EMPTY = "empty"  # what it would have told was over before it could leave
    REFUSED = "refused"  # the server says that it will never take it, or it came back
    GIVEN_UP = "given_up"  # tried too often; an administrator may have it tried again


class Channel(StrEnum):
    """By what a person is reached."""

    MAIL = "mail"
    TELEGRAM = "telegram"


class Letter(Base):
    """What one person is told at once, by one channel.

    ``key`` is random: the Message-ID is made of it, and the address to which a reply goes.

    ``deal_id`` is set when everything in it is about one deal. ``last_error`` says what the server answered.
    ``may_have_left``: it was handed over and no answer came, so that it may arrive twice.
    """

    __tablename__ = "letter"
    is_plain = True
    __table_args__ = (
        Index("ix_letter_state_written", "state", "written_at"),
        Index("ix_letter_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    channel: Mapped[Channel] = mapped_column(Word(Channel), default=Channel.MAIL)
    state: Mapped[LetterState] = mapped_column(Word(LetterState), default=LetterState.WAITING)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    job_id: Mapped[str] = mapped_column(String(32))
    written_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    may_have_left: Mapped[bool] = mapped_column(default=False)
    last_error: Mapped[str] = mapped_column(Text, default="")


class MailLink(Base):
    """A link of a letter to the decision about one step, for one person.

    Only the SHA-256 of its 256 random bits is kept. ``item_version`` and ``content_hash`` say what the letter showed;
    ``outcome`` and ``comment`` are what a reply proposed. It serves one decision, until ``expires_at``.
    """

    __tablename__ = "mail_link"
    is_plain = True
    __table_args__ = (Index("ix_mail_link_work_item", "work_item_id"), Index("ix_mail_link_expires", "expires_at"))

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    work_item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"))
    item_version: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(200), default="")
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class ProposedDecision(Base):
    """What a person answered by mail about a step: a draft that they have to confirm here. The latest one counts."""

    __tablename__ = "proposed_decision"

    work_item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(200))
    comment: Mapped[str] = mapped_column(Text, default="")
    received_at: Mapped[datetime] = mapped_column(Moment)


class ReceivedMail(Base):
    """A message that was read from the mailbox; ``id`` is the SHA-256 of its Message-ID, or of all of it.

    ``became`` says what came of it, for an administrator.
    """

    __tablename__ = "received_mail"
    __table_args__ = (Index("ix_received_mail_received", "received_at"), Index("ix_received_mail_letter", "letter_id"))

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    became: Mapped[str] = mapped_column(String(24))
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
    received_at: Mapped[datetime] = mapped_column(Moment)


class MailboxPlace(Base):
    """How far a mailbox is read. Its numbers (UID) grow as long as ``uid_validity`` is the same (RFC 3501, 2.3.1.1).

    One worker reads it until ``lease_until``. ``asked_at`` is when a worker last began to read it, ``read_at`` when it
    was last read without a failure.
    """

    __tablename__ = "mailbox_place"

    mailbox: Mapped[str] = mapped_column(String(300), primary_key=True)
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[str] = mapped_column(Text, default="")
