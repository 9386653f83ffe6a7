"""An instance driven by the product's commands on its database, and seen by its rows alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from support.canonical_maps import ElapsedDueTimes
from support.office import Office

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.guards import NotWaiting
from engine.bpmn.runtime import (
    CompleteStep,
    DeliverMessage,
    EvaluateConditions,
    FireTimer,
    OpenedCall,
    OpenedMessage,
    OpenedStep,
    OpenedTimer,
    StepContext,
    Stimulus,
)
from engine.bpmn.state_codec import read_document
from engine.commands.completions import complete_work_item
from engine.commands.deals import update_deal
from engine.commands.incidents import perform
from engine.commands.messages import NobodyWaits, send_message
from engine.commands.timers import fire_timer
from engine.errors import AlreadyCancelled, AlreadyCompleted
from engine.model.message_subscription import MessageSubscription
from engine.model.person import Person
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Actor


@dataclass(frozen=True)
class Standing:
    """What the rows say of the instance."""

    finished: bool
    variables: Mapping[str, Any]


class CompanyRun:
    """The deal of one instance, opened at once; raises MapFailed where its map cannot even begin."""

    def __init__(self, process: CompiledProcess, office: Office) -> None:
        self.process = process
        self.office = office
        self.deal = office.open_deal("bohdan", definition_key=process.key)
        self.see()

    @property
    def now(self) -> datetime:
        return self.office.clock.now()

    @now.setter
    def now(self, moment: datetime) -> None:
        self.office.clock.set(moment)

    def context(self) -> StepContext:
        return StepContext(self.now, ElapsedDueTimes())

    def apply(self, stimulus: Stimulus) -> None:
        """The command that makes this stimulus. Raises NotWaiting, MapFailed."""
        try:
            match stimulus:
                case CompleteStep():
                    self._complete(stimulus)
                case FireTimer():
                    self._fire(stimulus)
                case DeliverMessage():
                    self._send(stimulus)
                case EvaluateConditions():
                    self.office.do("bohdan", update_deal, self.deal.id, {"title": f"Угода о {self.now}"})
                case _:
                    raise AssertionError(stimulus)
        finally:
            self.see()

    def _complete(self, stimulus: CompleteStep) -> None:
        with self.office.database.read() as session:
            of_activity = WorkItem.activity_id == stimulus.activity_id
            item = session.scalars(select(WorkItem).where(WorkItem.instance_id == self.instance_id, of_activity)).one()
        try:
            self.office.do(self._holder(item), complete_work_item, item.id, stimulus.values, stimulus.outcome, "бо так")
        except (AlreadyCompleted, AlreadyCancelled) as late:
            raise NotWaiting from late

    def _holder(self, item: WorkItem) -> str:
        """The login of whoever has the step."""
        if item.assignee_id is None:
            return "bohdan"
        with self.office.database.read() as session:
            return session.get_one(Person, item.assignee_id).login

    def _fire(self, stimulus: FireTimer) -> None:
        timer = self.timer_ids.get((stimulus.activity_id, stimulus.node_id, stimulus.due_at))
        if timer is not None:
            perform(
                self.office.database,
                partial(fire_timer, timer_id=timer, clock=self.office.clock),
                actor=Actor.system(),
                clock=self.office.clock,
            )

    def _send(self, stimulus: DeliverMessage) -> None:
        waiting = self.messages.get((stimulus.activity_id, stimulus.node_id))
        if waiting is None:
            raise NotWaiting
        try:
            send_message(
                self.office.database,
                waiting.name,
                {"deal_number": self.deal.number},
                stimulus.values,
                actor=self.office.actor("bohdan"),
                clock=self.office.clock,
            )
        except NobodyWaits as late:
            raise NotWaiting from late

    def see(self) -> None:
        """Look at the rows again."""
        with self.office.database.read() as session:
            instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == self.deal.id)).one()
            self.instance_id = instance.id
            self.state: bytes | None = instance.execution_state
            self.last = Standing(instance.state is InstanceState.COMPLETED, read_document(instance.execution_state)[2])
            items = session.scalars(
                select(WorkItem).where(WorkItem.instance_id == instance.id, WorkItem.state.in_(LIVE))
            )
            self.steps = {one.activity_id: OpenedStep(one.activity_id, one.element_id, one.item_index) for one in items}
            timers = session.scalars(select(Timer).where(Timer.instance_id == instance.id)).all()
            self.timers = {
                (one.activity_id, one.node_id): OpenedTimer(one.activity_id, one.node_id, one.due_at) for one in timers
            }
            self.timer_ids = {(one.activity_id, one.node_id, one.due_at): one.id for one in timers}
            waiting = session.scalars(select(MessageSubscription).where(MessageSubscription.instance_id == instance.id))
            self.messages = {
                (one.activity_id, one.node_id): OpenedMessage(
                    one.activity_id, one.node_id, one.name, {}, "signal" if one.kind == "signal" else "message"
                )
                for one in waiting
            }
            self.calls: dict[str, OpenedCall] = {}
