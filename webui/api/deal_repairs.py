"""Deals out of their map's order, over HTTP: move, suspend, resume, cancel, reopen, set variables, and undo."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.asking_again import ask_approvals_again
from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.jumps import move_token, undo_move
from engine.commands.loss_choices import LossChoice
from engine.commands.suspensions import resume_deal, suspend_deal
from engine.commands.variables import set_variables, undo_variables
from engine.model.deal import Deal
from engine.queries.move_targets import MoveTarget, move_targets
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller, in_readers_language, reader_locale
from webui.api.deals import written
from webui.api.models.deals import (
    Cancellation,
    DealItem,
    DealMove,
    DealPath,
    MoveRefusal,
    MoveTargetItem,
    MoveTargetList,
    MoveUndoing,
    Reopening,
    Resumption,
    Suspension,
    VariablesToSet,
    VariablesUndoing,
)
from webui.api.models.values import ShortPaging
from webui.api.performing import carry_out, command_id
from webui.api.tags import DEALS
from webui.messages import error_text
from webui.request_context import reading, services

_RESTING = conflicts("deal_suspended", "deal_not_running", "idempotency_key_reused")


@api.get("/deals/<int:deal_id>/move-targets", tags=[DEALS], responses={200: MoveTargetList})
def list_move_targets(path: DealPath, query: ShortPaging) -> Response:
    """Where the deal could be moved, and what each move would do. Nothing for a deal that has ended."""
    with reading() as session:
        found = move_targets(session, caller(), path.deal_id)
    with in_readers_language():
        return listed(part_of(found, query), _target_item, MoveTargetList)


@api.post("/deals/<int:deal_id>/move", tags=[DEALS], responses={200: DealItem, **_RESTING})
def move_deal(path: DealPath, body: DealMove) -> Response:
    """Let the deal go on at a step, out of its map's order. What cannot be done safely is refused with the reason."""
    return _done(
        path.deal_id,
        lambda session, key: move_token(
            session,
            path.deal_id,
            body.to,
            body.reason,
            withdrawn=body.withdrawn,
            actor=caller(),
            clock=services().clock,
            command_id=key,
        ),
    )


@api.post(
    "/deals/<int:deal_id>/move/undo",
    tags=[DEALS],
    responses={200: DealItem, **conflicts("nothing_to_undo", "approval_spared", "department_archived")},
)
def undo_deal_move(path: DealPath, body: MoveUndoing) -> Response:
    """Put the deal back to where a move took it from, while nothing has happened since."""
    return _done(
        path.deal_id,
        lambda session, key: undo_move(
            session, path.deal_id, body.intervention_id, actor=caller(), clock=services().clock, command_id=key
        ),
    )


@api.post(
    "/deals/<int:deal_id>/ask-again",
    tags=[DEALS],
    responses={200: DealItem, **_RESTING, **conflicts("nothing_to_ask_again", "content_approved")},
)
def ask_again(path: DealPath) -> Response:
    """Have approved again what has changed since it was approved, where the map allows it (`reask`)."""
    return _done(
        path.deal_id,
        lambda session, key: ask_approvals_again(
            session, path.deal_id, actor=caller(), clock=services().clock, command_id=key
        ),
    )


@api.post("/deals/<int:deal_id>/suspend", tags=[DEALS], responses={200: DealItem, **_RESTING})
def suspend(path: DealPath, body: Suspension) -> Response:
    """Nobody can act on a suspended deal, nothing is reminded, no timer fires; messages for it are answered 409."""
    return _done(
        path.deal_id,
        lambda session, key: suspend_deal(
            session, path.deal_id, body.reason, actor=caller(), clock=services().clock, command_id=key
        ),
    )


@api.post(
    "/deals/<int:deal_id>/resume",
    tags=[DEALS],
    responses={200: DealItem, **conflicts("not_suspended", "deal_not_running")},
)
def resume(path: DealPath, body: Resumption) -> Response:
    """Let a suspended deal go on."""
    return _done(
        path.deal_id,
        lambda session, key: resume_deal(
            session, path.deal_id, body.deadlines, actor=caller(), clock=services().clock, command_id=key
        ),
    )


@api.post("/deals/<int:deal_id>/cancel", tags=[DEALS], responses={200: DealItem, **conflicts("deal_closed")})
def cancel(path: DealPath, body: Cancellation) -> Response:
    """End a deal that its map does not end; its open steps are withdrawn, its failures closed."""
    return _done(
        path.deal_id,
        lambda session, key: cancel_deal(
            session,
            path.deal_id,
            body.reason,
            LossChoice(body.reason_id),
            actor=caller(),
            clock=services().clock,
            command_id=key,
        ),
    )


@api.post(
    "/deals/<int:deal_id>/reopen",
    tags=[DEALS],
    responses={
        200: DealItem,
        **conflicts("not_cancelled", "approved_for_another", "approval_spared", "department_archived"),
    },
)
def reopen(path: DealPath, body: Reopening) -> Response:
    """Let a cancelled deal go on where it was."""
    return _done(
        path.deal_id,
        lambda session, key: reopen_deal(
            session,
            path.deal_id,
            body.reason,
            body.deadlines,
            actor=caller(),
            clock=services().clock,
            command_id=key,
        ),
    )


@api.post(
    "/deals/<int:deal_id>/variables",
    tags=[DEALS],
    responses={200: DealItem, **conflicts("deal_suspended", "deal_not_running", "content_approved", "approval_spared")},
)
def set_deal_variables(path: DealPath, body: VariablesToSet) -> Response:
    """Set variables by which the map decides: an administrator's repair. Waiting conditions are looked at again."""
    locale = reader_locale()
    return _done(
        path.deal_id,
        lambda session, key: set_variables(
            session,
            path.deal_id,
            body.values,
            body.reason,
            actor=caller(),
            clock=services().clock,
            command_id=key,
            locale=locale,
        ),
    )


@api.post(
    "/deals/<int:deal_id>/variables/undo",
    tags=[DEALS],
    responses={200: DealItem, **conflicts("nothing_to_undo")},
)
def undo_deal_variables(path: DealPath, body: VariablesUndoing) -> Response:
    """Give variables their former values, while nothing has happened since."""
    return _done(
        path.deal_id,
        lambda session, key: undo_variables(
            session, path.deal_id, body.intervention_id, actor=caller(), clock=services().clock, command_id=key
        ),
    )


def _done(deal_id: int, command: Callable[[Session, str | None], Deal]) -> Response:
    key = command_id()
    carry_out(lambda session: command(session, key).id)
    return answer(written(deal_id))


def _target_item(target: MoveTarget) -> MoveTargetItem:
    refusal = target.refusal
    return MoveTargetItem(
        element_id=target.element_id,
        source_id=target.source_id,
        name=target.name,
        stage=target.stage,
        kind=target.kind,
        responsible=target.responsible,
        refusal=MoveRefusal(code=refusal.code, message=error_text(refusal)) if refusal is not None else None,
        goes_back=target.goes_back,
        needs_reason=target.needs_reason,
        withdrawn=target.withdrawn,
        kept=target.kept,
        passed_over=target.passed_over,
        asked_again=target.asked_again,
    )
