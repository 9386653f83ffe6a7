"""What people wrote in a deal, as it is searched: letters with the client, and comments."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity


class WrittenText(Base):
    """One for each letter (``letter_id``) and for each entry of the deal's history that holds a comment (``number``).

    A trigger of the database deletes it as soon as the letter or the entry says something else (migration 0070).
    """

    __tablename__ = "written_text"
    is_plain = True
    __table_args__ = (UniqueConstraint("deal_id", "number"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    number: Mapped[int | None]
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("client_letter.id", ondelete="CASCADE"), unique=True)
    search_text: Mapped[str] = mapped_column(Text)
