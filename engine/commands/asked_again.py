"""A change behind given approvals: those whose content it touches are asked for again, while they are under way.

Under way is an approval whose other parts are still open, and one that waits in a join for the approvals beside it.
What has led the deal on is decided: from there on only the map's own steps, a return, or who asked bring it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, StepDefinition
from engine.bpmn.inspection import is_apart, parts_around, plan_move, waiting_in_joins, waits_in
from engine.bpmn.jumps import JumpRefused
from engine.bpmn.runtime import MoveToken
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.events import ApprovalAskedAgain
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.approved_content import Binding, as_decided, binding_of, told_changes
from engine.policy.history_chain import content_hash
from engine.policy.permissions import Actor
from engine.queries.approved_contents import GivenApproval, holds, present_content
from engine.queries.outdated_approvals import last_given
from engine.queries.processes import process_of

_JOINING = ("parallelGateway", "inclusiveGateway", "complexGateway")
_SEVERAL = 2


def ask_again_beside(session: Session, instance: ProcessInstance, besides: str, *, actor: Actor, at: datetime) -> None:
    """Ask again for approvals that wait in a join and were given for another content; not for activity ``besides``.

    Of a part that runs several times at once each run is asked that waits. To be called with every step, when it has
    written into the deal and before it moves the deal on: client, title and files change beside the steps, too. An
    approval by several that is still open looks after itself when its next part is given.
    """
    process = process_of(session, instance.definition_id)
    if not _has_joins(process):
        return
    changed = list(_perhaps_changed(session, process, instance))
    if not any(_asking(process, instance, one) is not None for one in changed):
        return
    apart = frozenset(one.element_id for one in changed if is_apart(process, one.element_id))
    for item, given in last_given(session, instance, besides, side_by_side=apart):
        step = process.steps.get(item.element_id)
        if step is None or step.approval is None:
            continue
        present = present_content(session, step, instance.deal, instance.deal.client)
        if holds(step, given, present):
            continue
        runs = waiting_in_joins(process, instance.execution_state, step.element_id)
        for _ in range(max(1, len(runs))):
            stimulus = _asking(process, instance, step)
            if stimulus is None:
                break
            record_asked_again(session, instance, item, given, actor=actor, at=at)
            run_step(session, instance, stimulus, actor=actor, at=at, asked_by_id=item.asked_by_id)


def record_asked_again(
    session: Session, instance: ProcessInstance, item: WorkItem, given: GivenApproval, *, actor: Actor, at: datetime
) -> None:
    """Tell the deal's history whose approval counts no more, and what has changed since it was given."""
    deal = instance.deal
    step = process_of(session, instance.definition_id).steps[item.element_id]
    present = present_content(session, step, deal, deal.client)
    changes = told_changes(as_decided(given.content, given.values), present)
    event = ApprovalAskedAgain(name=item.name, element_id=item.element_id, by=given.by, changes=changes)
    record(session, event, actor=actor, at=at, deal=deal, work_item_id=item.id)


def _perhaps_changed(session: Session, process: CompiledProcess, instance: ProcessInstance) -> Iterator[StepDefinition]:
    """The approvals the deal has passed by whose content may be another than what was approved."""
    walked, noted, deal = instance.walked, instance.approved or {}, instance.deal
    hashes: dict[Binding, str] = {}
    for name, step in process.steps.items():
        if step.approval is None or not walked.get(name):
            continue
        *_, approved = noted.get(name, ("",))
        if not approved:
            yield step
            continue
        binding = binding_of(step)
        if binding not in hashes:
            hashes[binding] = content_hash(present_content(session, step, deal, deal.client))
        if hashes[binding] != approved:
            yield step


def _has_joins(process: CompiledProcess) -> bool:
    """Whether a token can wait for others at all: where none can, nothing has to be asked of the database."""
    return bool(process.loops) or any(one in process.executable for one in _JOINING)


def _asking(process: CompiledProcess, instance: ProcessInstance, step: StepDefinition) -> MoveToken | None:
    """What asks again for an approval whose token waits for others in a join: only then nothing has followed from it.

    Of several runs of a part one is asked; of a part that is over and waits itself, all of it.
    """
    state, element = instance.execution_state, step.element_id
    runs = waiting_in_joins(process, state, element)
    moves = [MoveToken(element, None)] if len(runs) < _SEVERAL else []
    moves += [MoveToken(element, frozenset({one})) for waiting in runs for one in waiting if len(runs) >= _SEVERAL]
    moves += [MoveToken(part, None) for part in parts_around(process, element) if not runs]
    return next((one for one in moves if _takes_from_joins_only(process, state, one)), None)


def _takes_from_joins_only(process: CompiledProcess, state: bytes, move: MoveToken) -> bool:
    try:
        jump = plan_move(process, state, move.target, move.withdrawn)
    except JumpRefused:
        return False
    waits = waits_in(process, state)
    events = {activity for activity, _ in (*waits.timers, *waits.messages)} | set(waits.calls)
    return not jump.left and not jump.passed_over and not events & set(jump.withdrawn)
