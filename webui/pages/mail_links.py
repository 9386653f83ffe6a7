"""Where the button of a letter leads: what is decided on, and the buttons. Looking changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.commands.incidents import perform
from engine.commands.loss_choices import LossChoice
from engine.commands.mail_links import decide_by_link
from engine.errors import DomainError, InvalidInput, NotFound
from engine.model.work_item import WorkItem
from engine.policy.form_values import read_form
from engine.queries.approval_view import is_with_remarks
from engine.queries.loss_reasons import loss_reasons
from engine.queries.mail_links import LinkExpired, LinkUsed, MailLinkView, mail_link, mail_link_view
from engine.queries.work_items import WorkItemView, work_item_view
from webui.approval_pane import approval_pane, chosen_outcome, pane_buttons, proof_errors
from webui.command_keys import sent_command_id
from webui.deadlines import said
from webui.error_pages import status_of
from webui.forms.file_fields import uploads_at
from webui.forms.shown_values import shown_field
from webui.forms.step_form import depends, faults_of, shown_texts, step_fields, typed_values
from webui.forms.typed_values import chosen_id
from webui.i18n import chosen_locale, zone
from webui.messages import error_text, field_errors
from webui.outcomes import decided, tone_of
from webui.proofs import proof_in
from webui.provider_proofs import give_back_used_proof, provider_offer
from webui.request_context import actor, now, reading, services
from webui.timeline import fields_of

blueprint = Blueprint("mail_links", __name__, url_prefix="/mail")


@blueprint.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    return _page(token)


@blueprint.post("/<token>")
def decide(token: str) -> ResponseReturnValue:
    """Decide as in the inbox, under the same rules. What is wrong is told at its field, and nothing typed is lost."""
    typed, comment = typed_values(request.form), request.form.get("comment", "")
    with reading() as session:
        work_item_id = mail_link(session, token, actor()).work_item_id
    try:
        outcome = chosen_outcome(request.form.get("outcome", ""), comment)
        proof = proof_in(request.form, actor(), [work_item_id])

        def command(session: Session) -> WorkItem:
            return decide_by_link(
                session,
                token,
                typed,
                outcome,
                comment,
                shown=request.form.get("shown", ""),
                actor=actor(),
                clock=services().clock,
                command_id=sent_command_id(),
                locale=chosen_locale(),
                zone=zone().key,
                proof=proof,
                loss=LossChoice(chosen_id(request.form, "loss_reason_id"), is_asked=True),
            )

        done = perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        give_back_used_proof()
        return _page(token, typed=typed, comment=comment, error=error)
    with reading() as session:
        view = work_item_view(session, actor(), done.id, now())
    flash(f"{view.row.name}: {_decided(view)}", "success")
    return redirect(url_for("mail_links.show", token=token), code=303)


def _page(
    token: str, *, typed: Mapping[str, Any] | None = None, comment: str = "", error: DomainError | None = None
) -> ResponseReturnValue:
    errors = field_errors(error) if error else {}
    asks_why = error is not None and "loss_reason_id" in {*errors, *request.form}
    with reading() as session:
        link = mail_link_view(session, token, actor(), now())
        view = work_item_view(session, actor(), link.work_item_id, now())
        known = fields_of(session, view.row.definition_id)
        shown = shown_texts(session, view.fields, view.typed, known, view.row.currency)
        filled = view.typed if typed is None else typed
        state = read_form(view.fields, filled, chosen_locale(), known=view.known, zone=zone().key)
        may_decide, in_form = _may_decide(view, link), {one.name.removeprefix("deal.") for one in view.fields}
        fields = step_fields(
            session,
            view.fields,
            filled,
            errors,
            shown,
            state=state,
            currency=view.row.currency,
            uploads=uploads_at(session, view.row),
            writes_client=True,
        )
        page = render_template(
            "steps/from_mail.html",
            token=token,
            link=link,
            view=view,
            row=view.row,
            said=said(view.row.due_at) if view.row.completed_at is None else None,
            content=[
                (field.label or field.name, _shown(session, field, value, view.row.currency))
                for field, value in link.content.fields
                if not may_decide or field.name not in in_form
            ],
            fields=fields,
            faults=faults_of(fields),
            is_live_form=depends(view.fields),
            buttons=pane_buttons(view.outcomes, view.row.kind),
            approval=approval_pane(
                session,
                view.row.id,
                known,
                view.row.currency,
                seen=request.form.get("seen_content", ""),
            ),
            proof_errors=proof_errors(error),
            provider_offer=provider_offer(session, view.row.id, url_for("mail_links.show", token=token)),
            proposed=decided(link.outcome, view.outcomes) if link.outcome else "",
            decided=_decided(view),
            tone=tone_of(view.row.outcome),
            comment=comment or ("" if error else link.comment),
            may_decide=may_decide,
            over=_why_over(view, link),
            errors=errors,
            reasons=[(one.id, one.name) for one in loss_reasons(session)] if asks_why else [],
            problem_text=_problem(error),
        )
    return page, status_of(error) if error else 200


def _decided(view: WorkItemView) -> str:
    remarked = is_with_remarks(view.row.kind, view.row.outcome, view.comment)
    return decided(view.row.outcome, view.outcomes, with_remarks=remarked)


def _shown(session: Session, field: FieldDefinition, value: Any, currency: str) -> str:
    """People and clients stand there by their names already."""
    if field.type in {FieldType.PERSON, FieldType.CLIENT}:
        return str(value)
    return shown_field(session, field, value, currency)


def _may_decide(view: WorkItemView, link: MailLinkView) -> bool:
    is_live = view.row.state.value in {"open", "claimed"}
    return is_live and view.row.may_act and not view.four_eyes_blocked and not link.is_over


def _why_over(view: WorkItemView, link: MailLinkView) -> str:
    """Why a step that still waits cannot be decided by this link."""
    if view.row.state.value not in {"open", "claimed"}:
        return ""
    if link.used_at is not None:
        return error_text(LinkUsed(at=link.used_at))
    return error_text(LinkExpired()) if link.expired else ""


def _problem(error: DomainError | None) -> str:
    if error is None:
        return ""
    of_outcome = error.errors.get("outcome") if isinstance(error, InvalidInput) else None
    return error_text(of_outcome or error)
