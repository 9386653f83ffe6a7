"""Sending a deal back or forward to a named step, out of the map's order; and taking that back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import Freedom
from engine.bpmn.inspection import as_continuation, plan_move
from engine.bpmn.runtime import MoveToken
from engine.clock import Clock
from engine.commands.client_decisions import ensure_none_spared_since
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.interventions import (
    LONGEST_REASON,
    ensure_running,
    keep,
    live_items,
    reason_given,
    stand_as_before,
    undoable,
)
from engine.commands.locks import lock_deal
from engine.errors import N_, DomainError, MapFailed
from engine.events import DealChanged, DealMoved, MoveUndone, StageChanged
from engine.model.deal import Deal
from engine.model.intervention import Intervention, InterventionKind
from engine.model.work_item import WorkItem
from engine.policy.freedom import Departure, ensure_may_depart
from engine.policy.permissions import Actor, may_act_on_step
from engine.queries.move_targets import activities_of, departure_of, element_of, open_steps_of, works_on
from engine.queries.processes import element_name, process_of


class MoveFailed(DomainError):
    """The map itself fails behind the target; the deal stays where it was."""

    code: ClassVar[str] = "move_failed"
    template: ClassVar[str] = N_("The map fails at “%(element)s”: the deal stays where it was.")


def move_token(
    session: Session,
    deal_id: int,
    to: str,
    reason: str = "",
    *,
    withdrawn: Sequence[int] | None = None,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> Deal:
    """Let the deal go on at ``to``: the id or the name of a step.

    ``withdrawn`` are ids of open work items that are taken back; without it, whatever the move needs. What lay ahead
    is decided anew: outcomes of an earlier round are forgotten. With ``command_id``, a repetition changes nothing.
    Raises NotFound, NotAllowed, InvalidInput, DealIsSuspended, DealNotRunning, JumpRefused, MoveFailed.
    """
    at = clock.now()
    arguments: dict[str, Any] = {"deal": deal_id, "to": to, "reason": reason, "from": withdrawn}
    if already_performed(session, command_id, "move_token", arguments, actor=actor, at=at) is not None:
        return lock_deal(session, deal_id, actor)[0]
    deal, instance = lock_deal(session, deal_id, actor)
    ensure_running(instance)
    process = process_of(session, instance.definition_id)
    target = element_of(process, to)
    activities = activities_of(session, instance, withdrawn)
    jump = plan_move(process, instance.execution_state, target, activities)
    departure = departure_of(process, jump)
    works_on_it = works_on(open_steps_of(session, instance), jump, actor)
    ensure_may_depart(actor, departure, owner_id=deal.owner_id, works_on_it=works_on_it)
    said = reason_given(reason) if departure.needs_reason else reason.strip()[:LONGEST_REASON]
    before, waited = instance.execution_state, live_items(session, instance)
    former = {"stage": deal.stage, "stage_since": deal.stage_since.isoformat() if deal.stage_since else None}
    fields = deal.fields
    record(
        session,
        DealMoved(
            to=element_name(process, target),
            element_id=target,
            left=tuple(process.steps[one].name for one in jump.left),
            passed_over=tuple(process.steps[one].name for one in jump.passed_over),
            goes_back=jump.goes_back,
            freedom=departure.freedom.value,
            reason=said,
        ),
        actor=actor,
        at=at,
        deal=deal,
    )
    stimulus = MoveToken(target, None if activities is None else frozenset(activities))
    try:
        run_step(session, instance, stimulus, actor=actor, at=at)
    except MapFailed as failure:
        raise MoveFailed(element=failure.params.get("element", "")) from failure
    keep(
        session,
        instance,
        InterventionKind.MOVED,
        actor=actor,
        at=at,
        element_id=target,
        freedom=departure.freedom.value,
        reason=said,
        withdrawn=[one.id for one in waited if one.activity_id in jump.withdrawn],
        left=list(jump.left),
        passed_over=list(jump.passed_over),
        former={**former, **_changed_fields(fields, deal.fields)},
        state_before=before,
    )
    remember(session, command_id, {"deal_id": deal.id}, actor=actor)
    return deal


def undo_move(
    session: Session,
    deal_id: int,
    intervention_id: int | None = None,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> Deal:
    """Put the deal back to where a move took it from: its steps wait again with whom they were, until when they were.

    Its fields are what they were before tables behind the target decided. Without ``intervention_id``, the latest move.
    By whoever may make the move today; that the actor made it is not enough. Timers that were due meanwhile fire at
    once. Raises NotFound, NotAllowed, DealIsSuspended, DealNotRunning, NothingToUndo, DepartmentIsArchived, and
    ApprovalSpared where the client's card was changed since and the deal would have come by an approval with it.
    """
    at = clock.now()
    arguments = {"deal": deal_id, "intervention": intervention_id}
    if already_performed(session, command_id, "undo_move", arguments, actor=actor, at=at) is not None:
        return lock_deal(session, deal_id, actor)[0]
    deal, instance = lock_deal(session, deal_id, actor)
    ensure_running(instance)
    if intervention_id is None:
        intervention_id = session.scalar(
            select(Intervention.id)
            .where(Intervention.deal_id == deal.id, Intervention.kind == InterventionKind.MOVED)
            .order_by(Intervention.id.desc())
            .limit(1)
        )
    move = undoable(session, deal, intervention_id or 0, InterventionKind.MOVED)
    process = process_of(session, instance.definition_id)
    before = move.state_before or b""
    departure = Departure(Freedom(move.freedom), passes_approval=bool(move.passed_over))
    works_on_it = any(
        may_act_on_step(actor, assignee_id=one.assignee_id, group_id=one.group_id)
        for one in session.scalars(select(WorkItem).where(WorkItem.id.in_(move.withdrawn)))
    )
    ensure_may_depart(actor, departure, owner_id=deal.owner_id, works_on_it=works_on_it)
    move.undone_at = at
    name = element_name(process, move.element_id)
    record(session, MoveUndone(to=name, element_id=move.element_id), actor=actor, at=at, deal=deal)
    _give_fields_back(session, deal, move, actor=actor, at=at)
    instance.execution_state = as_continuation(before, instance.execution_state)
    ensure_none_spared_since(session, instance, since=move.at, at=at)
    stand_as_before(session, instance, process, move.withdrawn, actor=actor, at=at)
    _give_stage_back(session, deal, move, actor=actor, at=at)
    remember(session, command_id, {"deal_id": deal.id}, actor=actor)
    return deal


def _changed_fields(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """For ``former``: what tables behind the target decided otherwise than it stood, and the names of what is new."""
    return {
        "fields": {name: value for name, value in before.items() if now.get(name) != value},
        "new_fields": [name for name in now if name not in before],
    }


def _give_fields_back(session: Session, deal: Deal, move: Intervention, *, actor: Actor, at: datetime) -> None:
    """What tables behind the target decided is undecided again; nothing else has changed a field since."""
    if "fields" not in move.former:  # a move made by an earlier version of the program
        return
    former, new = move.former["fields"], move.former["new_fields"]
    changes = {name: [deal.fields.get(name), former.get(name)] for name in (*former, *new)}
    if changes:
        deal.fields = {name: value for name, value in deal.fields.items() if name not in new} | former
        record(session, DealChanged(changes=changes), actor=actor, at=at, deal=deal)


def _give_stage_back(session: Session, deal: Deal, move: Intervention, *, actor: Actor, at: datetime) -> None:
    """The deal stands in it since when it stood in it; also where no open step of it tells its stage."""
    if "stage" not in move.former:  # a move made by an earlier version of the program
        return
    stage, since = move.former["stage"], move.former["stage_since"]
    if deal.stage != stage:
        record(session, StageChanged(stage=stage, previous=deal.stage), actor=actor, at=at, deal=deal)
    deal.stage, deal.stage_since = stage, None if since is None else datetime.fromisoformat(since)
