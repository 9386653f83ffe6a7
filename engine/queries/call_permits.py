"""What maps may call, for the administrator; and what stands against the calls of a map."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.call_permit import CallHost, CallSecret
from engine.policy.permissions import Ability, Actor
from engine.queries.scopes import ensure_sees


@dataclass(frozen=True, slots=True)
class HostRow:
    id: int
    host: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class SecretRow:
    """Never the secret itself."""

    id: int
    name: str
    host: str
    set_at: datetime


def allowed_hosts(session: Session, actor: Actor) -> tuple[HostRow, ...]:
    """By name. Raises NotFound for those who do not manage connectors."""
    ensure_sees(actor, Ability.MANAGE_CONNECTORS)
    return tuple(
        HostRow(row.id, row.host, row.added_at) for row in session.scalars(select(CallHost).order_by(CallHost.host))
    )


def known_secrets(session: Session, actor: Actor) -> tuple[SecretRow, ...]:
    """By name. Raises NotFound for those who do not manage connectors."""
    ensure_sees(actor, Ability.MANAGE_CONNECTORS)
    return tuple(
        SecretRow(row.id, row.name, row.host, row.set_at)
        for row in session.scalars(select(CallSecret).order_by(CallSecret.name))
    )


def is_allowed(session: Session, host: str) -> bool:
    """Whether maps may call the host."""
    return session.scalar(select(CallHost.id).where(CallHost.host == host)) is not None


def secrets_for(session: Session, host: str) -> dict[str, str]:
    """The sealed secrets that may be sent to the host, by name."""
    rows = session.execute(select(CallSecret.name, CallSecret.sealed).where(CallSecret.host == host))
    return {row.name: row.sealed for row in rows}
