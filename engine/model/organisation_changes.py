"""Whether a transaction has itself changed the organisation: what it reads then is nobody else's yet."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Mapper, Session, object_session

from engine.model.calendar import Calendar, CalendarException
from engine.model.department import Department, Membership
from engine.model.own_field import OwnField
from engine.model.person import Person

_CHANGED = "organisation_changed"


def has_changed_organisation(session: Session) -> bool:
    """Whether this very transaction has written people, departments, calendars or own fields."""
    return _CHANGED in session.info


def _note(_mapper: Mapper[Any], _connection: Any, changed: Any) -> None:
    session = object_session(changed)
    if session is not None:
        session.info[_CHANGED] = True


for _model in (Person, Department, Membership, Calendar, CalendarException, OwnField):
    for _moment in ("after_insert", "after_update", "after_delete"):
        event.listen(_model, _moment, _note)
