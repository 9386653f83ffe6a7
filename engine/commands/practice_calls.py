"""Steps that programs do, in a practice deal: nobody outside is called, whoever tries the map says what they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import ConnectorKind
from engine.bpmn.inspection import catches_error
from engine.commands.call_results import ensure_waits, fail_call, lock_call, raise_call_error, take_values
from engine.errors import DomainError, NotFound
from engine.model.process_instance import ProcessInstance
from engine.model.service_call import ANSWERED_BY_OTHERS, CallState, ServiceCall
from engine.policy.call_fields import fields_set
from engine.policy.permissions import Actor
from engine.queries.external_jobs import parameters_of
from engine.queries.processes import process_of

_MOST_CALLS = 100  # one after another, without anybody between them


def answer_in_practice(
    session: Session, activity_id: str, values: Mapping[str, Any], error: str, *, at: datetime
) -> None:
    """Take the answer to a call that waits, or its ``error``. Raises NotFound, CallOver, and what an answer raises."""
    call, instance = _waiting(session, activity_id)
    if not error:
        take_values(session, call, instance, values, actor=Actor.system(), at=at)
    elif catches_error(process_of(session, instance.definition_id), instance.execution_state, call.activity_id, error):
        raise_call_error(session, call, instance, error, actor=Actor.system(), at=at)
    else:
        fail_call(session, call, instance, error, retries=0, actor=Actor.system(), at=at)


def make_own_calls(perform: Callable[[Callable[[Session], bool]], bool], *, at: datetime) -> None:
    """Set fields as a real deal would; take letters for sent, and deals on other maps for opened.

    What the map or the deal cannot take is left waiting: the failure is recorded, as it is for a real deal.
    """
    for _ in range(_MOST_CALLS):
        try:
            if not perform(lambda session: _make_one(session, at)):
                return
        except DomainError:
            return


def _make_one(session: Session, at: datetime) -> bool:
    activity_id = session.scalar(
        select(ServiceCall.activity_id)
        .where(ServiceCall.state == CallState.WAITING, ServiceCall.connector.not_in(ANSWERED_BY_OTHERS))
        .order_by(ServiceCall.opened_at, ServiceCall.activity_id)
        .limit(1)
    )
    if activity_id is None:
        return False
    call, instance = _waiting(session, activity_id)
    rule = process_of(session, instance.definition_id).calls[call.element_id]
    sets = rule.connector is ConnectorKind.FIELDS
    values = fields_set(rule, parameters_of(session, call)) if sets else {}
    take_values(session, call, instance, values, actor=Actor.system(), at=at)
    return True


def _waiting(session: Session, activity_id: str) -> tuple[ServiceCall, ProcessInstance]:
    """Raises NotFound, CallOver."""
    call_id = session.scalar(select(ServiceCall.id).where(ServiceCall.activity_id == activity_id))
    if call_id is None:
        raise NotFound
    call, instance = lock_call(session, call_id)
    ensure_waits(call, instance)
    return call, instance
