"""Steps that the machinery does itself: what a job of the outbox does for a call of a map."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.adapters.https_calls import AnswerTooLarge, CallUnreachable, HttpsCall
from engine.adapters.public_addresses import AddressNotPublic
from engine.adapters.sealing import SecretNotReadable
from engine.bpmn.compiled import ConnectorKind
from engine.bpmn.templates import secrets_in
from engine.commands.call_making import (
    NOT_PERMITTED,
    CallFailure,
    TakenCall,
    settle_answer,
    settle_failure,
    take_call,
)
from engine.db.job import Job
from engine.errors import N_
from engine.policy.call_requests import (
    CallNotWritable,
    SecretMissing,
    error_code,
    is_done,
    may_pass,
    read_answer,
    request_of,
    wish,
)
from tasks.services import Services

Make = Callable[[Services, TakenCall], None]

_NOT_PUBLIC = N_("the host leads to an address that is not public")
_ANSWERED = "HTTP %s"


def make_call(services: Services, job: Job) -> None:
    """Make one call, once at a time; whatever comes back is settled in a transaction of its own."""
    with services.database.write() as session:
        taken = take_call(session, job.payload["call_id"], by=job.id, clock=services.clock)
    if taken is not None:
        _MAKERS[taken.rule.connector](services, taken)


def _request(services: Services, taken: TakenCall) -> None:
    failure = NOT_PERMITTED if not taken.is_permitted else _exchange(services, taken)
    if failure is not None:
        settle_failure(services.database, taken.id, failure, clock=services.clock)


def _exchange(services: Services, taken: TakenCall) -> CallFailure | None:
    """Send the request and settle a good answer; what went wrong otherwise."""
    try:
        wanted = secrets_in(taken.rule.templates.values())
        secrets = {name: services.sealer.open(taken.sealed[name]) for name in wanted if name in taken.sealed}
        request = request_of(taken.rule, taken.values, secrets, call_id=taken.id)
        answer = services.https.call(
            HttpsCall(request.method, request.host, request.port, request.target, request.headers, request.body)
        )
    except CallUnreachable as failure:
        return CallFailure(str(failure.params["problem"]), failure.code, may_pass=True)
    except AddressNotPublic:
        return CallFailure(_NOT_PUBLIC)
    except (AnswerTooLarge, CallNotWritable, SecretMissing, SecretNotReadable) as failure:
        return CallFailure(failure.template, failure.code)
    if not is_done(answer.status):
        after = wish(answer.retry_after)
        return CallFailure(_ANSWERED % answer.status, error_code(answer.status), may_pass(answer.status), after)
    read = read_answer(answer.body, answer.content_type, secrets.values())
    settle_answer(services.database, taken.id, read, status=answer.status, clock=services.clock)
    return None


_MAKERS: Mapping[ConnectorKind, Make] = {ConnectorKind.HTTP: _request}
