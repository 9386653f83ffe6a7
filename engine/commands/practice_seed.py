"""The company inside a practice: people, departments, calendars, substitutions, fields, and the map that is tried."""

from __future__ import annotations

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from engine.db.base import Base
from engine.db.sandbox import Sandbox
from engine.model.calendar import Calendar, CalendarException
from engine.model.department import Department, Membership
from engine.model.own_field import OwnField
from engine.model.person import Person
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.substitution import Substitution

_COPIED: tuple[type[Base], ...] = (Calendar, CalendarException, Person, Department, Membership, Substitution, OwnField)
_SECRET = {"password_hash": None, "session_stamp": "", "email": "", "phone": ""}


def seed(sandbox: Sandbox, session: Session, definition: ProcessDefinition) -> None:
    """Copy from ``session`` into an empty sandbox, row numbers included. The map is live there, whatever it is here.

    No password, address or telephone number is copied, no deal, client or token: nothing there can be done for real.
    """
    rows = {model: _rows(session, model) for model in _COPIED}
    with sandbox.write() as inside:
        inside.execute(text("PRAGMA defer_foreign_keys=ON"))  # departments name each other, and people name them
        for model, copied in rows.items():
            if copied:
                inside.execute(insert(model), copied)
        inside.add(
            ProcessDefinition(
                id=definition.id,
                key=definition.key,
                version=definition.version,
                name=definition.name,
                state=DefinitionState.PUBLISHED,
                compiled=definition.compiled,
                content_hash=definition.content_hash,
                findings=[],
                called=dict(definition.called),
                created_at=definition.created_at,
            )
        )


def _rows(session: Session, model: type[Base]) -> list[dict[str, object]]:
    columns = [column for column in model.__table__.columns if column.name not in _SECRET]
    hidden = {name: value for name, value in _SECRET.items() if name in model.__table__.columns}
    return [{**row, **hidden} for row in session.execute(select(*columns)).mappings()]
