"""What is done with steps over HTTP: take, give back, do, hand on, give more time, comment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Response
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands.completions import (
    CompletionRequest,
    CompletionResult,
    complete_many,
    complete_work_item,
    is_lost_unexplained,
    values_not_taken,
)
from engine.commands.handing_back import hand_back_work_item
from engine.commands.loss_choices import LossChoice
from engine.commands.recalls import recall_approval
from engine.commands.reminders import remind_of_work_item
from engine.commands.work_items import (
    claim_work_item,
    comment_on_work_item,
    delegate_work_item,
    extend_work_item,
    release_work_item,
)
from engine.errors import N_, DomainError, FieldNotUnderstood, InvalidInput, NotFound
from engine.model.work_item import WorkItem
from engine.queries.directories import directory
from engine.queries.scopes import visible_work_items
from webui.api.answers import answer
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller, confirm_caller, identified_by_its_command, in_readers_language, reader_locale
from webui.api.models.problems import FieldProblem
from webui.api.models.values import Instant, Person
from webui.api.models.work_items import (
    Comment,
    Completion,
    CompletionFault,
    CompletionResultItem,
    CompletionResults,
    Completions,
    Extension,
    HandBack,
    Handover,
    Recall,
    WorkItemPath,
    WorkItemStatus,
)
from webui.api.named import person_named
from webui.api.performing import carry_out, carry_out_once, command_id
from webui.api.tags import STEPS
from webui.i18n import zone
from webui.messages import error_text
from webui.proofs import proof_given
from webui.request_context import reading, services

_LATE = conflicts("already_completed", "already_cancelled", "already_claimed", "idempotency_key_reused")
_UNDECIDED = conflicts(
    "already_completed", "already_cancelled", "approval_decided", "content_changed", "idempotency_key_reused"
)
_NO_WAY_BACK = conflicts(
    "already_completed", "already_cancelled", "nothing_to_recall", "recall_refused", "idempotency_key_reused"
)
_UNREMINDED = conflicts(
    "already_completed", "already_cancelled", "reminded_already", "nobody_to_remind", "idempotency_key_reused"
)
_ADDRESS = "/work-items/<int:work_item_id>"
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Instant)
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?")


@api.post(f"{_ADDRESS}/claim", tags=[STEPS], responses={200: WorkItemStatus, **_LATE})
def claim(path: WorkItemPath) -> Response:
    """Take a step of one's department."""
    return _acted(
        "claim_work_item",
        path,
        {},
        lambda session: claim_work_item(session, path.work_item_id, actor=caller(), clock=services().clock),
    )


@api.post(f"{_ADDRESS}/release", tags=[STEPS], responses={200: WorkItemStatus, **_LATE})
def release(path: WorkItemPath) -> Response:
    """Give a step back to its department."""
    return _acted(
        "release_work_item",
        path,
        {},
        lambda session: release_work_item(session, path.work_item_id, actor=caller(), clock=services().clock),
    )


@api.post(f"{_ADDRESS}/complete", tags=[STEPS], responses={200: WorkItemStatus, **_UNDECIDED})
@identified_by_its_command
def complete(path: WorkItemPath, body: Completion) -> Response:
    """Do a step: the decision is recorded with what was decided on, and the deal moves on.

    409 `already_completed` and `approval_decided` say in `by` and `at` who was faster, and when; 409 `content_changed`
    that the content is not any more what `content_hash` names. 422 `content_not_named` at `content_hash`: the step's
    `content_seen` is true, so who approves it says what they have read. 403 `reauthentication_required`: send
    `password`, and `totp` where the step's `reauthenticate` is `code`; 403 `reauthentication_failed`: they do not fit.
    """
    key = command_id()
    if body.password:
        confirm_caller()
    proof = proof_given(body.password, body.totp, caller(), [path.work_item_id])

    def command(session: Session) -> WorkItemStatus:
        done = complete_work_item(
            session,
            path.work_item_id,
            body.values,
            body.outcome,
            body.comment,
            actor=caller(),
            clock=services().clock,
            command_id=key,
            locale=reader_locale(),
            seen=body.content_hash,
            proof=proof,
            zone=zone().key,
            by_program=True,
            loss=LossChoice(body.loss_reason_id),
        )
        return _status(
            session,
            done,
            is_unexplained=is_lost_unexplained(session, done),
            not_taken=values_not_taken(done, body.values),
        )

    return answer(carry_out(command))


@api.post(f"{_ADDRESS}/recall", tags=[STEPS], responses={200: WorkItemStatus, **_NO_WAY_BACK})
def recall(path: WorkItemPath, body: Recall) -> Response:
    """Take a request for approval back: by who asked for it, or the deal's owner.

    Its open parts are withdrawn, and the step from which it was asked waits again.
    """

    def command(session: Session) -> WorkItem:
        recall_approval(session, path.work_item_id, body.reason, actor=caller(), clock=services().clock)
        return session.get_one(WorkItem, path.work_item_id)

    return _acted("recall_approval_of", path, body.model_dump(), command)


@api.post(f"{_ADDRESS}/delegate", tags=[STEPS], responses={200: WorkItemStatus, **_LATE})
def delegate(path: WorkItemPath, body: Handover) -> Response:
    """Hand a step to somebody else."""
    return _acted(
        "delegate_work_item",
        path,
        body.model_dump(),
        lambda session: delegate_work_item(
            session,
            path.work_item_id,
            person_named(session, body.to),
            body.comment,
            actor=caller(),
            clock=services().clock,
        ),
    )


