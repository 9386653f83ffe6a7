"""The certificate with which the company seals its approval sheets."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.adapters.company_seal import CompanySeal
from engine.clock import Clock
from engine.commands.history import record
from engine.events import SealChanged
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.sealed_paper import Seal


def change_seal(
    session: Session, seal: CompanySeal, pkcs12_file: bytes, password: str, *, actor: Actor, clock: Clock
) -> Seal:
    """Seal with the company's own certificate from now on; sheets that were issued keep theirs.

    Raises AbilityMissing, SealNotReadable, SealExpired.
    """
    if not actor.is_system:
        ensure_may(actor, Ability.MANAGE_SEAL)
    changed = seal.put(pkcs12_file, password, at=clock.now())
    event = SealChanged(owner=changed.owner, certificate=changed.certificate, until=changed.until.date().isoformat())
    record(session, event, actor=actor, at=clock.now())
    return changed
