"""Links by which people choose their password themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Moment


class PasswordLink(Base):
    """Only the SHA-256 of a link's 256 random bits is kept.

    ``session_stamp`` is the person's when the link was made: when the password is set, by whatever way, or the access
    is taken away, the person gets another stamp, and every link from before is over.
    """

    __tablename__ = "password_link"
    __table_args__ = (Index("ix_password_link_person", "person_id"), Index("ix_password_link_expires", "expires_at"))

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    session_stamp: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
