"""A step in the right pane of the inbox: what to do, its form, its buttons, and all that one may want to know."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.completions import complete_work_item
from engine.commands.incidents import perform
from engine.commands.work_items import (
    claim_work_item,
    comment_on_work_item,
    delegate_work_item,
    extend_work_item,
    release_work_item,
    save_draft,
)
from engine.errors import DomainError, InvalidInput, NotFound
from engine.model.work_item import WorkItem
from engine.policy.permissions import may_direct_step
from engine.queries.deal_waiting import deal_waiting
from engine.queries.directories import directory
from engine.queries.inbox import Tab, inbox
from engine.queries.work_item_rows import WorkItemRow
from engine.queries.work_items import work_item_view
from webui.deadlines import said
from webui.error_pages import status_of, with_event, with_toast
from webui.file_lists import step_files
from webui.file_uploads import brought, limits
from webui.forms.file_fields import uploads_at
from webui.forms.step_form import shown_texts, shown_value, step_fields, typed_values
from webui.forms.typed_values import read_id
from webui.i18n import _, chosen_locale
from webui.inbox_list import TABS, inbox_list
from webui.messages import error_text, field_errors
from webui.outcomes import buttons, choice_explained, decided, tone_of
from webui.request_context import actor, now, reading, services, writing
from webui.security import is_partial
from webui.timeline import entries, fields_of
from webui.waiting import waiting_sentence

blueprint = Blueprint("work_items", __name__, url_prefix="/work-items")

Command = Callable[[Session], WorkItem]


@blueprint.get("/<int:work_item_id>")
def show(work_item_id: int) -> ResponseReturnValue:
    return _pane(work_item_id)


@blueprint.post("/<int:work_item_id>/complete")
def complete(work_item_id: int) -> ResponseReturnValue:
    """Do the step. What is wrong is told at its field, and the form stays as it was filled."""
    typed, outcome = typed_values(request.form), request.form.get("outcome", "")
    comment = request.form.get("comment", "")

    def command(session: Session) -> WorkItem:
        return complete_work_item(
            session,
            work_item_id,
            typed,
            outcome,
            comment,
            actor=actor(),
            clock=services().clock,
            command_id=request.form.get("command_id"),
            locale=chosen_locale(),
        )

    try:
        perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _pane(work_item_id, typed=typed, comment=comment, error=error)
    return _completed(work_item_id)


@blueprint.post("/<int:work_item_id>/claim")
def claim(work_item_id: int) -> ResponseReturnValue:
    return _act(
        work_item_id,
        lambda session: claim_work_item(session, work_item_id, actor=actor(), clock=services().clock),
        _("The step is yours."),
    )


@blueprint.post("/<int:work_item_id>/release")
def release(work_item_id: int) -> ResponseReturnValue:
    return _act(
        work_item_id,
        lambda session: release_work_item(session, work_item_id, actor=actor(), clock=services().clock),
        _("The step is open to the department again."),
    )


@blueprint.post("/<int:work_item_id>/delegate")
def delegate(work_item_id: int) -> ResponseReturnValue:
    chosen = request.form.get("to", "")
    return _act(
        work_item_id,
        lambda session: delegate_work_item(
            session,
            work_item_id,
            read_id(chosen) or 0,
            request.form.get("note", ""),
            actor=actor(),
            clock=services().clock,
        ),
        _("The step was handed on."),
    )


@blueprint.post("/<int:work_item_id>/extend")
def extend(work_item_id: int) -> ResponseReturnValue:
    return _act(
        work_item_id,
        lambda session: extend_work_item(
            session,
            work_item_id,
            request.form.get("due_at", ""),
            request.form.get("reason", ""),
            actor=actor(),
            clock=services().clock,
        ),
        _("The deadline was moved."),
    )


@blueprint.post("/<int:work_item_id>/comment")
def comment(work_item_id: int) -> ResponseReturnValue:
    with reading() as session:
        work_item_view(session, actor(), work_item_id, now())  # nobody stores files where they see nothing
    try:
        files = brought(request.files.getlist("files"), "text", required=False)
    except DomainError as error:
        return _pane(work_item_id, error=error)
    return _act(
        work_item_id,
        lambda session: comment_on_work_item(
            session,
            work_item_id,
            request.form.get("text", ""),
            actor=actor(),
            clock=services().clock,
            files=files,
            limits=limits(),
        ),
        _("The comment is in the deal's history."),
    )


@blueprint.post("/<int:work_item_id>/draft")
def draft(work_item_id: int) -> ResponseReturnValue:
    """Keep what is typed so far. Somebody who may not do the step types nothing worth keeping."""
    with writing() as session:
        save_draft(session, work_item_id, typed_values(request.form), actor=actor(), clock=services().clock)
    return Response(status=204)


def _act(work_item_id: int, command: Command, told: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            command(session)
    except NotFound:
        raise
    except DomainError as error:
        return _pane(work_item_id, error=error)
    if not is_partial():
        flash(told, "success")
        return redirect(url_for("work_items.show", work_item_id=work_item_id), code=303)
    response = make_response(_pane(work_item_id))
    return with_toast(with_event(response, "inbox-changed"), told)


def _completed(work_item_id: int) -> ResponseReturnValue:
    """What was done, what the deal waits for now, and the next step of this person."""
    with reading() as session:
        view = work_item_view(session, actor(), work_item_id, now())
        following = inbox(session, actor(), tab=Tab.MINE, limit=1, now=now()).items
        try:
            waiting = waiting_sentence(deal_waiting(session, actor(), view.row.deal_id, now()))
        except NotFound:
            waiting = None  # who approved for another department may not see what follows
    outcome = decided(view.row.outcome, view.outcomes)
    if not is_partial():
        flash(f"{view.row.name}: {outcome}", "success")
        flash(f"step-{work_item_id}", "draft")
        return redirect(url_for("inbox.show"), code=303)
    page = render_template(
        "steps/completed.html",
        view=view,
        outcome=outcome,
        tone=tone_of(view.row.outcome),
        waiting=waiting,
        following=following[0] if following else None,
    )
    response = with_event(make_response(page), "inbox-changed")
    return with_event(response, "draft-done", {"name": f"step-{work_item_id}"})


def _pane(
    work_item_id: int,
    *,
    typed: Mapping[str, Any] | None = None,
    comment: str = "",
    error: DomainError | None = None,
) -> ResponseReturnValue:
    errors = field_errors(error) if error else {}
    with reading() as session:
        view = work_item_view(session, actor(), work_item_id, now())
        known = fields_of(session, view.row.definition_id)
        shown = shown_texts(session, view.fields, view.typed, known, view.row.currency)
        context = {
            "view": view,
            "row": view.row,
            "said": said(view.row.due_at) if view.row.completed_at is None else None,
            "fields": step_fields(
                session,
                view.fields,
                view.typed if typed is None else typed,
                errors,
                shown,
                uploads=uploads_at(session, view.row),
            ),
            "files": step_files(session, view.row),
            "given": [
                (
                    field.label,
                    shown_value(session, field.type, view.values.get(field.name), view.row.currency, field.choices),
                )
                for field in view.fields
                if field.name in view.values
            ],
            "explained": choice_explained(view.outcomes) if view.asks_again else "",
            "buttons": buttons(view.outcomes, view.row.kind),
            "decided": decided(view.row.outcome, view.outcomes),
            "tone": tone_of(view.row.outcome),
            "earlier": entries(view.earlier, known),
            "comments": entries(view.comments),
            "errors": errors,
            "problem_text": _problem(error),
            "comment": comment,
            "may_extend": view.row.completed_at is None and _may_extend(session, view.row),
            "comment_text": request.form.get("text", "") if "text" in errors else "",
            "command_id": uuid.uuid4().hex,
        }
        status = status_of(error) if error else 200
        if is_partial():
            return render_template("steps/pane.html", **context), status
        context |= {"listed": inbox_list(session, actor(), request), "tabs": TABS}
    return render_template("inbox/inbox.html", **context), status


def _may_extend(session: Session, row: WorkItemRow) -> bool:
    """A head of whoever holds the step, or of its department, may give it more time; the holder alone may not."""
    holders = (one.department_ids for one in directory(session).people if one.id == row.assignee_id)
    departments = frozenset(next(holders, ())) | ({row.group_id} if row.group_id is not None else frozenset())
    return may_direct_step(actor(), assignee_id=None, group_id=None, assignee_department_ids=departments)


def _problem(error: DomainError | None) -> str:
    """What stands above the form: the fault, or, for several, that they stand at their fields."""
    if error is None:
        return ""
    of_outcome = error.errors.get("outcome") if isinstance(error, InvalidInput) else None
    return error_text(of_outcome or error)
