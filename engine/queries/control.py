"""The daily control: what is late, what is due today, what nobody has taken, which deals stand still.

Whoever sees reports controls everybody; a head of departments controls the steps of their members and the steps that
the departments may take, and the deals that have such a step or are owned by a member.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from engine.alphabet import sort_key
from engine.bpmn.compiled import OutcomeKind
from engine.bpmn.deadline_rules import WorkingTime
from engine.clock import as_utc
from engine.db.types import Moment
from engine.errors import NotFound
from engine.model.control_look import ControlLook
from engine.model.deal import Deal, DealResult
from engine.model.department import Department, Membership
from engine.model.history_event import HistoryEvent
from engine.model.person import Person, Role
from engine.model.work_item import LIVE, PENDING, WorkItem
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.exchange_rates import Rates
from engine.policy.permissions import Ability, Actor, may
from engine.queries.calendars import default_calendar
from engine.queries.deal_rows import DealRow, deal_rows, deals_of
from engine.queries.exchange_rates import company_rates
from engine.queries.ordered_reads import smallest_first
from engine.queries.pages import LONGEST_PAGE, ListOrder
from engine.queries.work_item_rows import WorkItemRow, rows_of, work_item_rows

MOST_COUNTED = 200
"""Of deals, among the numbers of the daily control."""
SILENT_DAYS = 5
"""Working days without anything happening after which a deal is silent."""
LOOKED_BACK = 10
"""Working days whose looks are shown."""

_STEPS = ListOrder("controlled_steps", (datetime, int))
_DEALS = ListOrder("controlled_deals", (datetime, int))
_RETURNED = f"'{OutcomeKind.RETURNED.value}'"
_RETURNED_WITHIN = timedelta(days=30)
_TOO_OFTEN = 2
_CALENDAR_DAYS = 40  # enough to hold LOOKED_BACK working days through the longest holidays


class StepsList(StrEnum):
    """Lists of steps. ``OPEN`` are all live ones."""

    OVERDUE = "overdue"
    TODAY = "today"
    UNTAKEN = "untaken"
    OPEN = "open"


class DealsList(StrEnum):
    """Open deals: returned more than once within 30 days; with nothing to do for anybody; with nothing happening.

    ``AT_RISK`` are those with a late step.
    """

    RETURNED = "returned"
    STALLED = "stalled"
    SILENT = "silent"
    AT_RISK = "at_risk"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose steps: a person, or the department that may take them, or nobody where both are None."""

    person_id: int | None
    department_id: int | None
    name: str
    overdue: int
    today: int
    open: int
    nearest_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedSteps:
    """A page of ``items``, nearest deadline first, of ``total``. ``next_cursor``: of the next page, if there is one.

    ``total`` is None where it was not asked for.
    """

    items: tuple[WorkItemRow, ...]
    total: int | None
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListedDeals:
    """A page. ``total`` counts up to what was asked for; where it is that many, there may be more. None: unasked."""

    items: tuple[DealRow, ...]
    total: int | None
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class LookedDays:
    """A person who controls, and of the latest working days, the newest last, on which they looked: None is unasked.

    Days before a person's first look are unasked, and so is today until they have looked.
    """

    person_id: int
    name: str
    days: tuple[tuple[date, bool | None], ...]


@dataclass(frozen=True, slots=True)
class Control:
    """``at_risk`` are the sums of open deals with a late step, by currency, ``deals_at_risk`` how many they are.

    ``rates`` are what the sums are added up by.
    """

    holders: tuple[Holder, ...]
    steps: Mapping[StepsList, ListedSteps]
    deals: Mapping[DealsList, ListedDeals]
    at_risk: Mapping[str, Decimal]
    deals_at_risk: int
    has_looked: bool
    rates: Rates


def controls(actor: Actor) -> bool:
    """Is there anybody whose work the actor controls?"""
    return may(actor, Ability.SEE_REPORTS) or bool(actor.headed_department_ids)


def ensure_controls(actor: Actor) -> None:
    """Raises NotFound: a page that is not open to the actor does not exist for them."""
    if not controls(actor):
        raise NotFound


def control(session: Session, actor: Actor, *, now: datetime, shown: int = 5) -> Control:
    """Everything on the page, with the first ``shown`` of each list. Raises NotFound."""
    ensure_controls(actor)
    at_risk = list(
        session.execute(
            select(Deal.currency, func.count(), func.sum(Deal.amount))
            .where(Deal.result == DealResult.OPEN, Deal.next_due_at < now, _with_late_step(actor, now))
            .group_by(Deal.currency)
            .order_by(Deal.currency)
        )
    )
    today = default_calendar(session).local(now).date()
    return Control(
        holders=_holders(session, actor, now),
        steps={
            one: controlled_steps(session, actor, one, now=now, limit=shown)
            for one in (StepsList.OVERDUE, StepsList.TODAY, StepsList.UNTAKEN)
        },
        deals={
            one: controlled_deals(session, actor, one, now=now, limit=shown)
            for one in (DealsList.RETURNED, DealsList.STALLED, DealsList.SILENT)
        },
        at_risk={currency: amount for currency, _, amount in at_risk if amount is not None},
        deals_at_risk=sum(count for _, count, _ in at_risk),
        has_looked=session.get(ControlLook, (actor.person_id, today)) is not None,
        rates=company_rates(session),
    )


