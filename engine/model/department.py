"""Departments, their heads and their members."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from engine.alphabet import sort_key
from engine.bpmn.compiled import Distribution
from engine.db.base import Base
from engine.db.types import Identity, Moment, SortKey, Word, key_of


class Department(Base):
    """``name_key`` is the folded name: a lane of such a name, in any case, is this department.

    ``distribution`` is how its steps come to its members where a map says nothing; None: whoever takes them, but the
    deal's owner their own. An archived one is given nothing new; history, and what it did, keeps naming it. A deleted
    one was never used, and nothing finds its row any more.
    """

    __tablename__ = "department"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200), unique=True)
    head_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendar.id"))
    escalation: Mapped[str] = mapped_column(String(500), default="")
    distribution: Mapped[Distribution | None] = mapped_column(Word(Distribution))
    sort_key: Mapped[str] = mapped_column(SortKey, default=key_of("name"))
    archived_at: Mapped[datetime | None] = mapped_column(Moment)
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)

    @validates("name")
    def _keep_in_order(self, _field: str, name: str) -> str:
        self.sort_key = sort_key(name)
        return name


class DepartmentTurn(Base):
    """Whose turn it was last in a department. Whoever chooses among its members locks the row until the commit."""

    __tablename__ = "department_turn"

    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Membership(Base):
    """A person belongs to a department; the earliest membership is the main one."""

    __tablename__ = "membership"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), primary_key=True, index=True)
