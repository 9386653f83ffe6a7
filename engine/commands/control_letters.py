"""The daily control by letter: each morning to everybody who heads somebody."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.idempotency import already_performed
from engine.commands.notifications import notify
from engine.model.department import Department
from engine.model.notice import NoticeKind
from engine.model.person import Person, Role
from engine.policy.permissions import Actor
from engine.queries.calendars import calendar_of_person


def tell_of_control(session: Session, *, clock: Clock) -> int:
    """Let every head hear of today's control, once a day, in their first working hours; to how many it is told now.

    Two workers at once tell nobody twice: the day and the person are the command's id. What the letter says is looked
    up when it is sent.
    """
    at = clock.now()
    heading = select(Department.head_id).where(Department.archived_at.is_(None))
    heads = session.scalars(
        select(Person.id)
        .where(Person.is_active, or_(Person.role == Role.HEAD, Person.id.in_(heading)))
        .order_by(Person.id)
    )
    told = 0
    for person_id in heads.all():
        calendar = calendar_of_person(session, person_id)
        if not calendar.is_working_moment(at):
            continue
        day = calendar.local(at).date()
        arguments = {"person": person_id, "day": day}
        key = f"control:{day.isoformat()}:{person_id}"
        if already_performed(session, key, "tell_of_control", arguments, actor=Actor.system(), at=at) is None:
            notify(session, NoticeKind.DAILY_CONTROL, to=(person_id,), at=at)
            told += 1
    return told
