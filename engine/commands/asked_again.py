"""A change behind given approvals: those whose content it touches are asked for again, while they are under way.

Under way is an approval whose other parts are still open, and one that waits in a join for the approvals beside it.
What has led the deal on is decided: from there on only the map's own steps, a return, or who asked bring it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, OutcomeKind, StepDefinition, StepKind
from engine.bpmn.inspection import plan_move, waits_in
from engine.bpmn.jumps import JumpRefused
from engine.bpmn.runtime import MoveToken
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.events import ApprovalAskedAgain
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import PENDING, WorkItem, WorkItemState
from engine.policy.approved_content import as_decided, differences, still_holds
from engine.policy.history_chain import content_hash
from engine.policy.permissions import Actor
from engine.queries.approved_contents import GivenApproval, given_approvals, present_content
from engine.queries.processes import process_of

_JOINING = ("parallelGateway", "inclusiveGateway", "complexGateway")


def ask_again_beside(session: Session, instance: ProcessInstance, besides: str, *, actor: Actor, at: datetime) -> None:
    """Ask again for approvals that wait in a join and were given for another content; not for activity ``besides``.

    To be called with every step, when it has written into the deal and before it moves the deal on: client, title and
    files change beside the steps, too. An approval by several that is still open looks after itself when its next part
    is given.
    """
    process = process_of(session, instance.definition_id)
    if not _has_joins(process) or not any(
        _waits_in_join(process, instance, step) for step in _perhaps_changed(session, process, instance)
    ):
        return
    for item, given in _last_given(session, instance, besides):
        step = process.steps.get(item.element_id)
        if step is None or step.approval is None:
            continue
        present = present_content(session, step, instance.deal, instance.deal.client)
        if still_holds(step, given.content, given.values, present) or not _waits_in_join(process, instance, step):
            continue
        changes = {
            one.name: [one.old, one.new] for one in differences(as_decided(given.content, given.values), present)
        }
        event = ApprovalAskedAgain(name=item.name, element_id=item.element_id, by=given.by, changes=changes)
        record(session, event, actor=actor, at=at, deal=instance.deal, work_item_id=item.id)
        stimulus = MoveToken(step.element_id, None)
        run_step(session, instance, stimulus, actor=actor, at=at, asked_by_id=item.asked_by_id)


def _perhaps_changed(session: Session, process: CompiledProcess, instance: ProcessInstance) -> Iterator[StepDefinition]:
    """The approvals the deal has passed by whose content may be another than what was approved."""
    walked, noted, deal = instance.walked, instance.approved or {}, instance.deal
    for name, step in process.steps.items():
        if step.approval is None or not walked.get(name):
            continue
        *_, approved = noted.get(name, ("",))
        if not approved or content_hash(present_content(session, step, deal, deal.client)) != approved:
            yield step


def _last_given(session: Session, instance: ProcessInstance, besides: str) -> list[tuple[WorkItem, GivenApproval]]:
    """The approvals of the last round of each element, as they were given. None of one that is being asked."""
    found = session.scalars(
        select(WorkItem)
        .where(
            WorkItem.instance_id == instance.id,
            WorkItem.kind == StepKind.APPROVAL,
            WorkItem.activity_id != besides,
            WorkItem.state.in_((*PENDING, WorkItemState.COMPLETED)),
        )
        .order_by(WorkItem.id.desc())
    )
    last: dict[str, str] = {}
    items: list[WorkItem] = []
    asked: set[str] = set()
    for one in found:
        if last.setdefault(one.element_id, one.activity_id) != one.activity_id:
            continue
        if one.state in PENDING:
            asked.add(one.activity_id)
        elif one.outcome == OutcomeKind.APPROVED.value:
            items.append(one)
    items = [one for one in items if one.activity_id not in asked]
    given = given_approvals(session, instance.deal_id, [one.id for one in items])
    return _one_each([(one, given[one.id]) for one in items if one.id in given])


def _one_each(given: Sequence[tuple[WorkItem, GivenApproval]]) -> list[tuple[WorkItem, GivenApproval]]:
    """Of an approval by several, the part given first: it is asked for as a whole."""
    by_element = {item.element_id: (item, approval) for item, approval in given}
    return list(by_element.values())


def _has_joins(process: CompiledProcess) -> bool:
    """Whether a token can wait for others at all: where none can, nothing has to be asked of the database."""
    return bool(process.loops) or any(one in process.executable for one in _JOINING)


def _waits_in_join(process: CompiledProcess, instance: ProcessInstance, step: StepDefinition) -> bool:
    """Whether the approval's token waits for others in a join: only then nothing has followed from it."""
    state = instance.execution_state
    try:
        jump = plan_move(process, state, step.element_id)
    except JumpRefused:
        return False
    waits = waits_in(process, state)
    events = {activity for activity, _ in (*waits.timers, *waits.messages)} | set(waits.calls)
    return not jump.left and not jump.passed_over and not events & set(jump.withdrawn)
