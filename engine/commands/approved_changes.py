"""Changing what was approved, where the map allows it: the deal goes back to be approved as it is now.

Only from a person's hands and only knowingly (``ask_again``): steps under way are withdrawn by it. Where nothing that
the map decides by has changed, it goes back to the approvals themselves; else to the step from which they were asked
for, since another sum may lead by other approvals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, OutcomeKind, StepKind
from engine.bpmn.inspection import is_apart, plan_move, variables_in
from engine.bpmn.jumps import JumpRefused
from engine.bpmn.runtime import MoveToken
from engine.bpmn.spared_approvals import spared_approvals
from engine.commands.asked_again import record_asked_again
from engine.commands.execution import run_step
from engine.commands.interventions import live_items
from engine.commands.recalls import asking_step, hand_back_to_asker
from engine.errors import N_, Conflict
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.work_item import PENDING, WorkItem, WorkItemState
from engine.policy.permissions import Actor
from engine.queries.facts import DealFacts
from engine.queries.outdated_approvals import OutdatedApproval, last_given, outdated_approvals
from engine.queries.processes import process_of


class ContentApproved(Conflict):
    """What people approve, or approved, must not change behind their backs."""

    code: ClassVar[str] = "content_approved"
    template: ClassVar[str] = N_(
        "The deal is being approved or was approved as it is. To change its sum or its terms, take the request back, "
        "or have the deal returned for rework."
    )


class ApprovalSpared(Conflict):
    """A decision that the deal has passed would lead by an approval now, and nobody would ask for it any more."""

    code: ClassVar[str] = "approval_spared"
    template: ClassVar[str] = N_(
        "With this change the deal would have needed “%(steps)s”, and it has passed by that already. Have it sent back "
        "before the decision first."
    )


def ensure_none_spared(
    session: Session,
    instance: ProcessInstance,
    process: CompiledProcess,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Raises ApprovalSpared where a change would have led by an approval that the deal has passed by without it.

    ``before`` and ``after`` are what expressions read, see ``read_by``.
    """
    steps = spared_steps(session, instance, process, before, after)
    if steps:
        raise ApprovalSpared(steps=", ".join(steps))


def spared_steps(
    session: Session,
    instance: ProcessInstance,
    process: CompiledProcess,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> list[str]:
    """The names of the approvals by which a change would have led, and which the deal has passed by without them."""
    if instance.state not in (InstanceState.RUNNING, InstanceState.SUSPENDED) or not instance.execution_state:
        return []
    spared = spared_approvals(process, instance.execution_state, instance.walked.keys(), before, after)
    given = approved_elements(process, asked_approvals(session, instance)) if spared else set()
    return [process.steps[one].name for one in spared if one not in given]


def read_by(process: CompiledProcess, state: bytes, facts: DealFacts) -> dict[str, Any]:
    """All that the expressions of a map read of a deal whose instance has ``state``."""
    return {**(variables_in(state) if state else {}), **facts.of(process.variables)}


def asked_approvals(session: Session, instance: ProcessInstance) -> Sequence[WorkItem]:
    """What is asked for and what was answered, the latest first; nothing that was taken back."""
    found = session.scalars(
        select(WorkItem)
        .where(
            WorkItem.instance_id == instance.id,
            WorkItem.kind == StepKind.APPROVAL,
            WorkItem.state.in_((*PENDING, WorkItemState.COMPLETED)),
        )
        .order_by(WorkItem.id.desc())
    )
    return found.all()


def approved_elements(process: CompiledProcess, asked: Sequence[WorkItem]) -> set[str]:
    """The approvals that all who were asked last have given; ``asked`` as ``asked_approvals`` gives them.

    Of a part whose runs are each about something else, every run counts.
    """
    last = {one.element_id: one.activity_id for one in reversed(asked)}
    said: dict[tuple[str, str], set[str | None]] = {}
    for one in asked:
        if one.activity_id == last[one.element_id] or is_apart(process, one.element_id):
            said.setdefault((one.element_id, one.activity_id), set()).add(one.outcome)
    return {name for (name, _), outcomes in said.items() if outcomes == {OutcomeKind.APPROVED.value}}


def allows_change(process: CompiledProcess) -> bool:
    """Whether the map lets anything be changed that was approved."""
    return any(step.reask for step in process.steps.values())


def ask_again_after_change(
    session: Session, instance: ProcessInstance, changed: Collection[str], *, actor: Actor, at: datetime
) -> None:
    """Take a deal whose approvals were all given back to those of them whose content has changed.

    ``changed`` are the names of what was written into the locked deal a moment ago. Raises ContentApproved where
    an approval is still open, does not allow it, or could not be asked again without passing others by; and MapFailed.
    """
    process = process_of(session, instance.definition_id)
    if any(one.kind is StepKind.APPROVAL for one in live_items(session, instance)):
        raise ContentApproved
    outdated = outdated_approvals(session, instance)
    items = [one.item for one in outdated] or [item for item, _ in last_given(session, instance)]
    affected = [process.steps[item.element_id] for item in items if item.element_id in process.steps]
    if not affected or not all(step.reask for step in affected):
        raise ContentApproved
    if not outdated:
        return
    target, asking = _way_back(session, process, instance, outdated, changed)
    for one in outdated:
        record_asked_again(session, instance, one.item, one.given, actor=actor, at=at)
    run_step(session, instance, MoveToken(target, None), actor=actor, at=at)
    if asking is not None:
        hand_back_to_asker(session, instance, asking, actor, at)


def _way_back(
    session: Session,
    process: CompiledProcess,
    instance: ProcessInstance,
    outdated: Sequence[OutdatedApproval],
    changed: Collection[str],
) -> tuple[str, WorkItem | None]:
    """Where the deal goes on, and what was done there when it is none of the approvals. Raises ContentApproved."""
    wanted = {one.item.element_id for one in outdated}
    for target, asking in _targets(session, process, outdated, changed):
        try:
            jump = plan_move(process, instance.execution_state, target)
        except JumpRefused:
            continue
        if jump.goes_back and not jump.passed_over and wanted <= {target, *jump.asked_again}:
            return target, asking
    raise ContentApproved


def _targets(
    session: Session,
    process: CompiledProcess,
    outdated: Sequence[OutdatedApproval],
    changed: Collection[str],
) -> Iterator[tuple[str, WorkItem | None]]:
    """The approvals, the earliest first, unless the map may decide otherwise now; then whence they were asked for."""
    items = sorted((one.item for one in outdated), key=lambda one: one.id)
    read = {name.removeprefix("deal.").partition(".")[0] for name in changed} | ({"deal"} if changed else set())
    if not process.variables & read:
        yield from ((item.element_id, None) for item in items)
    for item in items:
        asking = asking_step(session, item)
        if asking is not None and asking.element_id in process.steps:
            yield asking.element_id, asking