@api.post(f"{_ADDRESS}/hand-back", tags=[STEPS], responses={200: WorkItemStatus, **_LATE})
def hand_back(path: WorkItemPath, body: HandBack) -> Response:
    """Give a step back to whoever handed it on, with what was found out."""
    return _acted(
        "hand_back_work_item",
        path,
        body.model_dump(),
        lambda session: hand_back_work_item(
            session, path.work_item_id, body.answer, actor=caller(), clock=services().clock
        ),
    )


@api.post(f"{_ADDRESS}/extend", tags=[STEPS], responses={200: WorkItemStatus, **_LATE})
def extend(path: WorkItemPath, body: Extension) -> Response:
    """Give a step more time. By a head, never by who holds the step."""

    def command(session: Session) -> WorkItem:
        try:
            return extend_work_item(
                session, path.work_item_id, _until(body.due_at), body.reason, actor=caller(), clock=services().clock
            )
        except OverflowError as error:  # a date at the very beginning or end of what a calendar can count
            raise InvalidInput({"due_at": FieldNotUnderstood(value=body.due_at, expected=N_("a deadline"))}) from error

    return _acted("extend_work_item", path, body.model_dump(), command)


@api.post(f"{_ADDRESS}/comment", tags=[STEPS], responses={200: WorkItemStatus, **conflicts("idempotency_key_reused")})
def comment(path: WorkItemPath, body: Comment) -> Response:
    """Say something at a step; it stands in the deal's history."""
    return _acted(
        "comment_on_work_item",
        path,
        body.model_dump(),
        lambda session: comment_on_work_item(
            session, path.work_item_id, body.text, actor=caller(), clock=services().clock
        ),
    )


@api.post("/work-items/complete-many", tags=[STEPS], responses={200: CompletionResults})
def complete_several(body: Completions) -> Response:
    """Do several steps, each in a transaction of its own; the answer says of each whether it was done."""
    proof = proof_given(body.password, body.totp, caller(), [one.id for one in body.items])
    requests = [
        CompletionRequest(
            one.id, one.outcome, one.values, one.comment, one.content_hash, LossChoice(one.loss_reason_id)
        )
        for one in body.items
    ]
    results = complete_many(
        services().database,
        requests,
        proof=proof,
        actor=caller(),
        clock=services().clock,
        locale=reader_locale(),
        zone=zone().key,
        command_id=command_id(),
        by_program=True,
    )
    with in_readers_language():
        items = tuple(_result(one) for one in results)
    return answer(CompletionResults(items=items))


@api.post(f"{_ADDRESS}/remind", tags=[STEPS], responses={200: WorkItemStatus, **_UNREMINDED})
def remind(path: WorkItemPath) -> Response:
    """Ask who holds a step for it, or everybody who may take it: by a head of theirs, once an hour."""
    return _acted(
        "remind_of_work_item",
        path,
        {},
        lambda session: remind_of_work_item(session, path.work_item_id, actor=caller(), clock=services().clock),
    )


def _acted(
    name: str, path: WorkItemPath, arguments: Mapping[str, Any], command: Callable[[Session], WorkItem]
) -> Response:
    """Carry a command out, once per key, and say how the step stands then."""
    told = {"id": path.work_item_id, **arguments}
    work_item_id = carry_out_once(name, told, lambda session: command(session).id, ensure_seen=_ensure_sees)
    with reading() as session:
        return answer(_status(session, session.get_one(WorkItem, work_item_id)))


def _ensure_sees(session: Session, work_item_id: int) -> None:
    """Raises NotFound."""
    seen = select(WorkItem.id).where(WorkItem.id == work_item_id, visible_work_items(caller(), only=work_item_id))
    if session.scalar(seen) is None:
        raise NotFound


def _status(
    session: Session, item: WorkItem, *, is_unexplained: bool = False, not_taken: tuple[str, ...] = ()
) -> WorkItemStatus:
    """How a step stands that the caller has just acted on, told before the transaction ends: nothing is read again."""
    people = directory(session)
    held, done_by = people.known_person(item.assignee_id), people.known_person(item.completed_by_id)
    return WorkItemStatus(
        id=item.id,
        name=item.name,
        state=item.state,
        deal_id=item.deal_id,
        assignee=Person(id=held.id, login=held.login, name=held.full_name) if held is not None else None,
        due_at=item.due_at,
        outcome=item.outcome,
        completed_at=item.completed_at,
        completed_by=done_by.full_name if done_by is not None else "",
        loss_reason_missing=is_unexplained,
        values_not_taken=not_taken,
    )


def _until(text: str) -> datetime | str:
    """A moment where the text is one; else the text, as a rule that is counted from now.

    Raises InvalidInput for a moment that leaves open in which zone it is.
    """
    try:
        return _MOMENT.validate_python(text)
    except ValidationError:
        if _WITHOUT_ZONE.fullmatch(text):
            wanted = N_("a moment such as 2026-12-31T17:30:00Z")
            raise InvalidInput({"due_at": FieldNotUnderstood(value=text, expected=wanted)}) from None
        return text


def _result(result: CompletionResult) -> CompletionResultItem:
    error = result.error
    fault = None
    if error is not None:
        faults: Mapping[str, DomainError] = error.errors if isinstance(error, InvalidInput) else {}
        fault = CompletionFault(
            code=error.code,
            detail=error_text(error),
            errors={name: FieldProblem(code=one.code, message=error_text(one)) for name, one in faults.items()},
        )
    return CompletionResultItem(
        id=result.work_item_id,
        done=error is None,
        error=fault,
        loss_reason_missing=result.is_unexplained,
        values_not_taken=result.not_taken,
    )
