"""Cancelling a deal that its map does not end, and opening a cancelled one again."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.calls import cancel_calls
from engine.commands.client_decisions import ensure_none_spared_since, tell_spared
from engine.commands.deals import DealClosed
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.incidents import close_open_incidents
from engine.commands.interventions import keep, last_of, reason_given, withdraw_all
from engine.commands.locks import lock_deal
from engine.commands.loss_choices import NOT_ASKED, LossChoice, explain_cancelling
from engine.commands.suspensions import Deadlines, ensure_may_suspend, tell_held_signals, wake
from engine.errors import N_, Conflict
from engine.events import DealCancelled, DealClientReplaced, DealReopened, kind_of
from engine.model.deal import Deal, DealResult
from engine.model.history_event import HistoryEvent
from engine.model.intervention import Intervention, InterventionKind
from engine.model.message_subscription import MessageSubscription
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.model.work_item import WorkItem, WorkItemState
from engine.policy.permissions import Actor
from engine.queries.outdated_approvals import differing_approvals

_PAUSE = "pause"  # in a cancellation's ``former``: the id of the pause that it ended


class ApprovedForAnother(Conflict):
    """Its client was merged into another one while it was cancelled: nobody stood against that then."""

    code: ClassVar[str] = "approved_for_another"
    template: ClassVar[str] = N_(
        "While the deal was cancelled its client was merged into another one, and it was approved with another card. "
        "Undo the merge, or open a new deal."
    )


class NotCancelled(Conflict):
    code: ClassVar[str] = "not_cancelled"
    template: ClassVar[str] = N_("Only a cancelled deal is opened again; this one was not cancelled.")


def cancel_deal(
    session: Session,
    deal_id: int,
    reason: str,
    loss: LossChoice = NOT_ASKED,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> Deal:
    """End a deal that the map does not end: all its open steps are withdrawn, its timers, messages and incidents go.

    ``loss`` chooses from the company's list; ``reason`` is what is said beside it, or the reason where none is chosen.
    Raises NotFound, NotAllowed, InvalidInput, DealClosed.
    """
    at = clock.now()
    chosen = {} if loss.reason_id is None else {"reason_id": loss.reason_id}
    arguments = {"deal": deal_id, "reason": reason, **chosen}
    if already_performed(session, command_id, "cancel_deal", arguments, actor=actor, at=at) is not None:
        return lock_deal(session, deal_id, actor)[0]
    deal, instance = lock_deal(session, deal_id, actor)
    ensure_may_suspend(deal, actor)
    if deal.result is not DealResult.OPEN:
        raise DealClosed
    said = explain_cancelling(session, deal, loss, reason)
    withdrawn = withdraw_all(session, instance, actor=actor, at=at)
    session.execute(delete(Timer).where(Timer.instance_id == instance.id))
    session.execute(delete(MessageSubscription).where(MessageSubscription.instance_id == instance.id))
    cancel_calls(session, instance, at=at)
    close_open_incidents(session, instance, said, actor=actor, at=at)
    pause = last_of(session, instance, InterventionKind.SUSPENDED)
    if pause is not None:
        pause.undone_at = at
    instance.state, instance.finished_at = InstanceState.CANCELLED, at
    deal.result, deal.closed_at = DealResult.CANCELLED, at
    record(session, DealCancelled(reason=said), actor=actor, at=at, deal=deal)
    former = {} if pause is None else {_PAUSE: pause.id}
    keep(
        session,
        instance,
        InterventionKind.CANCELLED,
        actor=actor,
        at=at,
        reason=said,
        withdrawn=withdrawn,
        former=former,
    )
    remember(session, command_id, {"deal_id": deal.id}, actor=actor)
    return deal


def reopen_deal(
    session: Session,
    deal_id: int,
    reason: str,
    deadlines: Deadlines = Deadlines.SHIFT,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> Deal:
    """Let a cancelled deal go on where it was: the steps that cancelling withdrew wait again with whom they were.

    One that was suspended when it was cancelled has rested since then, and is not suspended any more. A deal that its
    map has ended, won or lost, stays ended. One whose client has become another, by a merge, is not opened with
    approvals that were given, or were not needed, for the one before; what was changed on the client's card is told.
    Raises NotFound, NotAllowed, InvalidInput, NotCancelled, ApprovedForAnother, ApprovalSpared,
    DepartmentIsArchived, MapFailed.
    """
    at = clock.now()
    arguments = {"deal": deal_id, "reason": reason, "deadlines": deadlines.value}
    if already_performed(session, command_id, "reopen_deal", arguments, actor=actor, at=at) is not None:
        return lock_deal(session, deal_id, actor)[0]
    deal, instance = lock_deal(session, deal_id, actor)
    ensure_may_suspend(deal, actor)
    if deal.result is not DealResult.CANCELLED or deal.closed_at is None:
        raise NotCancelled
    said = reason_given(reason)
    closed_at = deal.closed_at
    # Cancelling withdraws at one moment whatever waits: the steps of that moment are those to give back.
    items = list(
        session.scalars(
            select(WorkItem)
            .where(
                WorkItem.instance_id == instance.id,
                WorkItem.state == WorkItemState.CANCELLED,
                WorkItem.completed_at == closed_at,
            )
            .order_by(WorkItem.id)
        )
    )
    cancellation = last_of(session, instance, InterventionKind.CANCELLED)
    pause: Intervention | None = None
    if cancellation is not None:
        pause = session.get(Intervention, cancellation.former.get(_PAUSE, 0))
        cancellation.undone_at = at
        items = [item for item in items if item.id in set(cancellation.withdrawn)]
    instance.state, instance.finished_at = InstanceState.RUNNING, None
    deal.result, deal.closed_at = DealResult.OPEN, None
    deal.loss_reason, deal.loss_reason_id = "", None
    record(session, DealReopened(reason=said, deadlines=deadlines.value), actor=actor, at=at, deal=deal)
    _look_at_client(session, instance, closed_at, actor=actor, at=at)
    paused_at = pause.at if pause is not None else closed_at
    wake(session, instance, items, deadlines, paused_at=paused_at, actor=actor, at=at)
    if pause is not None:
        tell_held_signals(session, instance, pause, at)
    remember(session, command_id, {"deal_id": deal.id}, actor=actor)
    return deal


def _look_at_client(
    session: Session, instance: ProcessInstance, closed_at: datetime, *, actor: Actor, at: datetime
) -> None:
    """What happened to the client while nothing of the deal stood against it. Raises what ``reopen_deal`` says."""
    deal = instance.deal
    replaced = select(HistoryEvent.id).where(
        HistoryEvent.deal_id == deal.id,
        HistoryEvent.kind == kind_of(DealClientReplaced),
        HistoryEvent.at >= closed_at,
    )
    if session.scalar(replaced.limit(1)) is None:
        tell_spared(session, instance, since=closed_at, actor=actor, at=at)
        return
    ensure_none_spared_since(session, instance, since=closed_at, at=at)
    if differing_approvals(session, deal):
        raise ApprovedForAnother
