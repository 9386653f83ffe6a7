"""People named in comments: who of them may read the deal is told, and finds the comment among what concerns them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.notifications import notify
from engine.errors import N_, DomainError, InvalidInput, NotFound
from engine.model.deal import Deal
from engine.model.mention import Mention
from engine.model.notice import NoticeKind
from engine.model.work_item import WorkItem
from engine.policy.assignment import DirectoryPerson
from engine.policy.mentions import mentioned_logins
from engine.policy.permissions import Actor
from engine.queries.deal_readers import sees_deal
from engine.queries.directories import directory
from engine.queries.scopes import visible_deals


class MentionedWithoutAccess(DomainError):
    code: ClassVar[str] = "mentioned_without_access"
    template: ClassVar[str] = N_(
        "%(names)s may not see this deal and would not be told. Take the name out, or ask them about a step instead: "
        "who is asked may read the deal."
    )


def people_mentioned(session: Session, deal_id: int, text: str, *, at: datetime) -> tuple[DirectoryPerson, ...]:
    """Whom the comment names. Raises InvalidInput when one of them may not see the deal: nothing is sent then."""
    known = directory(session)
    ids = (known.people_by_login.get(login) for login in mentioned_logins(text))
    people = tuple(person for one in ids if (person := known.person(one)) is not None)
    blind = [person.full_name for person in people if not sees_deal(session, person.id, deal_id, at)]
    if blind:
        raise InvalidInput({"text": MentionedWithoutAccess(names=", ".join(blind))})
    return people


def tell_mentioned(
    session: Session,
    deal: Deal,
    people: Sequence[DirectoryPerson],
    text: str,
    *,
    actor: Actor,
    at: datetime,
    work_item: WorkItem | None = None,
) -> None:
    """Tell whoever is named in the comment ``text`` that was recorded last in the deal's history."""
    others = [person.id for person in people if person.id != actor.person_id]
    for person_id in others:
        session.add(Mention(deal_id=deal.id, number=deal.history_length, person_id=person_id))
    notify(session, NoticeKind.MENTIONED, to=others, at=at, by=actor, deal=deal, work_item=work_item, text=text)


def note_mention(session: Session, mention_id: int, *, actor: Actor, clock: Clock) -> Mention:
    """Who was named has read it: it leaves their list. Raises NotFound, also of a deal that they see no more."""
    theirs = Mention.id == mention_id, Mention.person_id == actor.person_id, visible_deals(actor)
    mention = session.scalar(select(Mention).join(Deal, Deal.id == Mention.deal_id).where(*theirs))
    if mention is None:
        raise NotFound
    mention.read_at = mention.read_at or clock.now()
    return mention
