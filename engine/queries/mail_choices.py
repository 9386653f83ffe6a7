"""How people want to be written to."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.mail_choice import MailChoice
from engine.model.notice import NoticeKind
from engine.model.person import Role
from engine.policy.mail_choices import ALWAYS, USUAL_TIMES, Delivery, MailChoices, Place, read_times
from engine.policy.permissions import Ability, Actor, may
from engine.queries.control import controls


def mail_choices(session: Session, person_ids: Collection[int]) -> Mapping[int, MailChoices]:
    """The choices of each of the people, the usual ones for who has chosen nothing."""
    rows = session.scalars(select(MailChoice).where(MailChoice.person_id.in_(person_ids)))
    chosen = {row.person_id: choices_of(row) for row in rows}
    return {person_id: chosen.get(person_id, MailChoices()) for person_id in person_ids}


def choices_of(row: MailChoice) -> MailChoices:
    """What stands in a row. A kind that another version knew is passed over."""
    deliveries = {
        NoticeKind(kind): Delivery(delivery)
        for kind, delivery in row.deliveries.items()
        if kind in set(NoticeKind) and delivery in set(Delivery)
    }
    places = {
        NoticeKind(kind): Place(place)
        for kind, place in row.places.items()
        if kind in set(NoticeKind) and place in set(Place)
    }
    times = read_times(" ".join(row.digest_times)) if row.digest_times else USUAL_TIMES
    return MailChoices(deliveries=deliveries, places=places, times=times, keeps_quiet=row.keeps_quiet)


def kinds_for(actor: Actor) -> tuple[NoticeKind, ...]:
    """The kinds of notices that can ever come to the actor, among which they choose."""
    left_out = set(ALWAYS)
    if actor.role is not Role.HEAD and not actor.headed_department_ids:
        left_out.add(NoticeKind.DAILY_CONTROL)
    if not actor.headed_department_ids and not may(actor, Ability.DIRECT_WORK):
        left_out.add(NoticeKind.STEP_LATE)
    if not may(actor, Ability.RETRY_INCIDENT):
        left_out.add(NoticeKind.INCIDENT)
    if not controls(actor):
        left_out |= {NoticeKind.SAVED_REPORT, NoticeKind.REPORT_REFUSED}
    if not may(actor, Ability.MANAGE_CLIENTS):
        left_out.add(NoticeKind.IMPORT_DONE)
    return tuple(kind for kind in NoticeKind if kind not in left_out)
