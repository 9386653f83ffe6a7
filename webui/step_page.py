"""A step as a page shows it to be done: in the inbox's pane, and where the button of a letter leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition
from engine.errors import AlreadyDoneByYou, DomainError, InvalidInput, MapFailed
from engine.policy.field_values import is_as_shown, to_json
from engine.policy.form_values import read_form
from engine.policy.simultaneous_edits import EditedMeanwhile, edited_meanwhile, told_of
from engine.queries.approval_view import is_with_remarks
from engine.queries.loss_reasons import loss_reasons
from engine.queries.work_items import WorkItemView, work_item_view
from webui.approval_pane import ApprovalPane, approval_pane, pane_buttons, proof_errors
from webui.deadlines import said
from webui.forms.errors_at_fields import errors_at_fields
from webui.forms.file_fields import uploads_at
from webui.forms.step_form import StepField, depends, faults_of, shown_texts, step_fields
from webui.i18n import _, chosen_locale, zone
from webui.messages import error_text, field_errors
from webui.outcomes import decided, tone_of
from webui.provider_proofs import provider_offer
from webui.request_context import actor, now
from webui.timeline import fields_of


@dataclass(frozen=True, slots=True)
class StepPage:
    """A step with its form and what is approved in it; ``error`` is why what was sent could not be done.

    ``known`` are the fields of the deal's map by name, ``filled`` the values that stand in the form: stored ones, or
    the very texts typed. ``here`` is where a sign-in service sends back to whoever confirms a decision with it.
    """

    view: WorkItemView
    known: Mapping[str, FieldDefinition]
    filled: Mapping[str, Any]
    fields: tuple[StepField, ...]
    approval: ApprovalPane
    error: DomainError | None
    here: str

    def context(self, session: Session) -> dict[str, Any]:
        """What the templates of both pages read."""
        row, errors = self.view.row, field_errors(self.error) if self.error else {}
        asks_why = self.error is not None and "loss_reason_id" in {*errors, *request.form}
        return {
            "view": self.view,
            "row": row,
            "said": said(row.due_at) if row.completed_at is None else None,
            "fields": self.fields,
            "faults": faults_of(self.fields),
            "is_live_form": depends(self.view.fields),
            "buttons": pane_buttons(self.view.outcomes, row.kind),
            "approval": self.approval,
            "proof_errors": proof_errors(self.error),
            "provider_offer": provider_offer(session, row.id, self.here),
            "decided": decided_in(self.view),
            "tone": tone_of(row.outcome),
            "errors": errors,
            "problem_text": _problem(self.error),
            "done_before": error_text(self.error) if isinstance(self.error, AlreadyDoneByYou) else "",
            "reasons": [(one.id, one.name) for one in loss_reasons(session)] if asks_why else [],
        }


def step_page(
    session: Session,
    work_item_id: int,
    *,
    typed: Mapping[str, Any] | None,
    error: DomainError | None,
    here: str,
    is_over: bool = False,
) -> StepPage:
    """The step with what is ``typed`` in its form, or else what is stored. Raises NotFound.

    A draft that others have overtaken is told of as where two have changed the same: this is the page's ``error`` then.
    Where the reader cannot send the form, it is of no use: the step is somebody else's now, or the page ``is_over``.
    """
    view = work_item_view(session, actor(), work_item_id, now())
    if typed is None and error is None and view.row.may_act and not (view.four_eyes_blocked or is_over):
        error = draft_outdated(view)
    currency, known = view.row.currency, fields_of(session, view.row.definition_id)
    filled = view.typed if typed is None else typed
    fields = step_fields(
        session,
        view.fields,
        filled,
        errors_at_fields(session, error, {field.name: field for field in view.fields}, view.row.currency),
        shown_texts(session, view.fields, view.typed, known, currency),
        state=read_form(view.fields, filled, chosen_locale(), known=view.known, zone=zone().key),
        currency=currency,
        uploads=uploads_at(session, view.row),
        writes_client=True,
    )
    approval = approval_pane(session, work_item_id, known, currency, seen=request.form.get("seen_content", ""))
    return StepPage(view, known, filled, fields, approval, error, here)


def draft_outdated(view: WorkItemView) -> EditedMeanwhile | None:
    """The conflict over what others have changed since the reader's draft was typed over it."""
    fields = {field.name: field for field in view.fields}
    errors = {
        name: told_of(one.touch, one.value)
        for name, one in view.outdated.items()
        if not is_as_shown(fields[name], view.typed[name], to_json(one.value), chosen_locale(), zone=zone().key)
    }
    return edited_meanwhile(errors, {name: one.touch for name, one in view.outdated.items()}) if errors else None


def decided_in(view: WorkItemView) -> str:
    """How the step was decided, as its buttons and people say it; empty where it is not decided yet."""
    remarked = is_with_remarks(view.row.kind, view.row.outcome, view.comment)
    return decided(view.row.outcome, view.outcomes, with_remarks=remarked)


def _problem(error: DomainError | None) -> str:
    """What stands above the form: the fault, or, for several, that they stand at their fields."""
    if error is None or isinstance(error, AlreadyDoneByYou):  # that is no fault
        return ""
    of_outcome = error.errors.get("outcome") if isinstance(error, InvalidInput) else None
    text = error_text(of_outcome or error)
    if isinstance(error, MapFailed):
        text += " " + _("The step is still open, and the administrator is told. Correct what you filled in, or wait.")
    return text
