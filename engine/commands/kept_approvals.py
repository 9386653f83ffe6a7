"""Approvals that outlive a round of rework: who approved what has not changed is not asked again.

The approval stands as it was given, under its giver's name, and history says that it was kept and from which entry.
What was approved for one position of a list, or at one request, is not kept for the next: by what it is bound to nobody
can tell one from the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import ApprovalRule, CompiledProcess, OutcomeKind, StepDefinition
from engine.bpmn.inspection import is_apart
from engine.bpmn.runtime import CompleteStep
from engine.commands.approval_parts import decision_of, note_approved, voice_of
from engine.commands.history import record
from engine.commands.step_opening import StepOpener
from engine.commands.step_withdrawal import cancel_step
from engine.events import (
    ApprovalKept,
    DealMoved,
    DealReopened,
    DealVersionMoved,
    MoveUndone,
    VariablesSet,
    VersionMoveUndone,
    kind_of,
)
from engine.model.history_event import HistoryEvent
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.policy.approved_content import Content, is_known, is_same, may_be_kept
from engine.policy.approvers import may_decide
from engine.policy.history_chain import content_hash
from engine.policy.permissions import Actor
from engine.queries.approved_contents import GivenApproval, given_approvals, present_content
from engine.queries.directories import directory
from engine.queries.other_eyes import barred_of

# Behind these everything is decided anew: a person took the deal out of the map's order, or the map itself changed.
_DECIDED_ANEW = tuple(
    kind_of(one) for one in (DealMoved, MoveUndone, DealReopened, DealVersionMoved, VersionMoveUndone, VariablesSet)
)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What was decided at the same place in earlier rounds, the latest first, beside what stands there now."""

    items: Sequence[WorkItem]
    given: Mapping[int, GivenApproval]
    decided_anew_at: int  # the number of the last entry behind which everything is decided anew
    map_version: int
    present: Content

    def standing_for(self, part: WorkItem, rule: ApprovalRule) -> tuple[WorkItem, GivenApproval] | None:
        """The approval that answers ``part``: the last word of whoever is asked, if it was a yes to this content."""
        before = next((one for one in self.items if _answers(one, part, rule)), None)
        given = self.given.get(before.id) if before is not None else None
        if before is None or given is None or before.outcome != OutcomeKind.APPROVED.value:
            return None
        if given.number < self.decided_anew_at or given.map_version != self.map_version:
            return None
        is_the_same = is_known(given.content) and is_same(given.content, given.values, self.present)
        return (before, given) if is_the_same else None


def _answers(before: WorkItem, part: WorkItem, rule: ApprovalRule) -> bool:
    if rule.mode == "list":
        return before.approver == part.approver
    return rule.mode == "any" or voice_of(before) == part.assignee_id


@dataclass(frozen=True, slots=True)
class Keeping:
    """One step of a locked instance in which approvals may be kept."""

    session: Session
    instance: ProcessInstance
    process: CompiledProcess
    opener: StepOpener
    actor: Actor
    at: datetime

    def keep(self, opened: Sequence[WorkItem]) -> list[CompleteStep]:
        """Let approvals of earlier rounds stand in the steps that opened now; the stimuli of those decided by that."""
        decided = []
        for activity_id, parts in groupby(opened, key=lambda one: one.activity_id):
            items = list(parts)
            step = self.process.steps[items[0].element_id]
            if step.approval is None or not may_be_kept(step) or is_apart(self.process, step.element_id):
                continue
            if self._is_decided(step, step.approval, items):
                decided.append(CompleteStep(activity_id=activity_id, outcome=OutcomeKind.APPROVED.value, values={}))
        return decided

    def _is_decided(self, step: StepDefinition, rule: ApprovalRule, parts: list[WorkItem]) -> bool:
        earlier = self._earlier(step, parts[0])
        if earlier is None:
            return False
        while True:
            for part in parts:
                if part.state in LIVE:
                    self._keep_part(part, rule, step, earlier)
            if not any(one.state is WorkItemState.COMPLETED for one in parts):
                return False
            barred = barred_of(self.session, step, parts[0], self.instance.deal) if rule.in_order else ()
            decision = decision_of(self.session, rule, parts, barred=barred, at=self.at)
            live = [one for one in parts if one.state in LIVE]
            if decision.outcome is not None:
                for one in live:
                    cancel_step(self.session, one, self.instance, actor=self.actor, at=self.at)
                return True
            if live or not rule.in_order:
                return False
            number = max(one.part for one in parts) + 1
            parts += self.opener.ask(step, parts[-1], decision.to_ask, part=number)

    def _earlier(self, step: StepDefinition, part: WorkItem) -> _Earlier | None:
        deal = self.instance.deal
        found = self.session.scalars(
            select(WorkItem)
            .where(
                WorkItem.instance_id == self.instance.id,
                WorkItem.deal_id == deal.id,
                WorkItem.element_id == part.element_id,
                WorkItem.activity_id != part.activity_id,
                WorkItem.state == WorkItemState.COMPLETED,
            )
            .order_by(WorkItem.completed_at.desc(), WorkItem.id.desc())
        )
        items = [one for one in found if one.item_index == part.item_index and one.item == part.item]
        if not items:
            return None
        anew = self.session.scalar(
            select(func.max(HistoryEvent.number)).where(
                HistoryEvent.deal_id == deal.id, HistoryEvent.kind.in_(_DECIDED_ANEW)
            )
        )
        return _Earlier(
            items=items,
            given=given_approvals(self.session, deal.id, [one.id for one in items]),
            decided_anew_at=anew or 0,
            map_version=self.instance.definition.version,
            present=present_content(self.session, step, deal, deal.client),
        )

    def _keep_part(self, part: WorkItem, rule: ApprovalRule, step: StepDefinition, earlier: _Earlier) -> None:
        found = earlier.standing_for(part, rule)
        if found is None or not self._may_still_give(found[0], part, step):
            return
        before, given = found
        voice = before.on_behalf_of_id
        part.complete(
            before.completed_by_id or 0,
            outcome=OutcomeKind.APPROVED.value,
            values={},
            comment=before.comment,
            on_behalf_of_id=voice,
            at=self.at,
        )
        self._record(part, given, earlier.present)

    def _may_still_give(self, before: WorkItem, part: WorkItem, step: StepDefinition) -> bool:
        """Whether the giver could approve today: still here, still in their place, and not the one who asks."""
        people = directory(self.session)
        barred = barred_of(self.session, step, part, self.instance.deal)
        if barred & {before.completed_by_id, before.on_behalf_of_id}:
            return False
        if people.person(before.completed_by_id) is None:
            return False
        return may_decide(people, voice_of(before), group_id=part.group_id, assignee_id=part.assignee_id)

    def _record(self, part: WorkItem, given: GivenApproval, present: Content) -> None:
        told, hashed = given.data, content_hash(present)
        note_approved(self.instance, part, hashed)
        event = ApprovalKept(
            name=part.name,
            element_id=part.element_id,
            stage=part.stage,
            step_kind=part.kind.value,
            outcome=given.outcome,
            outcome_label=told.get("outcome_label", ""),
            comment=given.comment,
            values={},
            by=given.by,
            on_behalf_of=told.get("on_behalf_of", ""),
            department=told.get("department", ""),
            position=told.get("position", ""),
            content=present,
            content_hash=hashed,
            map_version=given.map_version,
            given_in=told.get("given_in") or given.number,
            given_at=datetime.fromisoformat(told["given_at"]) if "given_at" in told else given.at,
        )
        record(self.session, event, actor=self.actor, at=self.at, deal=self.instance.deal, work_item_id=part.id)
