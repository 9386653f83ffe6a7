"""Several approvals at once: which of the ticked steps can be approved unopened, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engine.bpmn.compiled import OutcomeKind, StepKind
from engine.commands.completions import CompletionRequest, CompletionResult
from engine.errors import NotFound
from engine.policy.permissions import Actor
from engine.queries.work_items import WorkItemView, work_item_view
from webui.i18n import _
from webui.messages import error_text


@dataclass(frozen=True, slots=True)
class Ticked:
    """``request`` is None where the step has to be opened first; ``left_out`` says why."""

    view: WorkItemView
    request: CompletionRequest | None
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one ticked step. ``problem`` is empty when it is approved."""

    view: WorkItemView
    problem: str


def approvals(session: Session, actor: Actor, ids: Sequence[int], now: datetime) -> list[Ticked]:
    """The ticked steps that the actor may see, each with its request or the reason against it."""
    found = []
    for work_item_id in dict.fromkeys(ids):
        try:
            found.append(_ticked(work_item_view(session, actor, work_item_id, now)))
        except NotFound:
            continue  # withdrawn between the list and the tick: nothing is left to tell of it
    return found


def results_of(asked: Sequence[Ticked], done: Sequence[CompletionResult]) -> list[Told]:
    errors = {result.work_item_id: result.error for result in done}
    told = []
    for one in asked:
        error = errors.get(one.view.row.id)
        told.append(Told(one.view, one.left_out or (error_text(error) if error else "")))
    return told


def _ticked(view: WorkItemView) -> Ticked:
    approve = next((one for one in view.outcomes if one.kind is OutcomeKind.APPROVED), None)
    if view.row.kind is not StepKind.APPROVAL or approve is None:
        return Ticked(view, None, _("This step is no approval: open it and choose."))
    empty = [field.label for field in view.fields if field.required and view.typed.get(field.name) in {None, ""}]
    if empty:
        return Ticked(view, None, _("Open it and fill in: %(fields)s.", fields=", ".join(empty)))
    return Ticked(view, CompletionRequest(view.row.id, approve.id, dict(view.typed)))
