"""The list of reasons why deals end without a sale: add, rename, order, archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.locks import lock_company_lists
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput, NotFound
from engine.events import LossReasonAdded, LossReasonArchived, LossReasonMoved, LossReasonRenamed, LossReasonRestored
from engine.model.loss_reason import LossReason
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.search_keys import fold
from engine.policy.visible_names import is_invisible

LONGEST_NAME = 100
LONGEST_KEY = 200
"""Some letters are compared as several."""
MOST_REASONS = 100


class LossReasonKnown(DomainError):
    code: ClassVar[str] = "loss_reason_known"
    template: ClassVar[str] = N_("The list has “%(name)s” already, in use or archived.")


def add_loss_reason(session: Session, name: str, *, actor: Actor, clock: Clock) -> LossReason:
    """Add a reason behind the others. Raises NotAllowed, InvalidInput."""
    ensure_may(actor, Ability.MANAGE_LOSS_REASONS)
    known = _all(session)
    said = _name_given(name, known)
    if len(known) >= MOST_REASONS:
        raise InvalidInput({"name": FieldNotUnderstood(value=said, expected=N_("one of at most 100 reasons"))})
    reason = LossReason(name=said, name_key=fold(said), position=max((one.position for one in known), default=0) + 1)
    session.add(reason)
    session.flush()
    record(session, LossReasonAdded(reason_id=reason.id, name=said), actor=actor, at=clock.now())
    return reason


def add_usual_loss_reasons(session: Session, names: Sequence[str], *, actor: Actor, clock: Clock) -> None:
    """Add those of ``names`` that the list does not have. Raises NotAllowed, InvalidInput."""
    ensure_may(actor, Ability.MANAGE_LOSS_REASONS)
    known = {one.name_key for one in _all(session)}
    for name in names:
        if fold(name) not in known:
            add_loss_reason(session, name, actor=actor, clock=clock)


def rename_loss_reason(session: Session, reason_id: int, name: str, *, actor: Actor, clock: Clock) -> LossReason:
    """Reports count by the new name from now on; what deals were told when they ended stays as it was said.

    Raises NotFound, NotAllowed, InvalidInput.
    """
    reason, known = _locked(session, reason_id, actor)
    said = _name_given(name, [one for one in known if one.id != reason.id])
    if said != reason.name:
        record(
            session,
            LossReasonRenamed(reason_id=reason.id, name=said, previous=reason.name),
            actor=actor,
            at=clock.now(),
        )
        reason.name, reason.name_key = said, fold(said)
    return reason


def move_loss_reason(session: Session, reason_id: int, *, by: int, actor: Actor, clock: Clock) -> LossReason:
    """Move a reason up (``by`` -1) or down (1) among those in use; at the end of the list nothing happens.

    Raises NotFound, NotAllowed.
    """
    reason, known = _locked(session, reason_id, actor)
    in_use = [one for one in known if one.archived_at is None]
    place = in_use.index(reason) + (1 if by > 0 else -1) if reason in in_use else -1
    if 0 <= place < len(in_use):
        other = in_use[place]
        reason.position, other.position = other.position, reason.position
        event = LossReasonMoved(reason_id=reason.id, name=reason.name, place=place + 1)
        record(session, event, actor=actor, at=clock.now())
    return reason


def archive_loss_reason(session: Session, reason_id: int, *, actor: Actor, clock: Clock) -> LossReason:
    """It is offered no more; deals and reports keep it. Raises NotFound, NotAllowed."""
    reason, _ = _locked(session, reason_id, actor)
    if reason.archived_at is None:
        reason.archived_at = clock.now()
        event = LossReasonArchived(reason_id=reason.id, name=reason.name)
        record(session, event, actor=actor, at=clock.now())
    return reason


def restore_loss_reason(session: Session, reason_id: int, *, actor: Actor, clock: Clock) -> LossReason:
    """It is offered again, behind the others. Raises NotFound, NotAllowed."""
    reason, known = _locked(session, reason_id, actor)
    if reason.archived_at is not None:
        reason.archived_at, reason.position = None, max(one.position for one in known) + 1
        event = LossReasonRestored(reason_id=reason.id, name=reason.name)
        record(session, event, actor=actor, at=clock.now())
    return reason


def _all(session: Session) -> list[LossReason]:
    """In their order. Two who change the list at once come one after the other."""
    lock_company_lists(session)
    return list(session.scalars(select(LossReason).order_by(LossReason.position, LossReason.id)))


def _locked(session: Session, reason_id: int, actor: Actor) -> tuple[LossReason, list[LossReason]]:
    ensure_may(actor, Ability.MANAGE_LOSS_REASONS)
    known = _all(session)
    reason = next((one for one in known if one.id == reason_id), None)
    if reason is None:
        raise NotFound
    return reason, known


def _name_given(name: str, others: Sequence[LossReason]) -> str:
    said = " ".join(name.split())
    if is_invisible(said):
        raise InvalidInput({"name": FieldRequired(label=N_("Reason"))})
    if len(said) > LONGEST_NAME or len(fold(said)) > LONGEST_KEY:
        raise InvalidInput({"name": FieldNotUnderstood(value=said, expected=N_("at most 100 characters"))})
    if fold(said) in {one.name_key for one in others}:
        raise InvalidInput({"name": LossReasonKnown(name=said)})
    return said
