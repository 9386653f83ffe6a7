"""Which organisation this is: people, departments and calendars are kept in memory as long as it stays the same."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import String, event, update
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column, object_session

from engine.db.base import Base
from engine.model.calendar import Calendar, CalendarException
from engine.model.department import Department, Membership
from engine.model.person import Person

_CHANGED = "organisation_changed"


class OrganisationRevision(Base):
    """One row. ``token`` is a new random one after every transaction that changed something of the organisation.

    It is random, not counted: what was rolled back must never have the name of what is committed next.
    """

    __tablename__ = "organisation_revision"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(String(32))


def organisation_changed(session: Session) -> None:
    """To be called where people, departments or calendars are changed otherwise than as objects of the session."""
    session.info[_CHANGED] = True


def has_changed_organisation(session: Session) -> bool:
    """Whether this very transaction has changed something of it."""
    return _CHANGED in session.info


@event.listens_for(Session, "before_commit")
def _renew(session: Session) -> None:
    """Last of all, so that two who change the organisation wait for each other no longer than a commit takes."""
    session.flush()
    if session.info.pop(_CHANGED, False):
        session.execute(update(OrganisationRevision).values(token=uuid.uuid4().hex))


def _note(_mapper: Mapper[Any], _connection: Any, changed: Any) -> None:
    session = object_session(changed)
    if session is not None:
        organisation_changed(session)


for _model in (Person, Department, Membership, Calendar, CalendarException):
    for _moment in ("after_insert", "after_update", "after_delete"):
        event.listen(_model, _moment, _note)
