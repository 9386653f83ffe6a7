"""A company whose deals wait at every kind of place at which a deal can wait, and the way from each of them to its end.

It runs on the program of the release whose data it makes: ``finish`` brings the deals of each release to their ends.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from support.office import Office
from support.sales_map import APPROVERS, sales_map
from upgrades.waits import TOLD, WAITS

from engine.bpmn.compiled import ApprovalRule, OutcomeKind
from engine.commands.completions import complete_work_item
from engine.commands.deals import update_deal
from engine.commands.external_jobs import complete_job, fetch_jobs
from engine.commands.jumps import move_token
from engine.commands.messages import deliver_message
from engine.commands.signals import deliver_signal
from engine.commands.suspensions import resume_deal, suspend_deal
from engine.commands.work_items import claim_work_item
from engine.errors import MapFailed
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.message_subscription import MessageSubscription, SubscriptionKind
from engine.model.person import Person
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.service_call import CallState, ServiceCall
from engine.model.timer import Timer
from engine.model.work_item import WorkItem, WorkItemState
from engine.queries.processes import process_of

MANY = 300  # more than any of these deals takes
GO = {"go": "yes"}
SEVERAL = ApprovalRule(mode="list", approvers=("iryna", "oksana", "petro"))
IN_ORDER = ApprovalRule(mode="list", approvers=("oksana", "petro"), in_order=True)


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a deal: its result, how often a step of each element was done, and each element was passed."""

    result: str
    completed: Mapping[str, int]
    walked: Mapping[str, int]

    @classmethod
    def of(cls, office: Office, title: str) -> Ending:
        with office.database.read() as session:
            deal = session.scalars(select(Deal).where(Deal.title == title)).one()
            instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()
            done = select(WorkItem.element_id).where(
                WorkItem.deal_id == deal.id, WorkItem.state == WorkItemState.COMPLETED
            )
            return cls(deal.result.value, dict(sorted(Counter(session.scalars(done)).items())), dict(instance.walked))


def arrange(office: Office) -> None:
    """Open one deal for each kind of wait, titled by it, and bring it there."""
    office.publish()
    office.open_deal(title="a step")
    _prepared(office, "a step that somebody took")
    office.do("iryna", claim_work_item, _step(office, "a step that somebody took", "legal").id)
    _prepared(office, "a join with one of three branches there")
    _complete(office, _step(office, "a join with one of three branches there", "legal"))
    deal = _prepared(office, "a step with a timer beside it")
    for approver in APPROVERS:
        _complete(office, _step(office, deal.title, approver))

    _prepared(office, "a step of the second round")
    for approver, outcome in (("legal", "returned"), ("finance", "approved"), ("logistics", "approved")):
        _complete(office, _step(office, "a step of the second round", approver), outcome, "нижче ціну")
    _complete(office, _step(office, "a step of the second round", "prepare"))
    deal = _prepared(office, "a step to which the deal was moved back")
    office.do("admin", move_token, deal.id, "prepare", "клієнт змінив замовлення")
    deal = _prepared(office, "a suspended deal")
    office.do("bohdan", suspend_deal, deal.id, "клієнт у відпустці")

    office.publish(sales_map({"legal": SEVERAL, "finance": IN_ORDER}))
    _prepared(office, "an approval by three, given by one")
    first = next(one for one in _open(office, "an approval by three, given by one") if one.element_id == "legal")
    _complete(office, first)

    for number, (title, wait) in enumerate(WAITS.items()):
        process = wait.drawn(f"map_{number}")
        office.publish(process)
        office.open_deal(title=title, definition_key=process.key)
        for named in wait.way:
            if named == TOLD:
                assert _tell(office, title)
                continue
            element_id, _, outcome = named.partition(": ")
            try:
                _complete(office, _step(office, title, element_id), outcome)
            except MapFailed:
                assert title == "an incident"


def finish(office: Office, title: str) -> None:
    """Bring the deal to its end, always in the same way: programs and events first, then steps, then time."""
    for _ in range(MANY):
        if _is_over(office, title):
            return
        for attempt in (_resume, _serve, _tell, _do, _let_time_pass, _change_data):
            if attempt(office, title):
                break
    raise AssertionError(f"{title}: the deal does not end")


def _prepared(office: Office, title: str) -> Deal:
    deal = office.open_deal(title=title)
    _complete(office, _step(office, title, "prepare"))
    return deal


def _open(office: Office, title: str) -> list[WorkItem]:
    with office.database.read() as session:
        deal = session.scalars(select(Deal).where(Deal.title == title)).one()
    return office.open_steps(deal)


def _step(office: Office, title: str, element_id: str) -> WorkItem:
    opened = _open(office, title)
    found = next((one for one in opened if one.element_id == element_id), None)
    assert found is not None, (title, element_id, [one.element_id for one in opened])
    return found


