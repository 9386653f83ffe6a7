"""Having approved again what has changed beside the deal's page since it was approved: files, the client, by a step."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.approved_changes import ask_again_after_change
from engine.commands.deals import ensure_may_edit
from engine.commands.idempotency import already_performed, remember
from engine.commands.interventions import ensure_running
from engine.commands.locks import lock_deal
from engine.errors import N_, Conflict
from engine.model.deal import Deal
from engine.policy.permissions import Actor
from engine.queries.outdated_approvals import outdated_approvals


class NothingToAskAgain(Conflict):
    code: ClassVar[str] = "nothing_to_ask_again"
    template: ClassVar[str] = N_("Nothing has changed since it was approved.")


def ask_approvals_again(
    session: Session, deal_id: int, *, actor: Actor, clock: Clock, command_id: str | None = None
) -> Deal:
    """Take the deal back to those of its approvals whose content has changed since they were given.

    By whoever may change the deal. Raises NotFound, NotAllowed, DealIsSuspended, DealNotRunning, NothingToAskAgain,
    ContentApproved (see ``ask_again_after_change``), MapFailed.
    """
    at = clock.now()
    arguments = {"deal": deal_id}
    if already_performed(session, command_id, "ask_approvals_again", arguments, actor=actor, at=at) is not None:
        return lock_deal(session, deal_id, actor)[0]
    deal, instance = lock_deal(session, deal_id, actor)
    ensure_may_edit(deal, actor)
    ensure_running(instance)
    outdated = outdated_approvals(session, instance)
    if not outdated:
        raise NothingToAskAgain
    changed = {one.name for approval in outdated for one in approval.changes if not one.is_file}
    ask_again_after_change(session, instance, changed, actor=actor, at=at)
    remember(session, command_id, {"deal_id": deal.id}, actor=actor)
    return deal
