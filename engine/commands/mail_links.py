"""Links in letters that lead to one decision: random, kept as a hash, for one person, once, and not for ever."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.completions import ContentChanged, Locale, complete_work_item
from engine.commands.locks import lock_work_item
from engine.commands.loss_choices import NOT_ASKED, LossChoice
from engine.db.work_session import append
from engine.errors import N_, Conflict
from engine.model.letter import MailLink
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.policy.reauthentication import Reauthenticated
from engine.policy.simultaneous_edits import AsOf
from engine.queries.decision_contents import DecisionContent, decision_content
from engine.queries.mail_links import LinkExpired, LinkUsed, hash_of_token, mail_link

LINKS_LAST = timedelta(days=14)
_RANDOM_BYTES = 32


class StepChanged(Conflict):
    """The step was handed on, or its deadline moved, while the person had it before them: they look again."""

    code: ClassVar[str] = "step_changed"
    template: ClassVar[str] = N_("The step has changed meanwhile. Look at it as it is now, and decide then.")


def make_link(
    session: Session,
    content: DecisionContent,
    *,
    letter_id: int,
    person_id: int,
    outcome: str = "",
    comment: str = "",
    at: datetime,
) -> str:
    """A new token for the decision about one step with this content. It is nowhere but in the answer."""
    token = secrets.token_urlsafe(_RANDOM_BYTES)
    append(
        session,
        MailLink,
        token_hash=hash_of_token(token),
        letter_id=letter_id,
        person_id=person_id,
        work_item_id=content.work_item_id,
        item_version=content.version,
        content_hash=content.hash,
        outcome=outcome,
        comment=comment,
        created_at=at,
        expires_at=at + LINKS_LAST,
        used_at=None,
    )
    return token


def decide_by_link(
    session: Session,
    token: str,
    values: Mapping[str, Any],
    outcome: str,
    comment: str = "",
    *,
    shown: str,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
    locale: Locale = "uk",
    zone: str = "Europe/Kyiv",
    proof: Reauthenticated | None = None,
    loss: LossChoice = NOT_ASKED,
    read_as_of: AsOf | None = None,
    told_as_of: AsOf | None = None,
) -> WorkItem:
    """Do the step of a link as complete_work_item does it, and let the link serve nothing more.

    ``shown`` is the fingerprint of what the person had before them when they pressed the button. Raises NotFound,
    LinkExpired, LinkUsed, ContentChanged, StepChanged, and whatever complete_work_item raises.
    """
    link = mail_link(session, token, actor)
    work_item, _ = lock_work_item(session, link.work_item_id, actor)
    session.refresh(link, with_for_update=True)
    at = clock.now()
    if work_item.is_live:
        if link.used_at is not None:
            raise LinkUsed(at=link.used_at)
        if link.expires_at <= at:
            raise LinkExpired
        _ensure_as_shown(decision_content(session, work_item), shown)
        link.used_at = at
    return complete_work_item(
        session,
        link.work_item_id,
        values,
        outcome,
        comment,
        actor=actor,
        clock=clock,
        command_id=command_id,
        locale=locale,
        zone=zone,
        proof=proof,
        loss=loss,
        read_as_of=read_as_of,
        told_as_of=told_as_of,
    )


def _ensure_as_shown(content: DecisionContent, shown: str) -> None:
    """Raises ContentChanged, StepChanged."""
    if not shown.endswith(content.hash):
        raise ContentChanged
    if shown != content.fingerprint:
        raise StepChanged
