"""The company's own fields of clients and contacts."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.own_field import FieldSubject
from engine.policy.own_fields import KnownField
from engine.policy.permissions import Ability, Actor
from engine.queries.organisation import organisation
from engine.queries.scopes import ensure_sees


def own_fields(session: Session, subject: FieldSubject, *, retired: bool = False) -> tuple[KnownField, ...]:
    """Those in use in their order, or the retired ones."""
    known = organisation(session).own_fields
    return tuple(one for one in known if one.subject is subject and one.is_retired is retired)


def managed_fields(session: Session, actor: Actor, subject: FieldSubject) -> tuple[KnownField, ...]:
    """All of them, retired ones last. Raises NotFound for who may not set them up."""
    ensure_sees(actor, Ability.MANAGE_FIELDS)
    found = (one for one in organisation(session).own_fields if one.subject is subject)
    return tuple(sorted(found, key=lambda one: one.is_retired))


def managed_field(session: Session, actor: Actor, field_id: int) -> KnownField:
    """Raises NotFound."""
    ensure_sees(actor, Ability.MANAGE_FIELDS)
    found = next((one for one in organisation(session).own_fields if one.id == field_id), None)
    if found is None:
        raise NotFound
    return found
