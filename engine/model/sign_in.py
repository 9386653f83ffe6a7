"""Sign-ins and tries at them: who came in, from where, who did not, and whose sessions were ended."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment, Word


class SignInKind(StrEnum):
    SIGNED_IN = "signed_in"
    FAILED = "failed"
    SIGNED_OUT = "signed_out"
    ENDED = "ended"  # somebody else ended all sessions of the person, or the person all but their own


class SignInWay(StrEnum):
    PASSWORD = "password"  # noqa: S105  # a word
    PROVIDER = "provider"  # an account of the company
    LINK = "link"  # the password was chosen by a link
    TOKEN = "token"  # noqa: S105  # a program; the first call of a day
    DEMO = "demo"  # one click in the demo company


class SignIn(Base):
    """``person_id`` is None where the ``login`` that was tried, or the account's address, is nobody's.

    ``reason`` is why it failed or why sessions ended: a word of engine/commands/sign_ins.py, or the code of an error.
    ``browser`` is its name and system. ``device`` is the SHA-256 of what its own cookie holds, by which it is known
    again, or of the token. ``by_id`` is who ended the sessions. ``tries``: for how many it stands, at least, see
    ``record_stopped``.
    """

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("ix_sign_in_at", "at"),
        Index("ix_sign_in_person", "person_id", "at"),
        Index("ix_sign_in_kind", "kind", "at"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[SignInKind] = mapped_column(Word(SignInKind))
    way: Mapped[SignInWay | None] = mapped_column(Word(SignInWay))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    login: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(String(64), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    browser: Mapped[str] = mapped_column(String(100), default="")
    device: Mapped[str] = mapped_column(String(64), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    tries: Mapped[int] = mapped_column(default=1, server_default="1")
