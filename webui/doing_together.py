"""Several ticked steps at once: which of them can be done unopened, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy.orm import Session

from engine.bpmn.compiled import OutcomeKind
from engine.clock import Clock
from engine.commands.completions import CompletionRequest, complete_many
from engine.commands.incidents import perform
from engine.commands.loss_choices import LossChoice
from engine.commands.work_items import FourEyes, StepNotYours, claim_work_item, release_work_item
from engine.db.session import Database
from engine.errors import N_, DomainError, InvalidInput, NotFound
from engine.model.work_item import LIVE, WorkItem
from engine.policy.form_values import read_form
from engine.policy.permissions import Actor
from engine.policy.reauthentication import Reauthenticated
from engine.queries.work_items import WorkItemView, work_item_view
from webui.i18n import _, chosen_locale, zone
from webui.messages import error_text
from webui.step_page import draft_outdated


class Together(StrEnum):
    """What is done with all ticked steps."""

    APPROVE = "approve"
    COMPLETE = "complete"
    TAKE = "take"
    RELEASE = "release"  # undoes TAKE

    @property
    def heading(self) -> str:
        return _(_TITLES[self])

    @property
    def told(self) -> str:
        """What each step that it succeeded with is now."""
        return _(_DONE[self])


_TITLES = {
    Together.APPROVE: N_("Approved together"),
    Together.COMPLETE: N_("Completed together"),
    Together.TAKE: N_("Taken together"),
    Together.RELEASE: N_("Given back together"),
}
_DONE = {
    Together.APPROVE: N_("Approved"),
    Together.COMPLETE: N_("Completed"),
    Together.TAKE: N_("Yours now"),
    Together.RELEASE: N_("Given back"),
}
_KINDS = {Together.APPROVE: OutcomeKind.APPROVED, Together.COMPLETE: OutcomeKind.COMPLETED}
_OTHER_KIND = {
    Together.APPROVE: N_("This step is no approval: open it and choose."),
    Together.COMPLETE: N_("This step asks for a choice: open it and choose."),
}

Errors = Mapping[int, DomainError | None]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one ticked step. ``problem`` is empty when it is done."""

    view: WorkItemView
    problem: str


def do_together(
    database: Database,
    doing: Together,
    ids: Sequence[int],
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
    seen: Mapping[int, str] = MappingProxyType({}),
    proof: Reauthenticated | None = None,
) -> list[Told]:
    """Do it with each of the steps that the actor may see, each in a transaction of its own; how each went.

    A repetition with the same ``command_id`` completes nothing twice. ``seen`` holds, by step, the hash of the content
    that was looked at, ``proof`` that the person has proved anew who they are: once for all of the steps.
    """
    with database.read() as session:
        views = visible_views(session, actor, ids, clock)
    if doing in _KINDS:
        requests = {view.row.id: ready_or_why_not(view, doing, seen.get(view.row.id)) for view in views}
        ready = [one for one in requests.values() if isinstance(one, CompletionRequest)]
        done = complete_many(
            database,
            ready,
            actor=actor,
            clock=clock,
            locale=chosen_locale(),
            zone=zone().key,
            command_id=command_id,
            proof=proof,
        )
        left_out = {number: reason for number, reason in requests.items() if isinstance(reason, str)}
        return _told(views, {one.work_item_id: one.error for one in done}, left_out)
    command = claim_work_item if doing is Together.TAKE else release_work_item

    def error_of(work_item_id: int) -> DomainError | None:
        def one(session: Session) -> WorkItem:
            return command(session, work_item_id, actor=actor, clock=clock)

        try:
            perform(database, one, actor=actor, clock=clock)
        except DomainError as error:
            return error
        return None

    return _told(views, {view.row.id: error_of(view.row.id) for view in views}, {})


def visible_views(session: Session, actor: Actor, ids: Sequence[int], clock: Clock) -> list[WorkItemView]:
    """A step that was withdrawn between the list and the tick is left out: nothing is left to tell of it."""
    found = []
    for work_item_id in dict.fromkeys(ids):
        try:
            found.append(work_item_view(session, actor, work_item_id, clock.now()))
        except NotFound:
            continue
    return found


def ready_or_why_not(view: WorkItemView, doing: Together, seen: str | None = None) -> CompletionRequest | str:
    """How to do the step unopened, or why it has to be opened first. ``seen`` is the hash of what was looked at."""
    if view.row.state in LIVE and not view.row.may_act:
        return error_text(StepNotYours(with_whom=view.row.who))
    if view.four_eyes_blocked:
        return error_text(FourEyes())
    outcome = next((one for one in view.outcomes if one.kind is _KINDS[doing]), None)
    is_choice = doing is Together.COMPLETE and len(view.outcomes) != 1
    if outcome is None or is_choice:
        return _(_OTHER_KIND[doing])
    if (outdated := draft_outdated(view)) is not None:
        labels = ", ".join(field.label for field in view.fields if field.name in outdated.errors)
        by = outdated.params["by"]
        return _("Open it: %(by)s has changed meanwhile what you have typed into %(fields)s.", by=by, fields=labels)
    form = read_form(view.fields, view.typed, chosen_locale(), known=view.known, zone=zone().key)
    wanting = [
        field.label
        for field in view.fields
        if any(name == field.name or name.startswith(f"{field.name}.") for name in form.errors)
    ]
    if wanting:
        return _("Open it and fill in: %(fields)s.", fields=", ".join(wanting))
    loss = LossChoice(is_asked=True)
    return CompletionRequest(view.row.id, outcome.id, dict(view.typed), seen=seen, loss=loss, read_as_of=view.as_of)


def _told(views: Sequence[WorkItemView], errors: Errors, left_out: Mapping[int, str]) -> list[Told]:
    told = []
    for view in views:
        error = errors.get(view.row.id)
        told.append(Told(view, left_out.get(view.row.id) or _why_not(error)))
    return told


def _why_not(error: DomainError | None) -> str:
    """Empty where it was done. Why a deal is lost is chosen where the step is open, like all that must be filled in."""
    if isinstance(error, InvalidInput) and "loss_reason_id" in error.errors:
        return _("This step ends the deal without a sale: open it and choose why.")
    return error_text(error) if error is not None else ""
