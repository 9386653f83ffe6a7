"""What approvals under way are bound to, before and after something happens to the client of their deals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import OutcomeKind, StepDefinition, StepKind
from engine.model.deal import Deal
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.work_item import PENDING, WorkItem, WorkItemState
from engine.policy.approved_content import approved_content
from engine.policy.history_chain import content_hash
from engine.queries.processes import process_of

_GOING_ON = (InstanceState.RUNNING, InstanceState.SUSPENDED)
_ASKED_AT_ONCE = 500
_BINDS = (
    WorkItem.kind == StepKind.APPROVAL,
    ProcessInstance.state.in_(_GOING_ON),
    WorkItem.state.in_(PENDING)
    | ((WorkItem.state == WorkItemState.COMPLETED) & (WorkItem.outcome == OutcomeKind.APPROVED.value)),
)


@dataclass(frozen=True, slots=True)
class BoundApprovals:
    """``steps`` are those that are being approved, or were approved, by deal; ``hashes`` of what they are bound to.

    Files are left out: who touches only clients changes none.
    """

    steps: Mapping[int, tuple[StepDefinition, ...]]
    hashes: Mapping[int, tuple[str, ...]]

    def changed_in(self, session: Session, deals: Iterable[Deal]) -> list[int]:
        """The deals in which an approval is, or was, bound to something else than what the deal has now."""
        by_id = {one.id: one for one in deals}
        with session.no_autoflush:
            return [one for one, steps in self.steps.items() if _hashes(steps, by_id[one]) != self.hashes[one]]


def is_bound() -> ColumnElement[bool]:
    """Of ``Deal``: something in it is being approved, or was approved while it goes on."""
    steps = select(WorkItem.id).join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
    return steps.where(WorkItem.deal_id == Deal.id, *_BINDS).exists()


def bound_approvals(session: Session, deals: Collection[Deal]) -> BoundApprovals:
    """Of locked deals with their clients loaded. A deal that has come to its end holds what was approved in history."""
    by_id = {one.id: one for one in deals}
    elements: dict[int, dict[tuple[int, str], None]] = {}
    ids = list(by_id)
    for first in range(0, len(ids), _ASKED_AT_ONCE):
        some = ids[first : first + _ASKED_AT_ONCE]
        rows = session.execute(
            select(WorkItem.deal_id, ProcessInstance.definition_id, WorkItem.element_id)
            .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
            .where(WorkItem.deal_id.in_(some), *_BINDS)
            .distinct()
        )
        for deal_id, definition_id, element_id in rows:
            elements.setdefault(deal_id, {})[definition_id, element_id] = None
    steps = {
        deal_id: tuple(
            step
            for definition_id, element_id in found
            if (step := process_of(session, definition_id).steps.get(element_id)) is not None
        )
        for deal_id, found in elements.items()
    }
    return BoundApprovals(steps, {one: _hashes(found, by_id[one]) for one, found in steps.items()})


def _hashes(steps: Iterable[StepDefinition], deal: Deal) -> tuple[str, ...]:
    return tuple(content_hash(approved_content(step, deal, deal.client)) for step in steps)
