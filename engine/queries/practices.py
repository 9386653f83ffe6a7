"""Practice deals: somebody's own, and how one stands, read from its private database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.deal import Deal, DealResult
from engine.model.message_subscription import MessageSubscription, SubscriptionKind
from engine.model.notice import Notice, NoticeKind
from engine.model.person import Person, Role
from engine.model.practice import Practice
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.service_call import ANSWERED_BY_OTHERS, CallState, ServiceCall
from engine.model.substitution import Substitution
from engine.model.timer import Timer
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Ability, Actor, may_act_on_step
from engine.queries.actors import actor_of
from engine.queries.calendars import default_calendar
from engine.queries.deal_history import HistoryRow, latest_history
from engine.queries.directories import directory
from engine.queries.incidents import IncidentRow, incident_page
from engine.queries.other_eyes import barred_of
from engine.queries.processes import element_name, process_of
from engine.queries.scopes import ensure_sees
from engine.queries.walked_path import WalkedPath, walked_path
from engine.queries.work_item_rows import WorkItemRow, rows_of, work_item_rows

_SHOWN_HISTORY = 200
_SHOWN_DOERS = 50
_SHOWN_PRACTICES = 10
_TOLD = (NoticeKind.DEADLINE_NEAR, NoticeKind.DEADLINE_PASSED, NoticeKind.STEP_LATE, NoticeKind.STEP_HANDED)
"""What time alone brings about; what people do stands in the history beside it."""


@dataclass(frozen=True, slots=True)
class Doer:
    """Somebody who may do a step."""

    id: int
    full_name: str
    position: str


@dataclass(frozen=True, slots=True)
class PracticeStep:
    """An open step; ``doers`` may do it, the likeliest first. Empty: nobody in the company may."""

    row: WorkItemRow
    doers: tuple[Doer, ...]


@dataclass(frozen=True, slots=True)
class Awaited:
    """A message or signal that the deal waits for."""

    subscription_id: int
    name: str
    kind: SubscriptionKind


@dataclass(frozen=True, slots=True)
class AwaitedAnswer:
    """A call of another system that a real deal would make; ``fields`` are those that its answer becomes."""

    activity_id: str
    name: str
    target: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What comes next by itself: a deadline, a timer, or a rung of escalation, of the step or event ``name``."""

    kind: Literal["deadline", "timer", "escalation"]
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WouldBeLetter:
    """A letter that a real deal would have sent. ``notice`` is its kind's word, see model.notice."""

    notice: str
    to: str
    step: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PracticeView:
    """How a practice deal stands. ``morning`` is when the next working day begins."""

    deal_id: int
    title: str
    amount: Decimal | None
    currency: str
    client: str
    owner: str
    stage: str
    result: DealResult
    is_over: bool
    steps: tuple[PracticeStep, ...]
    awaited: tuple[Awaited, ...]
    answers: tuple[AwaitedAnswer, ...]
    ahead: tuple[Ahead, ...]
    morning: datetime
    history: tuple[HistoryRow, ...]
    letters: tuple[WouldBeLetter, ...]
    incidents: tuple[IncidentRow, ...]
    path: WalkedPath

    @property
    def next(self) -> Ahead | None:
        return self.ahead[0] if self.ahead else None


def own_practice(session: Session, practice_id: int, actor: Actor) -> Practice:
    """Raises NotFound for what is not the actor's own, or not any more open to them."""
    ensure_sees(actor, Ability.DEPLOY_MAP)
    practice = session.get(Practice, practice_id)
    if practice is None or practice.person_id != actor.person_id:
        raise NotFound
    return practice


def own_practices(session: Session, actor: Actor, definition_id: int) -> tuple[Practice, ...]:
    """The actor's latest on a version, the one touched last first."""
    return tuple(
        session.scalars(
            select(Practice)
            .where(Practice.definition_id == definition_id, Practice.person_id == actor.person_id)
            .order_by(Practice.touched_at.desc(), Practice.id.desc())
            .limit(_SHOWN_PRACTICES)
        )
    )


def possible_owners(session: Session) -> tuple[Doer, ...]:
    """Who may own a deal, sales managers before heads."""
    rows = session.execute(
        select(Person.id, Person.full_name, Person.position, Person.role)
        .where(Person.is_active, Person.role.in_((Role.MANAGER, Role.HEAD)))
        .order_by(Person.sort_key, Person.id)
    ).all()
    return tuple(Doer(*row[:3]) for row in sorted(rows, key=lambda row: row.role is Role.HEAD))


