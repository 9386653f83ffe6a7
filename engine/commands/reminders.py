"""Reminding of a step, and saying that the day's control was looked through: what a head does every morning."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.locks import lock_work_item
from engine.commands.notifications import notify
from engine.commands.step_opening import members_of
from engine.commands.work_items import responsible_departments
from engine.errors import N_, Conflict, NotAllowed
from engine.events import ControlLooked, StepReminded, kind_of
from engine.model.control_look import ControlLook
from engine.model.history_event import HistoryEvent
from engine.model.mention import Mention
from engine.model.notice import NoticeKind
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor, may_direct_step
from engine.queries.calendars import default_calendar
from engine.queries.control import ensure_controls
from engine.queries.deal_readers import readers_of

REST: timedelta = timedelta(hours=1)
"""How long after one reminder nobody can send another of the same step."""


class RemindedAlready(Conflict):
    code: ClassVar[str] = "reminded_already"
    template: ClassVar[str] = N_("%(by)s reminded of this step less than an hour ago.")


class NobodyToRemind(Conflict):
    code: ClassVar[str] = "nobody_to_remind"
    template: ClassVar[str] = N_("Nobody holds this step, and no department may take it: hand it to somebody.")


def remind_of_work_item(session: Session, work_item_id: int, *, actor: Actor, clock: Clock) -> WorkItem:
    """Ask who holds a live step for it, or everybody who may take it, by letter and among what concerns them.

    By a head of theirs, the head of sales or the administrator, once an hour. Raises NotFound, NotAllowed,
    AlreadyCompleted, AlreadyCancelled, RemindedAlready, NobodyToRemind.
    """
    work_item, instance = lock_work_item(session, work_item_id, actor)
    work_item.ensure_live()
    if work_item.assignee_id in actor.people_acted_for or not may_direct_step(
        actor, assignee_id=None, group_id=None, assignee_department_ids=responsible_departments(work_item)
    ):
        raise NotAllowed(reason=N_("Only a head may remind somebody of a step."))
    at = clock.now()
    _ensure_rested(session, work_item, instance.deal_id, clock)
    holder_id = work_item.assignee_id
    people = (holder_id,) if holder_id is not None else members_of(session, work_item.group_id)
    others = [one for one in people if one != actor.person_id]
    if not others:
        raise NobodyToRemind
    to = work_item.assignee.full_name if work_item.assignee is not None else ""
    event = StepReminded(
        step=work_item.name, to=to or (work_item.group.name if work_item.group else ""), due_at=work_item.due_at
    )
    record(session, event, actor=actor, at=at, deal=instance.deal, work_item_id=work_item.id)
    for person_id in readers_of(session, others, instance.deal_id, at):
        session.add(Mention(deal_id=instance.deal_id, number=instance.deal.history_length, person_id=person_id))
    notify(session, NoticeKind.REMINDED, to=others, at=at, by=actor, work_item=work_item)
    return work_item


def note_control_look(session: Session, *, actor: Actor, clock: Clock) -> date:
    """The actor has looked through the daily control of today, by the company's calendar; again changes nothing.

    Raises NotFound for who controls nobody.
    """
    ensure_controls(actor)
    at = clock.now()
    day = default_calendar(session).local(at).date()
    if session.get(ControlLook, (actor.person_id, day)) is None:
        session.add(ControlLook(person_id=actor.person_id, day=day, at=at))
        record(session, ControlLooked(day=day), actor=actor, at=at)
    return day


def _ensure_rested(session: Session, work_item: WorkItem, deal_id: int, clock: Clock) -> None:
    by = session.scalar(
        select(HistoryEvent.actor_name)
        .where(
            HistoryEvent.deal_id == deal_id,
            HistoryEvent.kind == kind_of(StepReminded),
            HistoryEvent.work_item_id == work_item.id,
            HistoryEvent.at > clock.now() - REST,
        )
        .limit(1)
    )
    if by is not None:
        raise RemindedAlready(by=by)