def controlled_steps(
    session: Session,
    actor: Actor,
    which: StepsList,
    *,
    now: datetime,
    person_id: int | None = None,
    department_id: int | None = None,
    limit: int = LONGEST_PAGE,
    cursor: str | None = None,
    counted: bool = True,
) -> ListedSteps:
    """Live steps, a page, nearest deadline first; with a limit of 0 they are only counted.

    ``counted``: ``total`` is told, for which all of them are read.
    ``person_id`` narrows to a holder, ``department_id`` to what it may take, 0: steps that nobody holds and no
    department may take.

    Raises NotFound, CursorNotUnderstood.
    """
    ensure_controls(actor)
    conditions = [*_chosen_steps(session, which, now), _controlled(actor)]
    if person_id is not None:
        conditions.append(WorkItem.assignee_id == person_id)
    if department_id is not None:
        taker = WorkItem.group_id == department_id if department_id else WorkItem.group_id.is_(None)
        conditions.append(and_(taker, WorkItem.assignee_id.is_(None)))
    after = _STEPS.after(cursor)
    parts = [(WorkItem.state == state, *conditions) for state in LIVE]
    ids = smallest_first(WorkItem.due_at, WorkItem.id, parts, after=after, size=limit).subquery("page")
    ordered = work_item_rows(page=ids).order_by(WorkItem.due_at.asc().nulls_last(), WorkItem.id)
    found = rows_of(session.execute(ordered), actor, now) if limit else ()
    page = _STEPS.page(found, limit=limit, cursor=cursor, key=lambda row: (row.due_at, row.id))
    counting = select(func.count()).select_from(WorkItem).where(WorkItem.state.in_(LIVE), *conditions)
    return ListedSteps(page.items, session.scalar(counting) if counted else None, page.next_cursor)


def controlled_deals(
    session: Session,
    actor: Actor,
    which: DealsList,
    *,
    now: datetime,
    limit: int = LONGEST_PAGE,
    cursor: str | None = None,
    most_counted: int = MOST_COUNTED,
) -> ListedDeals:
    """Open deals, a page, those that have stood longest in their stage first; a limit of 0: they are only counted.

    ``most_counted`` 0: they are not counted at all.

    Raises NotFound, CursorNotUnderstood.
    """
    ensure_controls(actor)
    chosen = (Deal.result == DealResult.OPEN, _of_controlled(actor), *_chosen_deals(session, actor, which, now))
    after = _DEALS.after(cursor)
    ids = smallest_first(Deal.stage_since, Deal.id, [chosen], after=after, size=limit).subquery("page")
    ordered = deal_rows().join(ids, ids.c.id == Deal.id).order_by(Deal.stage_since.asc().nulls_last(), Deal.id)
    found = deals_of(session, session.execute(ordered).all(), now) if limit else ()
    page = _DEALS.page(found, limit=limit, cursor=cursor, key=lambda row: (row.stage_since, row.id))
    some = select(Deal.id).where(*chosen).limit(most_counted).subquery()
    total = session.scalar(select(func.count()).select_from(some)) if most_counted else None
    return ListedDeals(page.items, total, page.next_cursor)


def looks(session: Session, actor: Actor, *, now: datetime) -> tuple[LookedDays, ...]:
    """Of the heads of sales and whoever else looked lately: on which of the latest working days. Raises NotFound.

    Who sees no reports sees only themselves.
    """
    ensure_controls(actor)
    calendar = default_calendar(session)
    today = calendar.local(now).date()
    days = _working_days_until(calendar, today)
    seen: dict[int, set[date]] = {}
    for person_id, day in session.execute(
        select(ControlLook.person_id, ControlLook.day).where(ControlLook.day >= days[0])
    ):
        seen.setdefault(person_id, set()).add(day)
    first: dict[int, date] = {
        row[0]: row[1]
        for row in session.execute(
            select(ControlLook.person_id, func.min(ControlLook.day)).group_by(ControlLook.person_id)
        )
    }
    wanted: ColumnElement[bool] = or_(Person.role == Role.HEAD, Person.id.in_(seen))
    if not may(actor, Ability.SEE_REPORTS):
        wanted = Person.id == actor.person_id
    people = session.execute(
        select(Person.id, Person.full_name).where(Person.is_active, wanted).order_by(Person.sort_key, Person.id)
    )

    def looked(person_id: int, day: date) -> bool | None:
        if day in seen.get(person_id, ()):
            return True
        return None if day == today or day < first.get(person_id, today) else False

    return tuple(LookedDays(one, name, tuple((day, looked(one, day)) for day in days)) for one, name in people)


def _working_days_until(calendar: BusinessCalendar, last: date) -> list[date]:
    """The latest working days up to ``last``, which itself counts even where it is none; oldest first."""
    back = (last - timedelta(days=number) for number in range(_CALENDAR_DAYS))
    worked = [day for day in back if day == last or calendar.is_working_day(day)]
    return worked[:LOOKED_BACK][::-1]


