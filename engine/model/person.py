"""People who sign in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from engine.alphabet import sort_key
from engine.db.base import Base
from engine.db.types import Identity, Moment, SortKey, Word, key_of
from engine.model.department import Department


class Role(StrEnum):
    """What a person mainly does here; departments add what they may act on."""

    MANAGER = "manager"
    APPROVER = "approver"
    HEAD = "head"
    OWNER = "owner"
    ADMINISTRATOR = "administrator"


OWNERS = (Role.MANAGER, Role.HEAD)
"""Who may own deals."""


class Person(Base):
    """``session_stamp`` changes with the password, so that old sessions end. ``locale`` is uk or en."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    full_name: Mapped[str] = mapped_column(String(200))
    position: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    session_stamp: Mapped[str] = mapped_column(String(32), default="")
    role: Mapped[Role] = mapped_column(Word(Role))
    is_active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str] = mapped_column(String(8), default="uk")
    theme: Mapped[str] = mapped_column(String(8), default="auto")
    created_at: Mapped[datetime] = mapped_column(Moment)
    search_text: Mapped[str] = mapped_column(default="")
    sort_key: Mapped[str] = mapped_column(SortKey, default=key_of("full_name"))

    departments: Mapped[list[Department]] = relationship(
        secondary="membership", lazy="selectin", order_by="(Department.sort_key, Department.id)"
    )

    @validates("full_name")
    def _keep_in_order(self, _field: str, name: str) -> str:
        self.sort_key = sort_key(name)
        return name
