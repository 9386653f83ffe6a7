"""Texts of the company for letters to clients, from which whoever writes begins."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity


class LetterTemplate(Base):
    """``name_key`` is the name without regard to case and spelling. Subject and text hold places that are filled in.

    The id of a removed one is never given to another: a page that was left open would remove that one.
    """

    __tablename__ = "letter_template"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(200), unique=True)
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
