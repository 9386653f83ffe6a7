"""Moving running deals to another version of their map: what it would do, how far it is, what became of each deal."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.incidents import perform
from engine.commands.moved_deals import undo_deal_of_move
from engine.commands.version_moves import (
    MoveRequest,
    cancel_version_move,
    start_version_move,
    undo_version_move,
)
from engine.errors import DomainError, NotFound
from engine.model.version_move import DeadlinePolicy, HolderPolicy, MovedDealState
from engine.policy.permissions import Ability, ensure_may, may
from engine.policy.version_moves import EVERYTHING
from engine.queries.move_preview import Verdict, move_preview
from engine.queries.scopes import ensure_sees
from engine.queries.version_moves import may_come_back, moved_deals, version_move, version_moves
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.i18n import _
from webui.messages import error_text
from webui.request_context import actor, now, reading, services
from webui.sessions import polls
from webui.version_changes import DEAL_STATES, MOVE_STATES, group_lines, reason_words

blueprint = Blueprint("moves", __name__, url_prefix="/maps")
polls("moves.progress")

_CHOICE = "choice|"
_WITHDRAW = "-"


@blueprint.get("/<int:definition_id>/moves")
def preview(definition_id: int) -> ResponseReturnValue:
    """Which deals run on other versions, and what moving them here would mean. Nothing is changed."""
    return _preview(definition_id)


@blueprint.post("/<int:definition_id>/moves/preview")
def look_again(definition_id: int) -> ResponseReturnValue:
    """The same with what has been chosen on the page."""
    return _preview(definition_id)


@blueprint.post("/<int:definition_id>/moves")
def start(definition_id: int) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.SEE_MAPS)
    wanted = MoveRequest(
        deadlines=_deadlines(), holders=_holders(), choices=_choices(), deal_ids=_deal_ids(), from_definition_ids=None
    )
    try:
        move = perform(
            services().database,
            lambda session: start_version_move(
                session,
                definition_id,
                wanted,
                actor=actor(),
                clock=services().clock,
                command_id=sent_command_id(),
            ),
            actor=actor(),
            clock=services().clock,
        )
    except NotFound:
        raise
    except DomainError as error:
        return _preview(definition_id, error)
    return redirect(url_for("moves.show", move_id=move.id), code=303)


@blueprint.get("/moves/<int:move_id>")
def show(move_id: int) -> ResponseReturnValue:
    return _move(move_id)


@blueprint.get("/moves/<int:move_id>/progress")
def progress(move_id: int) -> ResponseReturnValue:
    """The part of the page that changes while deals are being moved."""
    return _move(move_id, template="maps/move_progress.html")


@blueprint.post("/moves/<int:move_id>/cancel")
def cancel(move_id: int) -> ResponseReturnValue:
    return _act(
        move_id,
        lambda session: cancel_version_move(session, move_id, actor=actor(), clock=services().clock),
        _("Stopped: the other deals stay where they are."),
    )


@blueprint.post("/moves/<int:move_id>/undo")
def undo(move_id: int) -> ResponseReturnValue:
    return _act(
        move_id,
        lambda session: undo_version_move(session, move_id, actor=actor(), clock=services().clock),
        _("The deals return to where they were."),
    )


@blueprint.post("/moves/<int:move_id>/deals/<int:deal_id>/undo")
def undo_deal(move_id: int, deal_id: int) -> ResponseReturnValue:
    return _act(
        move_id,
        lambda session: undo_deal_of_move(session, move_id, deal_id, actor=actor(), clock=services().clock),
        _("The deal is where it was before the move."),
    )


def _act(move_id: int, command: Callable[[Session], object], told: str) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.SEE_MAPS)
    ensure_may(actor(), Ability.PUBLISH_MAP)
    try:
        perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _move(move_id, error=error)
    flash(told, "success")
    return redirect(url_for("moves.show", move_id=move_id), code=303)


def _preview(definition_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    deal_ids = _deal_ids()
    with reading() as session:
        shown = move_preview(
            session,
            actor(),
            definition_id,
            at=now(),
            choices=_choices(),
            deadlines=_deadlines(),
            deal_ids=deal_ids,
        )
        earlier = version_moves(session, actor(), key=shown.key, limit=5)
    page = render_template(
        "maps/moves.html",
        preview=shown,
        lines=group_lines(shown),
        counts={verdict.value: shown.deals(verdict) for verdict in Verdict},
        earlier=earlier.items,
        move_states=MOVE_STATES,
        chosen=_choices(),
        deadlines=_deadlines().value,
        holders=_holders().value,
        deal_id=deal_ids[0] if deal_ids else None,
        may_publish=may(actor(), Ability.PUBLISH_MAP),
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _move(move_id: int, *, template: str = "maps/move.html", error: DomainError | None = None) -> ResponseReturnValue:
    wanted = request.args.get("state", "")
    state = MovedDealState(wanted) if wanted in set(MovedDealState) else None
    with reading() as session:
        row = version_move(session, actor(), move_id)
        page = moved_deals(session, actor(), move_id, state=state, cursor=request.args.get("cursor") or None)
        come_back = frozenset() if row.is_at_work else may_come_back(session, page.items)
    text = render_template(
        template,
        row=row,
        page=page,
        state=state,
        come_back=come_back,
        reasons={one.id: reason_words(one.reason) for one in page.items},
        deal_states=DEAL_STATES,
        move_states=MOVE_STATES,
        may_publish=may(actor(), Ability.PUBLISH_MAP),
        problem_text=error_text(error) if error else "",
    )
    return text, status_of(error) if error else 200


def _deal_ids() -> list[int] | None:
    text = request.values.get("deal", "")
    return [int(text)] if text.isascii() and text.isdecimal() and len(text) < 19 else None  # noqa: PLR2004  # digits of the largest id


def _deadlines() -> DeadlinePolicy:
    return DeadlinePolicy.RECOMPUTE if request.form.get("deadlines") == "recompute" else DeadlinePolicy.KEEP


def _holders() -> HolderPolicy:
    return HolderPolicy.REASSIGN if request.form.get("holders") == "reassign" else HolderPolicy.KEEP


def _choices() -> dict[str, dict[str, str | None]]:
    """What was chosen: fields are named by group and place, their values are steps; "-" withdraws."""
    chosen: dict[str, dict[str, str | None]] = {}
    for name, value in request.form.items():
        if name.startswith(_CHOICE) and value and name.count("|") == 2:  # noqa: PLR2004  # the mark, the group, the place
            group, element = name.removeprefix(_CHOICE).split("|")
            chosen.setdefault(group, {})[element] = None if value == _WITHDRAW else value
    for elements in chosen.values():
        if EVERYTHING in elements:  # all that is open goes there: what was chosen for one place does not count
            target = elements[EVERYTHING]
            elements.clear()
            elements[EVERYTHING] = target
    return chosen