def end_of_today(calendar: BusinessCalendar, now: datetime) -> datetime:
    """The first UTC instant after today, by the calendar's zone."""
    tomorrow = calendar.local(now).date() + timedelta(days=1)
    return as_utc(datetime.combine(tomorrow, time(), calendar.tzinfo))


def _holders(session: Session, actor: Actor, now: datetime) -> tuple[Holder, ...]:
    """Most late steps first, then most due today, then most open.

    What people hold is counted by itself, and so is what nobody holds: an index has all columns of either, in order.
    """
    late = WorkItem.due_at < now
    today = and_(WorkItem.due_at >= now, WorkItem.due_at < end_of_today(default_calendar(session), now))
    counts = (
        func.count().filter(late).label("overdue"),
        func.count().filter(today).label("today"),
        func.count().label("open"),
        func.min(WorkItem.due_at, type_=Moment).label("nearest_due_at"),
    )
    nobody: ColumnElement[int] = literal(None, BigInteger)
    live = (WorkItem.state.in_(LIVE), _controlled(actor))
    held = select(WorkItem.assignee_id.label("person_id"), nobody.label("department_id"), *counts)
    free = select(nobody, WorkItem.group_id, *counts)
    counted = union_all(
        held.where(WorkItem.assignee_id.is_not(None), *live).group_by(WorkItem.assignee_id),
        free.where(WorkItem.assignee_id.is_(None), *live).group_by(WorkItem.group_id),
    ).subquery("counted")
    rows = session.execute(
        select(
            counted.c.person_id,
            counted.c.department_id,
            Person.full_name,
            Department.name,
            counted.c.overdue,
            counted.c.today,
            counted.c.open,
            counted.c.nearest_due_at,
        )
        .outerjoin(Person, Person.id == counted.c.person_id)
        .outerjoin(Department, Department.id == counted.c.department_id)
    )
    found = [Holder(row[0], row[1], row[2] or row[3] or "", *row[4:]) for row in rows]
    return tuple(sorted(found, key=lambda one: (-one.overdue, -one.today, -one.open, sort_key(one.name))))


def _chosen_steps(session: Session, which: StepsList, now: datetime) -> list[ColumnElement[bool]]:
    """Of live steps."""
    match which:
        case StepsList.OVERDUE:
            return [WorkItem.due_at < now]
        case StepsList.TODAY:
            return [WorkItem.due_at >= now, WorkItem.due_at < end_of_today(default_calendar(session), now)]
        case StepsList.UNTAKEN:
            return [WorkItem.assignee_id.is_(None)]
        case _:
            return []


def _chosen_deals(session: Session, actor: Actor, which: DealsList, now: datetime) -> list[ColumnElement[bool]]:
    match which:
        case DealsList.RETURNED:
            # In the order of deals as it is, SQLite would walk through all steps.
            deal_id = WorkItem.deal_id + literal_column("0")
            often = (
                select(deal_id)
                .where(
                    WorkItem.outcome == literal_column(_RETURNED),  # in the words of its index
                    WorkItem.completed_at >= now - _RETURNED_WITHIN,
                )
                .group_by(deal_id)
                .having(func.count() >= _TOO_OFTEN)
            )
            return [Deal.id.in_(often)]
        case DealsList.STALLED:
            waiting = exists().where(WorkItem.deal_id == Deal.id, WorkItem.state.in_(PENDING))
            return [Deal.next_due_at.is_(None), ~waiting]
        case DealsList.AT_RISK:
            return [Deal.next_due_at < now, _with_late_step(actor, now)]
        case _:
            since = default_calendar(session).subtract_working_time(now, WorkingTime(days=SILENT_DAYS))
            happened = exists().where(
                HistoryEvent.deal_id == Deal.id, HistoryEvent.number == Deal.history_length, HistoryEvent.at >= since
            )
            return [Deal.stage_since < since, ~happened]


def _members(actor: Actor) -> Select[int]:
    return select(Membership.person_id).where(Membership.department_id.in_(actor.headed_department_ids))


def _controlled(actor: Actor) -> ColumnElement[bool]:
    """The steps whose holders, or whose departments where nobody holds them, the actor heads."""
    if may(actor, Ability.SEE_REPORTS):
        return true()
    untaken = and_(WorkItem.assignee_id.is_(None), WorkItem.group_id.in_(actor.headed_department_ids))
    return or_(WorkItem.assignee_id.in_(_members(actor)), untaken)


def _with_late_step(actor: Actor, now: datetime) -> ColumnElement[bool]:
    if may(actor, Ability.SEE_REPORTS):
        return true()
    late = select(WorkItem.deal_id).where(WorkItem.state.in_(LIVE), WorkItem.due_at < now, _controlled(actor))
    return Deal.id.in_(late)


def _of_controlled(actor: Actor) -> ColumnElement[bool]:
    if may(actor, Ability.SEE_REPORTS):
        return true()
    pending = select(WorkItem.deal_id).where(WorkItem.state.in_(PENDING), _controlled(actor))
    return or_(Deal.owner_id.in_(_members(actor)), Deal.id.in_(pending))
