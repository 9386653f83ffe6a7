"""Letters between the company and a client, each in the deal that it is about."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.indexes import index_where
from engine.db.types import Identity, Json, Moment, Word


class ClientLetterState(StrEnum):
    WAITING = "waiting"  # to be sent, or to be sent again
    SENT = "sent"  # a server has taken it
    REFUSED = "refused"  # the server says that it will never take it, or it came back
    GIVEN_UP = "given_up"  # tried too often
    INCOMPLETE = "incomplete"  # it has not left, because a file that was to go with it is gone
    UNSENT = "unsent"  # this installation has no mail server
    RECEIVED = "received"  # the client wrote it


class ClientLetter(Base):
    """``key`` of a letter of ours is random: the Message-ID is made of it, and the address to which an answer goes.

    ``person_id`` is who wrote it, None where the client did; ``sender`` and ``sender_name`` are then what the letter
    says of itself, and ``is_known`` whether the address is the client's, as far as we knew then. ``receivers`` are
    ``[{"address", "name"}]``. ``quoted`` is what a letter repeats of those before it. ``file_ids`` are
    versions of the deal's files, ``left_out`` what came with it and was not kept, or what it left without:
    ``[{"name", "problem"}]``.

    ``answers_id`` is the letter that this one answers; ``message_id`` is a received letter's own, for who answers it.
    ``unread_since`` is when a letter came that nobody of the deal's people has said to have read.
    ``is_automatic``: a program wrote it. ``last_error`` says why it has not left, or came back.
    """

    __tablename__ = "client_letter"
    __table_args__ = (
        Index("ix_client_letter_deal", "deal_id", "id"),
        Index("ix_client_letter_answers", "answers_id"),
        index_where("unread_since IS NOT NULL", "ix_client_letter_unread", "deal_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    key: Mapped[str | None] = mapped_column(String(32), unique=True)
    state: Mapped[ClientLetterState] = mapped_column(Word(ClientLetterState))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    sender: Mapped[str] = mapped_column(String(254), default="")
    sender_name: Mapped[str] = mapped_column(String(200), default="")
    is_known: Mapped[bool] = mapped_column(default=True)
    is_automatic: Mapped[bool] = mapped_column(default=False)
    receivers: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    quoted: Mapped[str] = mapped_column(Text, default="")
    file_ids: Mapped[list[int]] = mapped_column(Json, default=list)
    left_out: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("client_letter.id"))
    message_id: Mapped[str] = mapped_column(String(300), default="")
    job_id: Mapped[str] = mapped_column(String(32), default="")
    written_at: Mapped[datetime] = mapped_column(Moment)
    unread_since: Mapped[datetime | None] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[str] = mapped_column(Text, default="")
