"""Calls as rows: opened, withdrawn and renewed in the transaction of whatever moved the deal.

What a worker makes leaves by the outbox; what a program outside does waits here until it is fetched.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CallRule, CompiledProcess, ConnectorKind
from engine.bpmn.runtime import CompleteCall, OpenedCall, StepResult, Stimulus
from engine.bpmn.waits import Waits
from engine.commands.history import record
from engine.commands.incidents import close_incidents_at
from engine.db.outbox import enqueue
from engine.db.session import UNSYNCHRONISED
from engine.db.work_session import append
from engine.events import CallCancelled, CallOpened
from engine.model.process_instance import ProcessInstance
from engine.model.service_call import PENDING_CALLS, CallState, ServiceCall
from engine.policy.call_targets import target_of
from engine.policy.permissions import Actor
from engine.queries.processes import element_name

CALL = "call"
"""The kind of an outbox job: payload ``call_id``."""


def follow_calls(
    session: Session,
    instance: ProcessInstance,
    process: CompiledProcess,
    result: StepResult,
    stimulus: Stimulus,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Let the rows of a locked instance follow a step: what was answered is done, what is gone is cancelled."""
    gone = set(result.closed_calls)
    if isinstance(stimulus, CompleteCall) and stimulus.activity_id in gone:
        gone.discard(stimulus.activity_id)
        _settle(session, instance, [stimulus.activity_id], CallState.DONE, at)
    if gone:
        _withdraw(session, instance, gone, actor=actor, at=at)
    for opened in result.opened_calls:
        _open(session, instance, process, opened, actor=actor, at=at)


def renew_calls(
    session: Session, instance: ProcessInstance, process: CompiledProcess, waits: Waits, *, actor: Actor, at: datetime
) -> None:
    """Let the rows be what the state of a locked instance says, whatever happened to it.

    What waits is made anew where nobody is at it; what the state does not know is cancelled.
    """
    session.flush()
    rows = {
        row.activity_id: row
        for row in session.scalars(select(ServiceCall).where(ServiceCall.instance_id == instance.id))
    }
    gone = {one for one, row in rows.items() if row.state in PENDING_CALLS and one not in waits.calls}
    if gone:
        _withdraw(session, instance, gone, actor=actor, at=at)
    for activity_id, opened in waits.calls.items():
        row = rows.get(activity_id)
        if row is None:
            _open(session, instance, process, opened, actor=actor, at=at)
            continue
        rule = process.calls[opened.element_id]
        row.element_id, row.name = opened.element_id, element_name(process, opened.element_id)[:500]
        row.connector, row.topic, row.target = rule.connector, rule.topic, target_of(rule)
        if row.state not in PENDING_CALLS:
            make_again(row, rule, at=at)
        if row.state is CallState.WAITING:
            tell_worker(session, row.id, rule.connector, at=max(at, row.due_at))


def make_again(row: ServiceCall, rule: CallRule, *, at: datetime) -> None:
    """Let a call wait anew, with all its retries, from ``at`` on."""
    row.state, row.due_at, row.retries, row.attempts = CallState.WAITING, at, rule.retries, 0
    row.lease_owner, row.lease_until, row.done_at = "", None, None


def tell_worker(session: Session, call_id: str, connector: ConnectorKind, *, at: datetime) -> None:
    """Put the call into the outbox, due at ``at``; a job of a program outside waits to be fetched."""
    if connector is not ConnectorKind.EXTERNAL:
        enqueue(session, CALL, {"call_id": call_id}, at=at)


def cancel_calls(session: Session, instance: ProcessInstance, *, at: datetime) -> None:
    """The deal ends: nothing of a locked instance is called any more."""
    session.execute(
        update(ServiceCall)
        .where(ServiceCall.instance_id == instance.id, ServiceCall.state.in_(PENDING_CALLS))
        .values(state=CallState.CANCELLED, done_at=at),
        execution_options=UNSYNCHRONISED,
    )


def _open(
    session: Session,
    instance: ProcessInstance,
    process: CompiledProcess,
    opened: OpenedCall,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    rule = process.calls[opened.element_id]
    name, target = element_name(process, opened.element_id)[:500], target_of(rule)
    call_id = uuid.uuid4().hex
    append(
        session,
        ServiceCall,
        id=call_id,
        instance_id=instance.id,
        deal_id=instance.deal_id,
        activity_id=opened.activity_id,
        element_id=opened.element_id,
        name=name,
        connector=rule.connector,
        topic=rule.topic,
        target=target,
        due_at=at,
        retries=rule.retries,
        opened_at=at,
    )
    event = CallOpened(name=name, element_id=opened.element_id, connector=rule.connector.value, target=target)
    record(session, event, actor=actor, at=at, deal=instance.deal)
    tell_worker(session, call_id, rule.connector, at=at)


def _withdraw(
    session: Session, instance: ProcessInstance, activity_ids: Collection[str], *, actor: Actor, at: datetime
) -> None:
    session.flush()
    rows = session.execute(
        select(ServiceCall.name, ServiceCall.element_id).where(
            ServiceCall.instance_id == instance.id,
            ServiceCall.activity_id.in_(activity_ids),
            ServiceCall.state.in_(PENDING_CALLS),
        )
    ).all()
    _settle(session, instance, activity_ids, CallState.CANCELLED, at)
    for row in rows:
        event = CallCancelled(name=row.name, element_id=row.element_id)
        record(session, event, actor=actor, at=at, deal=instance.deal)
    if instance.open_incidents:
        close_incidents_at(session, instance, activity_ids, actor=actor, at=at)


def _settle(
    session: Session, instance: ProcessInstance, activity_ids: Collection[str], state: CallState, at: datetime
) -> None:
    session.execute(
        update(ServiceCall)
        .where(
            ServiceCall.instance_id == instance.id,
            ServiceCall.activity_id.in_(activity_ids),
            ServiceCall.state.in_(PENDING_CALLS),
        )
        .values(state=state, done_at=at, lease_until=None),
        execution_options=UNSYNCHRONISED,
    )
