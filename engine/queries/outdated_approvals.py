"""Approvals that were given for another content than the deal has now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import OutcomeKind, StepKind
from engine.model.deal import Deal
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.work_item import PENDING, WorkItem, WorkItemState
from engine.policy.approved_content import Difference, as_decided, differences
from engine.policy.permissions import Actor
from engine.queries.approved_contents import GivenApproval, given_approvals, holds, present_content
from engine.queries.processes import process_of
from engine.queries.scopes import visible_deals

_GOING_ON = (InstanceState.RUNNING, InstanceState.SUSPENDED)


@dataclass(frozen=True, slots=True)
class OutdatedApproval:
    """``changes`` say what is different since ``given``."""

    item: WorkItem
    given: GivenApproval
    changes: tuple[Difference, ...]


def last_given(
    session: Session, instance: ProcessInstance, besides: str = "", *, side_by_side: Collection[str] = ()
) -> list[tuple[WorkItem, GivenApproval]]:
    """The approvals of the last round of each element, as they were given. None of one that is being asked.

    Of the elements ``side_by_side`` one run may be asked while another has given: of them the last that was given.
    """
    of_all = session.scalars(
        select(WorkItem)
        .where(
            WorkItem.instance_id == instance.id,
            WorkItem.kind == StepKind.APPROVAL,
            WorkItem.activity_id != besides,
            WorkItem.state.in_((*PENDING, WorkItemState.COMPLETED)),
        )
        .order_by(WorkItem.id.desc())
    )
    found = list(of_all)
    pending = {one.activity_id for one in found if one.state in PENDING and one.element_id in side_by_side}
    last: dict[str, str] = {}
    items: list[WorkItem] = []
    asked: set[str] = set()
    for one in found:
        if one.activity_id in pending:
            continue
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


def outdated_approvals(session: Session, instance: ProcessInstance) -> list[OutdatedApproval]:
    """Those of the last approvals of each element whose content is another now."""
    process, deal = process_of(session, instance.definition_id), instance.deal
    found = []
    for item, given in last_given(session, instance):
        step = process.steps.get(item.element_id)
        if step is None:
            continue
        present = present_content(session, step, deal, deal.client)
        if not holds(step, given, present):
            changes = differences(as_decided(given.content, given.values), present)
            found.append(OutdatedApproval(item, given, changes))
    return found


def differing_approvals(session: Session, deal: Deal) -> tuple[int, ...]:
    """The entries of approvals under way that were given for another content than the deal has now.

    Each part of an approval counts for itself; of each element, the last round.
    """
    found = session.scalars(
        select(WorkItem)
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .where(
            WorkItem.deal_id == deal.id,
            WorkItem.kind == StepKind.APPROVAL,
            WorkItem.state.in_((*PENDING, WorkItemState.COMPLETED)),
            ProcessInstance.state.in_(_GOING_ON),
        )
        .order_by(WorkItem.id.desc())
    )
    last: dict[tuple[int, str], str] = {}
    items = []
    for one in found:
        is_last = last.setdefault((one.instance_id, one.element_id), one.activity_id) == one.activity_id
        if is_last and one.state is WorkItemState.COMPLETED and one.outcome == OutcomeKind.APPROVED.value:
            items.append(one)
    given = given_approvals(session, deal.id, [one.id for one in items])
    differing = []
    for item in items:
        step = process_of(session, item.instance.definition_id).steps.get(item.element_id)
        if step is None or item.id not in given:
            continue
        if not holds(step, given[item.id], present_content(session, step, deal, deal.client)):
            differing.append(given[item.id].number)
    return tuple(sorted(differing))


def to_ask_again(session: Session, actor: Actor, deal_id: int) -> list[OutdatedApproval]:
    """The approvals of a visible deal that may be asked again: the map allows it, and none is open.

    Nothing is read of the history of a deal whose map does not allow it.
    """
    instance = session.scalar(
        select(ProcessInstance)
        .where(ProcessInstance.deal_id == deal_id, visible_deals(actor, only=deal_id))
        .join(ProcessInstance.deal)
        .order_by(ProcessInstance.id.desc())
        .limit(1)
    )
    if instance is None or instance.state is not InstanceState.RUNNING:
        return []
    steps = process_of(session, instance.definition_id).steps
    if not any(step.reask for step in steps.values()) or _is_being_approved(session, instance):
        return []
    found = outdated_approvals(session, instance)
    return found if all(steps[one.item.element_id].reask for one in found) else []


def _is_being_approved(session: Session, instance: ProcessInstance) -> bool:
    of_approval = (WorkItem.instance_id == instance.id, WorkItem.kind == StepKind.APPROVAL)
    return session.scalar(select(WorkItem.id).where(*of_approval, WorkItem.state.in_(PENDING)).limit(1)) is not None
