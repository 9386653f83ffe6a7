"""Steps that the machinery does itself: what a job of the outbox does for a call of a map."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from engine.adapters.https_calls import AnswerTooLarge, CallUnreachable, HttpsCall
from engine.adapters.mail import Letter, MailFailed
from engine.adapters.public_addresses import AddressNotPublic
from engine.adapters.sealing import SecretNotReadable
from engine.bpmn.compiled import ConnectorKind
from engine.bpmn.documents import MEDIA_TYPES, DocumentRefused, kind_of_document, read_document
from engine.bpmn.template_writing import Filling
from engine.bpmn.templates import secrets_in
from engine.commands.call_making import (
    NOT_PERMITTED,
    CallFailure,
    MadeDocument,
    NextDeal,
    TakenCall,
    add_document_of_call,
    open_deal_of_call,
    settle_answer,
    settle_failure,
    take_call,
)
from engine.db.job import Job
from engine.errors import N_
from engine.policy.call_documents import name_of_document
from engine.policy.call_fields import fields_set
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
from tasks.congestion import SlowHosts
from tasks.services import Services

Make = Callable[[Services, TakenCall], None]

_NOT_PUBLIC = N_("the host leads to an address that is not public")
_NO_ADDRESS = N_("there is no e-mail address to write to")
_NO_AMOUNT = N_("the sum of the deal that is opened is no number")
_TEMPLATE_MISSING = N_("the template of the document is not there any more")
_TEMPLATE_REFUSED = N_("the template of the document cannot be filled in")
_ANSWERED = "HTTP %s"
_ADDRESS = re.compile(r"[^@\s,;:<>\"()\[\]\\]{1,64}@[^@\s,;:<>\"()\[\]\\]+\.[^@\s,;:<>\"()\[\]\\]+")
_LONGEST_SUBJECT = _LONGEST_TITLE = 300


def make_call(services: Services, job: Job) -> None:
    """Make one call; whatever comes back is settled in a transaction of its own. Raises NotNow."""
    with services.database.write() as session:
        taken = take_call(session, job.payload["call_id"], by=job.id, clock=services.clock)
    if taken is not None:
        _MAKERS[taken.rule.connector](services, taken)


slow_hosts = SlowHosts()


def _request(services: Services, taken: TakenCall) -> None:
    failure = NOT_PERMITTED if not taken.is_permitted else _exchange(services, taken)
    if failure is not None:
        settle_failure(services.database, taken.id, failure, clock=services.clock)


def _exchange(services: Services, taken: TakenCall) -> CallFailure | None:
    """Send the request and settle a good answer; what went wrong otherwise. Raises NotNow."""
    try:
        wanted = secrets_in(taken.rule.templates.values())
        secrets = {name: services.sealer.open(taken.sealed[name]) for name in wanted if name in taken.sealed}
        request = request_of(taken.rule, taken.values, secrets, call_id=taken.id)
        with slow_hosts.calling(taken.rule.host):
            answer = services.https.call(
                HttpsCall(request.method, request.host, request.port, request.target, request.headers, request.body)
            )
    except CallUnreachable as failure:
        slow_hosts.is_silent(taken.rule.host)
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


def _letter(services: Services, taken: TakenCall) -> None:
    filling = Filling(taken.values, {})
    templates = taken.rule.templates
    to = taken.recipient if taken.rule.recipient else filling.text(templates["to"]).strip()
    if not _ADDRESS.fullmatch(to):
        settle_failure(services.database, taken.id, CallFailure(_NO_ADDRESS, "no_address"), clock=services.clock)
        return
    letter = Letter(
        key=taken.id,
        to=to,
        subject=filling.text(templates["subject"])[:_LONGEST_SUBJECT],
        text=filling.text(templates["text"]).rstrip() + "\n",
        written_at=services.clock.now(),
    )
    try:
        services.mailer.send(letter)
    except MailFailed as failure:
        refused = CallFailure(str(failure.params["answer"]), failure.code, may_pass=True)
        settle_failure(services.database, taken.id, refused, clock=services.clock)
    else:
        settle_answer(services.database, taken.id, None, told={"to": to}, clock=services.clock)


def _write_fields(services: Services, taken: TakenCall) -> None:
    settle_answer(services.database, taken.id, fields_set(taken.rule, taken.values), clock=services.clock)


def _open_deal(services: Services, taken: TakenCall) -> None:
    fields = fields_set(taken.rule, taken.values)
    amount = fields.pop("deal.amount", None)
    try:
        draft = NextDeal(
            title=Filling(taken.values, {}).text(taken.rule.templates.get("title", ())).strip()[:_LONGEST_TITLE],
            amount=None if amount is None else Decimal(str(amount)),
            fields={name.removeprefix("deal."): value for name, value in fields.items()},
        )
    except InvalidOperation:
        settle_failure(services.database, taken.id, CallFailure(_NO_AMOUNT), clock=services.clock)
    else:
        open_deal_of_call(services.database, taken, draft, clock=services.clock)


def _make_document(services: Services, taken: TakenCall) -> None:
    try:
        made = _document(taken)
    except DocumentRefused:
        failure = CallFailure(_TEMPLATE_REFUSED, "template_refused")
        settle_failure(services.database, taken.id, failure, clock=services.clock)
    else:
        if made is None:
            failure = CallFailure(_TEMPLATE_MISSING, "template_missing")
            settle_failure(services.database, taken.id, failure, clock=services.clock)
        else:
            add_document_of_call(services.database, taken, made, clock=services.clock)


def _document(taken: TakenCall) -> MadeDocument | None:
    """None where the template is not there any more. Raises DocumentRefused."""
    if taken.template is None:
        return None
    content = read_document(taken.rule.template_file, taken.template).filled(taken.values)
    kind = kind_of_document(taken.rule.template_file)
    return MadeDocument(name_of_document(taken.rule, taken.values), MEDIA_TYPES[kind], content)


_MAKERS: Mapping[ConnectorKind, Make] = {
    ConnectorKind.HTTP: _request,
    ConnectorKind.MAIL: _letter,
    ConnectorKind.FIELDS: _write_fields,
    ConnectorKind.MAP: _open_deal,
    ConnectorKind.DOCUMENT: _make_document,
}