def practice_view(session: Session, now: datetime) -> PracticeView:
    """The one deal of a private database, at ``now`` of its own clock."""
    everything = Actor.system()
    deal = session.scalars(select(Deal)).one()
    instance = session.scalars(select(ProcessInstance).order_by(ProcessInstance.id.desc()).limit(1)).one()
    rows = session.execute(work_item_rows(WorkItem.state.in_(LIVE)).order_by(WorkItem.due_at, WorkItem.id))
    calendar = default_calendar(session)
    tomorrow = calendar.local(now).date() + timedelta(days=1)
    is_over = instance.state is not InstanceState.RUNNING
    return PracticeView(
        deal_id=deal.id,
        title=deal.title,
        amount=deal.amount,
        currency=deal.currency,
        client=deal.client.name,
        owner=deal.owner.full_name,
        stage=deal.stage,
        result=deal.result,
        is_over=is_over,
        steps=tuple(PracticeStep(row, _doers(session, row, now)) for row in rows_of(rows, everything, now)),
        awaited=tuple(
            Awaited(one.id, one.name, one.kind)
            for one in session.scalars(select(MessageSubscription).order_by(MessageSubscription.id))
        ),
        answers=() if is_over else tuple(_answers(session, instance)),
        ahead=() if is_over else tuple(sorted(_ahead(session, instance, now), key=lambda one: one.at)),
        morning=calendar.next_working_moment(datetime.combine(tomorrow, time(), calendar.tzinfo)),
        history=latest_history(session, deal.id, limit=_SHOWN_HISTORY),
        letters=tuple(_letters(session)),
        incidents=incident_page(session, everything).items,
        path=walked_path(session, everything, deal.id, now),
    )


def _answers(session: Session, instance: ProcessInstance) -> Iterator[AwaitedAnswer]:
    process = process_of(session, instance.definition_id)
    for call in session.scalars(
        select(ServiceCall)
        .where(ServiceCall.state == CallState.WAITING, ServiceCall.connector.in_(ANSWERED_BY_OTHERS))
        .order_by(ServiceCall.opened_at, ServiceCall.activity_id)
    ):
        fields = tuple(process.calls[call.element_id].results)
        yield AwaitedAnswer(call.activity_id, call.name, call.target, fields)


def _doers(session: Session, row: WorkItemRow, now: datetime) -> tuple[Doer, ...]:
    """Who may do the step: its holder, or the department's members, then its heads; then who acts for one of them."""
    people = directory(session)
    if row.assignee_id is not None:
        ids = [row.assignee_id]
    else:
        ids = list(people.members_of(row.group_id))
        department = people.department(row.group_id)
        while department is not None and len(ids) < _SHOWN_DOERS:
            ids += [department.head_id] if department.head_id is not None else []
            department = people.department(department.parent_id)
        head = people.head_of_department(row.group_id)
        ids.sort(key=lambda one: one == head)  # the head is asked last
    substitutes = session.scalars(select(Substitution.substitute_id).where(Substitution.person_id.in_(ids)))
    known = (people.person(one) for one in dict.fromkeys([*ids, *substitutes]))
    able = [one for one in known if one is not None and _may_do(session, one.id, row, now)]
    return tuple(Doer(one.id, one.full_name, one.position) for one in able[:_SHOWN_DOERS])


def _may_do(session: Session, person_id: int, row: WorkItemRow, now: datetime) -> bool:
    actor = actor_of(session, person_id, now)
    if not may_act_on_step(actor, assignee_id=row.assignee_id, group_id=row.group_id):
        return False
    item = session.get_one(WorkItem, row.id)
    step = process_of(session, row.definition_id).steps[row.element_id]
    return person_id not in barred_of(session, step, item, item.deal)


def _ahead(session: Session, instance: ProcessInstance, now: datetime) -> Iterator[Ahead]:
    process = process_of(session, instance.definition_id)
    for item in session.scalars(select(WorkItem).where(WorkItem.state.in_(LIVE))):
        if item.due_at is not None and item.due_at > now:
            yield Ahead("deadline", item.name, item.due_at)
        rung = item.next_escalation_at
        if rung is not None and rung > now and rung != item.due_at:
            yield Ahead("escalation", item.name, rung)
    for timer in session.scalars(select(Timer).where(Timer.due_at > now)):
        yield Ahead("timer", element_name(process, timer.node_id), timer.due_at)


def _letters(session: Session) -> Iterator[WouldBeLetter]:
    people = directory(session)
    told = select(Notice).where(Notice.kind.in_(_TOLD)).order_by(Notice.created_at.desc(), Notice.id)
    for notice in session.scalars(told):
        item = session.get(WorkItem, notice.work_item_id)
        person = people.known_person(notice.person_id)
        if item is not None and person is not None:
            yield WouldBeLetter(notice.kind.value, person.full_name, item.name, notice.created_at)
