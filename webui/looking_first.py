"""Before several approvals are given together: what exactly each of them is about, and the proof that they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.bpmn.compiled import Reauthentication
from engine.clock import Clock
from engine.commands.work_items import StepNotYours
from engine.policy.permissions import Actor
from engine.queries.approval_view import strongest
from engine.queries.work_items import WorkItemView
from webui.approval_pane import ApprovalPane, approval_pane
from webui.doing_together import Together, ready_or_why_not, visible_views
from webui.messages import error_text
from webui.timeline import fields_of


@dataclass(frozen=True, slots=True)
class Looked:
    """One ticked step. ``problem`` says why it has to be opened by itself; empty where it can be approved here."""

    view: WorkItemView
    pane: ApprovalPane
    problem: str


@dataclass(frozen=True, slots=True)
class LookFirst:
    """``proof`` is the strongest that any of the steps asks for: it is given once for all of them."""

    steps: tuple[Looked, ...]
    proof: Reauthentication
    has_authenticator: bool

    @property
    def ready(self) -> tuple[Looked, ...]:
        return tuple(one for one in self.steps if not one.problem)

    @property
    def wants_password(self) -> bool:
        return self.proof is not Reauthentication.NONE

    @property
    def wants_code(self) -> bool:
        return self.proof is Reauthentication.CODE


def look_first(session: Session, actor: Actor, ids: Sequence[int], clock: Clock) -> LookFirst:
    """What the ticked steps that the actor may see are about."""
    steps = tuple(_looked(session, view) for view in visible_views(session, actor, ids, clock))
    panes = [one.pane.view for one in steps if not one.problem and one.pane.view is not None]
    return LookFirst(
        steps=steps,
        proof=strongest([one.reauthenticate for one in panes]),
        has_authenticator=any(one.has_authenticator for one in panes),
    )


def hashes_shown(form: Mapping[str, str], ids: Sequence[int]) -> dict[int, str]:
    """By step, the hash of the content that the page had shown. A step that it did not show has none that fits."""
    return {one: form.get(f"content_hash:{one}", "") for one in ids}


def _looked(session: Session, view: WorkItemView) -> Looked:
    known = fields_of(session, view.row.definition_id)
    pane = approval_pane(session, view.row.id, known, view.row.currency)
    ready = ready_or_why_not(view, Together.APPROVE)
    if not view.row.may_act:
        return Looked(view, pane, error_text(StepNotYours(with_whom=view.row.assignee_name or view.row.group_name)))
    return Looked(view, pane, ready if isinstance(ready, str) else "")