def _complete(office: Office, item: WorkItem, outcome: str = "", comment: str = "") -> None:
    login, values, usual = answer_to(office, item)
    office.do(login, complete_work_item, item.id, values, outcome or usual, comment)


def answer_to(office: Office, item: WorkItem) -> tuple[str, dict[str, Any], str]:
    """Who completes a step, with which values and outcome: that which ends a choice between ways, or the first."""
    with office.database.read() as session:
        definition_id = session.get_one(ProcessInstance, item.instance_id).definition_id
        step = process_of(session, definition_id).steps[item.element_id]
        holder = item.assignee_id or session.scalar(
            select(Membership.person_id).where(Membership.department_id == item.group_id).order_by(Membership.person_id)
        )
        login = session.scalars(select(Person.login).where(Person.id == holder)).one()
    values: dict[str, Any] = {"discount": "5"} if item.element_id == "prepare" else {}
    ends = (one.id for one in step.outcomes if one.kind is OutcomeKind.COMPLETED)
    return login, values, next(ends, step.outcomes[0].id)


def _is_over(office: Office, title: str) -> bool:
    with office.database.read() as session:
        deal = session.scalars(select(Deal).where(Deal.title == title)).one()
        instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()
        return instance.state not in (InstanceState.RUNNING, InstanceState.SUSPENDED)


def _resume(office: Office, title: str) -> bool:
    with office.database.read() as session:
        deal = session.scalars(select(Deal).where(Deal.title == title)).one()
        state = session.scalars(select(ProcessInstance.state).where(ProcessInstance.deal_id == deal.id)).one()
    if state is not InstanceState.SUSPENDED:
        return False
    office.do("bohdan", resume_deal, deal.id)
    return True


def _serve(office: Office, title: str) -> bool:
    """Be the program that does the deal's job."""
    with office.database.read() as session:
        deal_id = session.scalars(select(Deal.id).where(Deal.title == title)).one()
        waiting = select(ServiceCall.id).where(ServiceCall.deal_id == deal_id, ServiceCall.state == CallState.WAITING)
        job_id = session.scalars(waiting).first()
    if job_id is None:
        return False
    assert office.do("owner", fetch_jobs, ["score"], "program", limit=1, lock_s=60) == [job_id]
    actor = office.actor("owner")
    complete_job(office.database, job_id, "program", {}, actor=actor, clock=office.clock, command_id=f"job {job_id}")
    return True


def _tell(office: Office, title: str) -> bool:
    """Give the deal the first message or signal that it waits for."""
    with office.database.read() as session:
        found = session.execute(
            select(MessageSubscription, Deal.id)
            .join(ProcessInstance, ProcessInstance.id == MessageSubscription.instance_id)
            .join(Deal, Deal.id == ProcessInstance.deal_id)
            .where(Deal.title == title)
            .order_by(MessageSubscription.id)
        ).first()
    if found is None:
        return False
    waiting, deal_id = found
    if waiting.kind is SubscriptionKind.SIGNAL:
        with office.database.write() as session:
            deliver_signal(session, waiting.id, waiting.name, command_id=f"signal {waiting.id}", clock=office.clock)
    else:
        correlation = {**json.loads(waiting.correlation_key), "deal_id": deal_id}
        office.do("bohdan", deliver_message, waiting.name, correlation, {})
    return True


def _do(office: Office, title: str) -> bool:
    """Do the deal's oldest open step; a timer that is due sooner than a day from now comes before it."""
    items = _open(office, title)
    if not items or (title.startswith("a timer") and _let_time_pass(office, title)):
        return bool(items)
    try:
        _complete(office, items[0])
    except MapFailed:
        _change_data(office, title)
    if title.startswith("a loop") and not _is_over(office, title):
        _change_data(office, title)
    return True


def _let_time_pass(office: Office, title: str) -> bool:
    """Until the deal's next timer, unless it would wait for ever: a cycle is let come twice."""
    with office.database.read() as session:
        deal = session.scalars(select(Deal).where(Deal.title == title)).one()
        instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()
        due = session.scalars(
            select(Timer.due_at).where(Timer.instance_id == instance.id).order_by(Timer.due_at)
        ).first()
        ticks = instance.walked.get("nag", 0)
    if due is None or ticks > 1:
        return False
    office.clock.set(max(due, office.clock.now()) + timedelta(seconds=1))
    office.run_machinery()
    return True


def _change_data(office: Office, title: str) -> bool:
    with office.database.read() as session:
        deal = session.scalars(select(Deal).where(Deal.title == title)).one()
    office.do("bohdan", update_deal, deal.id, {"fields": GO})
    return True
