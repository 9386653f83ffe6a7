"""The list of reasons from which people choose why a deal ends without a sale. The process owner's."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.loss_reasons import (
    LONGEST_NAME,
    add_loss_reason,
    add_usual_loss_reasons,
    archive_loss_reason,
    move_loss_reason,
    rename_loss_reason,
    restore_loss_reason,
)
from engine.errors import N_, DomainError
from engine.queries.loss_reasons import managed_loss_reasons
from webui.carrying_out import carry_out, made_once
from webui.error_pages import status_of
from webui.i18n import _
from webui.messages import field_errors
from webui.request_context import actor, reading, services

blueprint = Blueprint("loss_reasons", __name__, url_prefix="/settings/loss-reasons")

USUAL = (
    N_("Price"),
    N_("Chose a competitor"),
    N_("Terms of payment or delivery"),
    N_("No need any more"),
    N_("No budget"),
    N_("Not our customer"),
    N_("No answer"),
)


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("")
def create() -> ResponseReturnValue:
    name = request.form.get("name", "")
    add = made_once(lambda session: add_loss_reason(session, name, actor=actor(), clock=services().clock).id)
    return _act(add)


@blueprint.post("/usual")
def create_usual() -> ResponseReturnValue:
    names = [_(name) for name in USUAL]
    return _act(lambda session: add_usual_loss_reasons(session, names, actor=actor(), clock=services().clock))


@blueprint.post("/<int:reason_id>")
def rename(reason_id: int) -> ResponseReturnValue:
    name = request.form.get("name", "")
    return _act(
        lambda session: rename_loss_reason(session, reason_id, name, actor=actor(), clock=services().clock),
        told=_("Saved."),
        renamed=reason_id,
    )


@blueprint.post("/<int:reason_id>/move")
def move(reason_id: int) -> ResponseReturnValue:
    by = 1 if request.form.get("by") == "down" else -1
    return _act(lambda session: move_loss_reason(session, reason_id, by=by, actor=actor(), clock=services().clock))


@blueprint.post("/<int:reason_id>/archive")
def archive(reason_id: int) -> ResponseReturnValue:
    return _act(
        lambda session: archive_loss_reason(session, reason_id, actor=actor(), clock=services().clock),
        told=_("The reason is archived. Deals and reports keep it."),
    )


@blueprint.post("/<int:reason_id>/restore")
def restore(reason_id: int) -> ResponseReturnValue:
    return _act(lambda session: restore_loss_reason(session, reason_id, actor=actor(), clock=services().clock))


def _act(command: Callable[[Session], object], *, told: str = "", renamed: int | None = None) -> ResponseReturnValue:
    """``renamed`` is the reason at which a fault is told; without one it is the new one's."""
    return carry_out(
        command,
        told,
        refused=lambda error: _page(error, renamed),
        shown_at=url_for("loss_reasons.show"),
    )


def _page(error: DomainError | None = None, renamed: int | None = None) -> ResponseReturnValue:
    with reading() as session:
        found = managed_loss_reasons(session, actor())
    page = render_template(
        "settings/loss_reasons.html",
        in_use=[one for one in found if not one.is_archived],
        archived=[one for one in found if one.is_archived],
        usual=[_(name) for name in USUAL],
        typed=request.form.get("name", "") if error else "",
        renamed=renamed,
        name_error=field_errors(error).get("name", "") if error else "",
        longest=LONGEST_NAME,
    )
    return page, status_of(error) if error else 200
