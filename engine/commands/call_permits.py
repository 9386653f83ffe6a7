"""Which hosts maps may call, and the secrets that are sent there: the administrator's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput
from engine.events import CallHostAllowed, CallHostForbidden, CallSecretRemoved, CallSecretSet
from engine.model.call_permit import CallHost, CallSecret
from engine.policy.permissions import Ability, Actor, ensure_may

LONGEST_SECRET = 4_000
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}(?::|$)){_LABEL}(?:\.{_LABEL})*(?::(?P<port>[1-9][0-9]{{0,4}}))?")
_LAST_PORT = 65_535
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


class HostNotAllowed(DomainError):
    code: ClassVar[str] = "host_not_allowed"
    template: ClassVar[str] = N_("Allow %(host)s first: a secret is sent to an allowed host only.")


class SecretHasLineBreaks(DomainError):
    code: ClassVar[str] = "secret_has_line_breaks"
    template: ClassVar[str] = N_("A secret is one line of text.")


def allow_host(session: Session, host: str, *, actor: Actor, clock: Clock) -> CallHost:
    """Let maps call ``host``; one that is allowed already stays so. Raises NotAllowed, InvalidInput."""
    ensure_may(actor, Ability.MANAGE_CONNECTORS)
    wanted = host.strip().casefold().removeprefix("https://").rstrip("/").removesuffix(":443")
    named = _HOST.fullmatch(wanted)
    if named is None or int(named["port"] or 1) > _LAST_PORT:
        raise InvalidInput({"host": FieldNotUnderstood(value=host[:80], expected=N_("the name of a host"))})
    known = session.scalar(select(CallHost).where(CallHost.host == wanted))
    if known is not None:
        return known
    row = CallHost(host=wanted, added_at=clock.now(), added_by_id=actor.recorded_id)
    session.add(row)
    session.flush()
    record(session, CallHostAllowed(host=wanted), actor=actor, at=clock.now())
    return row


def forbid_host(session: Session, host_id: int, *, actor: Actor, clock: Clock) -> None:
    """Let no map call it any more. Its secrets stay, and are sent nowhere. Taken back already, nothing happens.

    Raises NotAllowed.
    """
    ensure_may(actor, Ability.MANAGE_CONNECTORS)
    row = session.get(CallHost, host_id, with_for_update=True)
    if row is None:
        return  # a second press, or somebody else was faster: it is as was asked for
    session.delete(row)
    record(session, CallHostForbidden(host=row.host), actor=actor, at=clock.now())


def set_secret(
    session: Session, name: str, host: str, value: str, *, seal: Callable[[str], str], actor: Actor, clock: Clock
) -> CallSecret:
    """Keep a secret, sealed, under ``name``, in place of the one that was there. It is sent to ``host`` only.

    Raises NotAllowed, InvalidInput.
    """
    ensure_may(actor, Ability.MANAGE_CONNECTORS)
    errors: dict[str, DomainError] = {}
    if not _NAME.fullmatch(name.strip()):
        errors["name"] = FieldNotUnderstood(value=name[:80], expected=N_("a name of Latin letters, digits, - and _"))
    if not value:
        errors["value"] = FieldRequired(label=N_("Secret"))
    elif len(value) > LONGEST_SECRET or any(ord(character) < ord(" ") for character in value):
        errors["value"] = SecretHasLineBreaks()
    if session.scalar(select(CallHost.id).where(CallHost.host == host)) is None:
        errors["secret_host"] = HostNotAllowed(host=host or "–")
    if errors:
        raise InvalidInput(errors)
    row = session.scalar(select(CallSecret).where(CallSecret.name == name.strip()).with_for_update())
    if row is None:
        row = CallSecret(name=name.strip())
        session.add(row)
    row.host, row.sealed, row.set_at, row.set_by_id = host, seal(value), clock.now(), actor.recorded_id
    session.flush()
    record(session, CallSecretSet(name=row.name, host=host), actor=actor, at=clock.now())
    return row


def remove_secret(session: Session, secret_id: int, *, actor: Actor, clock: Clock) -> None:
    """Keep it no longer. Removed already, nothing happens. Raises NotAllowed."""
    ensure_may(actor, Ability.MANAGE_CONNECTORS)
    row = session.get(CallSecret, secret_id, with_for_update=True)
    if row is None:
        return
    session.delete(row)
    record(session, CallSecretRemoved(name=row.name), actor=actor, at=clock.now())
