"""A step in the right pane of the inbox: what to do, its form, its buttons, and all that one may want to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition
from engine.commands.completions import complete_work_item
from engine.commands.consultations import (
    answer_consultation,
    ask_about_work_item,
    note_answer,
    withdraw_consultation,
)
from engine.commands.handing_back import hand_back_work_item
from engine.commands.idempotency import already_performed, remember
from engine.commands.incidents import perform
from engine.commands.loss_choices import LossChoice
from engine.commands.recalls import recall_approval
from engine.commands.work_items import (
    claim_work_item,
    comment_on_work_item,
    delegate_work_item,
    extend_work_item,
    release_work_item,
    save_comment_draft,
    save_draft,
)
from engine.errors import DomainError, NotFound
from engine.model.consultation import Consultation
from engine.model.work_item import LIVE, WorkItem
from engine.policy.field_values import is_as_shown
from engine.policy.form_values import read_form
from engine.policy.simultaneous_edits import EditedMeanwhile
from engine.queries.approval_view import taken_back
from engine.queries.deal_waiting import deal_waiting
from engine.queries.inbox import inbox
from engine.queries.inbox_tabs import Tab
from engine.queries.mail_links import proposed_decision
from engine.queries.work_item_rows import WorkItemRow
from engine.queries.work_items import WorkItemView, form_of_step, step_after_withdrawal, work_item_view
from webui.approval_pane import chosen_outcome
from webui.command_keys import sent_command_id
from webui.commenting import said_once
from webui.error_pages import status_of, with_event, with_toast
from webui.file_lists import step_files
from webui.file_uploads import brought
from webui.forms.shown_values import shown_field
from webui.forms.step_form import live_answer, typed_values
from webui.forms.typed_values import chosen_id, read_id
from webui.i18n import _, chosen_locale, zone
from webui.inbox_list import TABS, inbox_list
from webui.outcomes import choice_explained, decided, tone_of
from webui.pane_news import news_since, seen_step, sent_seen
from webui.proofs import proof_in
from webui.provider_proofs import give_back_used_proof
from webui.read_versions import sent_as_of
from webui.request_context import actor, now, reading, services, writing
from webui.security import is_partial
from webui.sent_addresses import address_parts
from webui.sessions import polls
from webui.step_page import decided_in, step_page
from webui.step_people import between_people, may_extend
from webui.timeline import currency_of, entries
from webui.typed_before import shown_before, typed_before
from webui.waiting import waiting_sentence

blueprint = Blueprint("work_items", __name__, url_prefix="/work-items")

Command = Callable[[Session], WorkItem]

polls("work_items.news")


@blueprint.get("/<int:work_item_id>")
def show(work_item_id: int) -> ResponseReturnValue:
    return _pane(work_item_id)


@blueprint.get("/<int:work_item_id>/news")
def news(work_item_id: int) -> ResponseReturnValue:
    """What others did to a step since its pane was shown; 204 where everything is as it was.

    Whoever may not see the step any more is told so in the pane: what they typed there is not lost.
    """
    seen = sent_seen(request.args)
    try:
        with reading() as session:
            present = seen_step(session, work_item_id)
            if present == seen:
                return Response(status=204)
            context = _pane_context(session, work_item_id)
    except NotFound:
        return render_template("steps/news_closed.html"), 404
    row = context["row"]
    may_do = row.state in LIVE and row.may_act and not context["view"].four_eyes_blocked
    return render_template("steps/news.html", news=news_since(seen, present, may_do=may_do), **context)


@blueprint.post("/<int:work_item_id>/look")
def look_again(work_item_id: int) -> ResponseReturnValue:
    """The step as it is now, with what was being typed: in its form, or beside the step where it is over."""
    return _pane(work_item_id, typed=typed_values(request.form), comment=request.form.get("comment", ""))


@blueprint.post("/<int:work_item_id>/typed-before")
def take_typed_before(work_item_id: int) -> ResponseReturnValue:
    """The form with what its reader had typed into the request before, which was taken back; the rest stays."""
    with reading() as session:
        view = work_item_view(session, actor(), work_item_id, now())
        before = taken_back(session, actor(), session.get_one(WorkItem, work_item_id))
        typed = {**view.typed, **typed_values(request.form), **typed_before(view, before)}
    written = request.form.get("comment", view.draft_comment)
    earlier = before.typed if before is not None and before.typed not in written else ""
    return _pane(work_item_id, typed=typed, comment="\n".join(one for one in (written, earlier) if one.strip()))


@blueprint.post("/<int:work_item_id>/complete")
def complete(work_item_id: int) -> ResponseReturnValue:
    """Do the step. What is wrong is told at its field, and the form stays as it was filled."""
    typed, comment = typed_values(request.form), request.form.get("comment", "")
    try:
        outcome = chosen_outcome(request.form.get("outcome", ""), comment)
        proof = proof_in(request.form, actor(), [work_item_id])

        def command(session: Session) -> WorkItem:
            return complete_work_item(
                session,
                work_item_id,
                typed,
                outcome,
                comment,
                actor=actor(),
                clock=services().clock,
                command_id=sent_command_id(),
                locale=chosen_locale(),
                zone=zone().key,
                seen=request.form.get("content_hash"),
                proof=proof,
                loss=LossChoice(chosen_id(request.form, "loss_reason_id"), is_asked=True),
                by_program="content_hash" not in request.form,  # our page of an approval says what it shows
                **sent_as_of(),
            )

        perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        give_back_used_proof()
        return _pane(work_item_id, typed=typed, comment=comment, error=error)
    return _completed(work_item_id)


@blueprint.post("/<int:work_item_id>/recall")
def recall(work_item_id: int) -> ResponseReturnValue:
    """Take a request for approval back; the step from which it was asked waits again."""

    def command(session: Session) -> WorkItem:
        recall_approval(
            session,
            work_item_id,
            request.form.get("recall_reason", ""),
            actor=actor(),
            clock=services().clock,
            command_id=sent_command_id(),
        )
        return session.get_one(WorkItem, work_item_id)

    told = _("The request is taken back: the step before it waits again.")
    return _act(work_item_id, command, told, goes_on=True)


@blueprint.post("/<int:work_item_id>/claim")
def claim(work_item_id: int) -> ResponseReturnValue:
    return _act(
        work_item_id,
        lambda session: claim_work_item(session, work_item_id, actor=actor(), clock=services().clock),
        _("The step is yours."),
        undo=url_for("work_items.release", work_item_id=work_item_id),
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


@blueprint.post("/<int:work_item_id>/hand-back")
def hand_back(work_item_id: int) -> ResponseReturnValue:
    note = request.form.get("answer", "")
    return _act(
        work_item_id,
        lambda session: hand_back_work_item(session, work_item_id, note, actor=actor(), clock=services().clock),
        _("The step was handed back."),
    )


@blueprint.post("/<int:work_item_id>/consult")
def consult(work_item_id: int) -> ResponseReturnValue:
    asked, question = read_id(request.form.get("asked", "")) or 0, request.form.get("question", "")
    key = sent_command_id()

    def command(session: Session) -> WorkItem:
        arguments = {"id": work_item_id, "asked": asked, "question": question}
        name, at = "ask_about_work_item", now()
        if already_performed(session, key, name, arguments, actor=actor(), at=at) is None:
            made = ask_about_work_item(session, work_item_id, asked, question, actor=actor(), clock=services().clock)
            remember(session, key, {"id": made.id}, actor=actor())
        return session.get_one(WorkItem, work_item_id)

    return _act(work_item_id, command, _("The question is asked; the answer will stand here."), led_to="questions")


@blueprint.post("/<int:work_item_id>/questions/<int:question_id>/answer")
def answer(work_item_id: int, question_id: int) -> ResponseReturnValue:
    text = request.form.get("answer", "")
    return _act_on_question(
        work_item_id,
        lambda session: answer_consultation(session, question_id, text, actor=actor(), clock=services().clock),
        _("The answer is with who asked."),
    )


@blueprint.post("/<int:work_item_id>/questions/<int:question_id>/withdraw")
def withdraw_question(work_item_id: int, question_id: int) -> ResponseReturnValue:
    return _act_on_question(
        work_item_id,
        lambda session: withdraw_consultation(session, question_id, actor=actor(), clock=services().clock),
        _("The question is withdrawn."),
    )


@blueprint.post("/<int:work_item_id>/questions/<int:question_id>/read")
def read_answer(work_item_id: int, question_id: int) -> ResponseReturnValue:
    return _act_on_question(
        work_item_id,
        lambda session: note_answer(session, question_id, actor=actor(), clock=services().clock),
        _("It is off your list."),
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
    say = said_once(comment_on_work_item, work_item_id, files)
    return _act(
        work_item_id,
        lambda session: session.get_one(WorkItem, say(session)),
        _("The comment is in the deal's history."),
        led_to="comments",
        done=f"comment-{work_item_id}",
    )


@blueprint.post("/<int:work_item_id>/draft")
def draft(work_item_id: int) -> ResponseReturnValue:
    """Keep what is typed so far. Somebody who may not do the step types nothing worth keeping."""
    with writing() as session:
        saved_at = save_draft(
            session,
            work_item_id,
            typed_values(request.form),
            comment=request.form.get("comment", ""),
            actor=actor(),
            clock=services().clock,
            locale=chosen_locale(),
            zone=zone().key,
            **sent_as_of(),
        )
    return Response(status=204, headers={"Draft-Saved": saved_at.isoformat()})


@blueprint.post("/<int:work_item_id>/comment-draft")
def comment_draft(work_item_id: int) -> ResponseReturnValue:
    """Keep the comment that is being written, whoever may see the step."""
    text = request.form.get("text", "")
    with writing() as session:
        saved_at = save_comment_draft(session, work_item_id, text, actor=actor(), clock=services().clock)
    return Response(status=204, headers={"Draft-Saved": saved_at.isoformat()})


def _act_on_question(work_item_id: int, command: Callable[[Session], Consultation], told: str) -> ResponseReturnValue:
    """What is done with a question of this very step: that of another does not exist here."""

    def on_step(session: Session) -> WorkItem:
        if command(session).work_item_id != work_item_id:
            raise NotFound
        return session.get_one(WorkItem, work_item_id)

    return _act(work_item_id, on_step, told)


@blueprint.post("/<int:work_item_id>/form")
def look_at_form(work_item_id: int) -> ResponseReturnValue:
    """Which fields apply to what is typed so far, and what is calculated from it. Nothing is kept."""
    typed = typed_values(request.form)
    with reading() as session:
        form = form_of_step(session, actor(), work_item_id, now())
        state = read_form(form.fields, typed, chosen_locale(), known=form.known, zone=zone().key)
        return jsonify(live_answer(session, form.fields, typed, state, form.currency))


def _act(
    work_item_id: int,
    command: Command,
    told: str,
    *,
    undo: str = "",
    led_to: str = "",
    done: str = "",
    goes_on: bool = False,
) -> ResponseReturnValue:
    """Do it and show the step again, from its top or from what ``led_to`` names: that is where somebody was writing.

    ``done`` names the draft that the device may forget. With ``goes_on``, the step of the deal that waits for the
    reader now takes its place, if there is one.
    """
    try:
        with writing() as session:
            command(session)
    except NotFound:
        raise
    except DomainError as error:
        return _pane(work_item_id, error=error)
    shown = _going_on_from(work_item_id) if goes_on else work_item_id
    address = url_for("work_items.show", work_item_id=shown)
    if not is_partial():
        flash(told, "success")
        if done:
            flash(done, "draft")
        return redirect(address, code=303)
    response = make_response(_pane(shown, led_to=led_to))
    if shown != work_item_id:
        response.headers["HX-Push-Url"] = address
    return with_toast(with_event(response, "inbox-changed"), told, undo=undo)


def _going_on_from(work_item_id: int) -> int:
    with reading() as session:
        return step_after_withdrawal(session, actor(), work_item_id) or work_item_id


def _completed(work_item_id: int) -> ResponseReturnValue:
    """What was done, what the deal waits for now, and the next step of the list that this person works through."""
    with reading() as session:
        view = work_item_view(session, actor(), work_item_id, now())
        following, tab = _following(session)
        try:
            waiting = waiting_sentence(deal_waiting(session, actor(), view.row.deal_id, now()))
        except NotFound:
            waiting = None  # who approved for another department may not see what follows
    outcome = decided_in(view)
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
        following=following,
        tab=tab.value,
    )
    response = with_event(make_response(page), "inbox-changed")
    return with_event(response, "draft-done", {"name": f"step-{work_item_id}"})


def _following(session: Session) -> tuple[WorkItemRow | None, Tab]:
    """The most urgent step of the tab that is open, else of those that wait for this person alone; and its tab."""
    opened = parse_qs(address_parts(request.headers.get("HX-Current-URL")).query).get("tab", [""])[-1]
    tab = next((one for one in (Tab.GROUPS, Tab.SUBSTITUTING) if one.value == opened), Tab.MINE)
    for one in dict.fromkeys((tab, Tab.MINE)):
        found = inbox(session, actor(), tab=one, limit=1, now=now()).items
        if found:
            return found[0], one
    return None, Tab.MINE


def _pane(
    work_item_id: int,
    *,
    typed: Mapping[str, Any] | None = None,
    comment: str = "",
    error: DomainError | None = None,
    led_to: str = "",
) -> ResponseReturnValue:
    with reading() as session:
        context = _pane_context(session, work_item_id, typed=typed, comment=comment, error=error, led_to=led_to)
        status = status_of(error) if error else 200
        if is_partial():
            return render_template("steps/pane.html", **context), status
        context |= {"listed": inbox_list(session, actor(), request), "tabs": TABS}
    return render_template("inbox/inbox.html", **context), status


def _pane_context(
    session: Session,
    work_item_id: int,
    *,
    typed: Mapping[str, Any] | None = None,
    comment: str = "",
    error: DomainError | None = None,
    led_to: str = "",
) -> dict[str, Any]:
    here = url_for("work_items.show", work_item_id=work_item_id)
    step = step_page(session, work_item_id, typed=typed, error=error, here=here)
    view = step.view
    proposed = proposed_decision(session, actor(), work_item_id)
    taken = step.approval.taken_back
    before = typed_before(replace(view, typed=step.filled), taken)
    written = comment if typed is not None else view.draft_comment or (proposed.comment if proposed else "")
    return {
        **step.context(session),
        "files": step_files(session, view.row),
        "given": [
            (field.label, shown_field(session, field, view.values[field.name], view.row.currency))
            for field in view.fields
            if field.name in view.values
        ],
        "explained": choice_explained(view.outcomes) if view.asks_again else "",
        "typed_before": shown_before(session, view, before),
        "offers_comment": taken is not None and view.row.may_act and taken.typed not in written,
        "typed_late": _typed_late(view, typed, comment),
        "earlier": entries(view.earlier, step.known, currency_of(session, view.row.deal_id)),
        "comments": entries(view.comments),
        "comment": written,
        "proposed": proposed,
        "chosen_reason": request.form.get("loss_reason_id", ""),
        "proposed_label": decided(proposed.outcome, view.outcomes) if proposed is not None else "",
        "may_extend": view.row.completed_at is None and may_extend(session, view.row),
        "led_to": led_to,
        "shown_again": typed is not None,
        "edited_meanwhile": isinstance(step.error, EditedMeanwhile),
        "written": request.form.to_dict() if error and typed is None else {},
        "seen": seen_step(session, work_item_id),
        **between_people(session, view),
    }


def _typed_late(view: WorkItemView, typed: Mapping[str, Any] | None, comment: str) -> str:
    """What somebody had typed when others were faster, or got the step: to be kept as a comment or copied."""
    if typed is None or (view.row.state in LIVE and view.row.may_act and not view.four_eyes_blocked):
        return ""
    # In a step that is still open, what is typed has become its typist's draft: that says nothing about before.
    recorded = {field.name: field for field in view.fields} if view.row.completed_at else {}
    labels = {field.name: field.label for field in view.fields}
    given = [
        (labels.get(name, name), value)
        for name, value in typed.items()
        if value and not (name in recorded and _says_the_same(recorded[name], value, view.typed.get(name)))
    ]
    changed = [f"{label}: {value}" for label, value in given]
    is_new = comment.strip() and not (view.row.completed_at and comment.strip() == view.comment.strip())
    return "\n".join([*changed, *([comment] if is_new else [])])


def _says_the_same(field: FieldDefinition, typed: Any, recorded: Any) -> bool:
    """A telephone number, an amount or a date may be written in several ways."""
    return is_as_shown(field, typed, "" if recorded is None else recorded, chosen_locale(), zone=zone().key)
