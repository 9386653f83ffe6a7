"""The link of a letter, as whoever opens it finds it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import N_, DomainError, NotFound
from engine.model.letter import MailLink, ProposedDecision
from engine.model.person import Person
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.queries.decision_contents import DecisionContent, decision_content


class LinkExpired(DomainError):
    code: ClassVar[str] = "link_expired"
    template: ClassVar[str] = N_("The link of this letter is too old. Open the step itself.")


class LinkUsed(DomainError):
    code: ClassVar[str] = "link_used"
    template: ClassVar[str] = N_("The link of this letter was used on %(at)s. Open the step itself.")


@dataclass(frozen=True, slots=True)
class MailLinkView:
    """``content`` is what is decided on now, ``has_changed`` whether the letter showed something else.

    ``outcome`` and ``comment`` are what a reply by mail proposed. ``is_over``: it leads to no decision any more.
    """

    work_item_id: int
    person: str
    is_own: bool
    content: DecisionContent
    has_changed: bool
    outcome: str
    comment: str
    expired: bool
    used_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.expired or self.used_at is not None


def mail_link(session: Session, token: str, actor: Actor) -> MailLink:
    """The link behind a token, for the person of the letter or who acts for them today. Raises NotFound."""
    link = session.scalar(select(MailLink).where(MailLink.token_hash == hash_of_token(token)))
    if link is None or link.person_id not in actor.people_acted_for:
        raise NotFound
    return link


def mail_link_view(session: Session, token: str, actor: Actor, now: datetime) -> MailLinkView:
    """Raises NotFound."""
    link = mail_link(session, token, actor)
    content = decision_content(session, session.get_one(WorkItem, link.work_item_id))
    return MailLinkView(
        work_item_id=link.work_item_id,
        person=session.get_one(Person, link.person_id).full_name,
        is_own=link.person_id == actor.person_id,
        content=content,
        has_changed=content.hash != link.content_hash,
        outcome=link.outcome,
        comment=link.comment,
        expired=link.expires_at <= now,
        used_at=link.used_at,
    )


def hash_of_token(token: str) -> str:
    """What is kept of a token: whoever reads the database cannot follow a link."""
    return hashlib.sha256(token.encode()).hexdigest()


def proposed_decision(session: Session, actor: Actor, work_item_id: int) -> ProposedDecision | None:
    """What the actor has answered by mail about a step, and not confirmed yet."""
    return session.get(ProposedDecision, (work_item_id, actor.person_id))
