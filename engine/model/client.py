"""Clients and the people there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from engine.alphabet import sort_key
from engine.db.base import Base
from engine.db.types import Identity, Json, Moment, SortKey, key_of, likeness_of
from engine.likeness import LONGEST_LIKENESS, likeness_key
from engine.model.person import Person


class Client(Base):
    """``phone`` is E.164 where it could be read. ``search_text`` holds every spelling that finds the client.

    ``likeness`` is what its name has in common with other spellings of it. A client that was merged into another one
    stays as a tombstone, with its card as it was: ``merged_into_id`` is the client that it is a part of now, never a
    tombstone itself. No step asks for either. The id of one who was taken back with a list is never given to another:
    history, merges and other programs know clients by it.
    """

    __tablename__ = "client"
    __table_args__ = (
        Index("ix_client_name", "name", "id"),
        Index("ix_client_sort_key", "sort_key", "id"),
        Index("ix_client_phone", "phone"),
        Index("ix_client_email", "email"),
        Index("ix_client_likeness", "likeness"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(300))
    edrpou: Mapped[str] = mapped_column(String(12), default="", index=True)
    segment: Mapped[str] = mapped_column(String(100), default="")
    source: Mapped[str] = mapped_column(String(100), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    fields: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)
    search_text: Mapped[str] = mapped_column(default="")
    sort_key: Mapped[str] = mapped_column(SortKey, default=key_of("name"))
    likeness: Mapped[str] = mapped_column(String(LONGEST_LIKENESS), default=likeness_of("name"), deferred=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), index=True, deferred=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy's own spelling

    owner: Mapped[Person | None] = relationship()

    @validates("name")
    def _keep_in_order(self, _field: str, name: str) -> str:
        self.sort_key, self.likeness = sort_key(name), likeness_key(name)
        return name


class Contact(Base):
    """``fields`` are the values of the company's own fields of a contact.

    Merges and imports that are taken back remove contacts. The id of one is never given to another: history, lists and
    other programs know them by it.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_sort_key", "sort_key", "id"),
        Index("ix_contact_phone", "phone"),
        Index("ix_contact_email", "email"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    full_name: Mapped[str] = mapped_column(String(200))
    position: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    fields: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment)
    search_text: Mapped[str] = mapped_column(default="")
    sort_key: Mapped[str] = mapped_column(SortKey, default=key_of("full_name"))

    client: Mapped[Client] = relationship()

    @validates("full_name")
    def _keep_in_order(self, _field: str, name: str) -> str:
        self.sort_key = sort_key(name)
        return name
