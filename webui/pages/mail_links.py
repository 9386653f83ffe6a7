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
from engine.errors import DomainError, NotFound
from engine.model.work_item import WorkItem
from engine.policy.simultaneous_edits import EditedMeanwhile
from engine.queries.mail_links import LinkExpired, LinkUsed, MailLinkView, mail_link, mail_link_view
from engine.queries.work_items import WorkItemView, work_item_view
from webui.approval_pane import chosen_outcome
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.forms.shown_values import shown_field
from webui.forms.step_form import typed_values
from webui.forms.typed_values import chosen_id
from webui.i18n import chosen_locale, zone
from webui.messages import error_text
from webui.outcomes import decided
from webui.proofs import proof_in
from webui.provider_proofs import give_back_used_proof
from webui.read_versions import sent_as_of
from webui.request_context import actor, now, reading, services
from webui.step_page import decided_in, step_page

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
                **sent_as_of(),
            )

        done = perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        give_back_used_proof()
        return _page(token, typed=typed, comment=comment, error=error)
    with reading() as session:
        view = work_item_view(session, actor(), done.id, now())
    flash(f"{view.row.name}: {decided_in(view)}", "success")
    return redirect(url_for("mail_links.show", token=token), code=303)


def _page(
    token: str, *, typed: Mapping[str, Any] | None = None, comment: str = "", error: DomainError | None = None
) -> ResponseReturnValue:
    here = url_for("mail_links.show", token=token)
    with reading() as session:
        link = mail_link_view(session, token, actor(), now())
        step = step_page(session, link.work_item_id, typed=typed, error=error, here=here, is_over=link.is_over)
        view, currency = step.view, step.view.row.currency
        may_decide, in_form = _may_decide(view, link), {one.name.removeprefix("deal.") for one in view.fields}
        page = render_template(
            "steps/from_mail.html",
            **step.context(session),
            token=token,
            link=link,
            content=[
                (field.label or field.name, _shown(session, field, value, currency))
                for field, value in link.content.fields
                if not may_decide or field.name not in in_form
            ],
            proposed=decided(link.outcome, view.outcomes) if link.outcome else "",
            comment=comment or ("" if error else link.comment),
            may_decide=may_decide,
            shown_again=typed is not None,
            edited_meanwhile=isinstance(step.error, EditedMeanwhile),
            over=_why_over(view, link),
        )
    return page, status_of(error) if error else 200


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
