"""What managers did in a period: steps, and the deals that they opened, won and lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.alphabet import sort_key
from engine.model.deal import Deal, DealResult
from engine.model.department import Department, Membership
from engine.model.person import OWNERS, Person
from engine.model.work_item import WorkItem
from engine.policy.exchange_rates import NO_RATES, AtRate, RatedSums, Rates, by_currency
from engine.policy.permissions import Ability, Actor, may
from engine.queries.exchange_rates import rate_of_deal
from engine.queries.reported_steps import ReportedSteps, in_period, is_one_of
from engine.queries.reports import ensure_reads_reports
from engine.queries.scopes import visible_deals, visible_work_items

Sums = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class DealsCounted:
    """``sums`` by currency, of the deals that have an amount; ``rated`` the same by the rates of their days."""

    count: int = 0
    sums: Sums = field(default_factory=dict)
    rated: RatedSums = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """Steps that the person did, of whichever deal; deals whose owner the person is now, opened or closed meanwhile."""

    person_id: int
    name: str
    done: int
    done_late: int
    opened: DealsCounted
    won: DealsCounted
    lost: DealsCounted
    cancelled: DealsCounted


def activity_report(
    session: Session,
    actor: Actor,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime,
    rates: Rates = NO_RATES,
) -> tuple[ActivityRow, ...]:
    """Of whoever may own deals, or owns one that counts: everybody, or members and heads of the departments headed.

    Who won most first, by number. Raises NotFound.
    """
    ensure_reads_reports(actor)
    steps = {
        row[0]: (row[1], row[2])
        for row in session.execute(
            select(WorkItem.completed_by_id, func.count(), func.count().filter(is_one_of(ReportedSteps.DONE_LATE, now)))
            .where(visible_work_items(actor), *in_period(ReportedSteps.DONE, since, until))
            .group_by(WorkItem.completed_by_id)
        )
    }
    opened = _counted(session, actor, rates, *_between(Deal.opened_at, since, until))
    closed = {
        result: _counted(session, actor, rates, Deal.result == result, *_between(Deal.closed_at, since, until))
        for result in (DealResult.WON, DealResult.LOST, DealResult.CANCELLED)
    }
    owners = {*opened, *(one for of_result in closed.values() for one in of_result)}
    nothing = DealsCounted()
    rows = [
        ActivityRow(
            person.id,
            person.full_name,
            *steps.get(person.id, (0, 0)),
            opened.get(person.id, nothing),
            *(closed[result].get(person.id, nothing) for result in closed),
        )
        for person in session.execute(select(Person.id, Person.full_name).where(*_people(actor, owners, set(steps))))
    ]
    return tuple(sorted(rows, key=lambda row: (-row.won.count, -row.done, sort_key(row.name), row.person_id)))


def _people(actor: Actor, owners: set[int], doers: set[int | None]) -> list[ColumnElement[bool]]:
    """Whoever has left counts as long as something is counted for them."""
    sells = Person.role.in_(OWNERS) & or_(Person.is_active, Person.id.in_(doers - {None}))
    wanted = [or_(Person.id.in_(owners), sells)]
    if not may(actor, Ability.SEE_REPORTS):
        headed = actor.headed_department_ids
        members = select(Membership.person_id).where(Membership.department_id.in_(headed))
        heads = select(Department.head_id).where(Department.id.in_(headed), Department.head_id.is_not(None))
        wanted.append(or_(Person.id.in_(members), Person.id.in_(heads)))
    return wanted


def _between(
    column: InstrumentedAttribute[Any], since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    return ([column >= since] if since else []) + ([column < until] if until else [])


def _counted(session: Session, actor: Actor, rates: Rates, *chosen: ColumnElement[bool]) -> dict[int, DealsCounted]:
    """By owner."""
    deals = (
        select(Deal.owner_id, Deal.currency, Deal.amount, rate_of_deal(session, rates).label("rate"))
        .where(visible_deals(actor), *chosen)
        .subquery()
    )
    columns = (deals.c.owner_id, deals.c.currency, deals.c.rate)
    counts: dict[int, int] = defaultdict(int)
    rated: dict[int, dict[AtRate, Decimal]] = defaultdict(dict)
    for owner_id, currency, rate, count, amount in session.execute(
        select(*columns, func.count(), func.sum(deals.c.amount)).group_by(*columns).order_by(*columns)
    ):
        counts[owner_id] += count
        if amount is not None:
            rated[owner_id][AtRate(currency, rate)] = amount
    return {
        owner_id: DealsCounted(count, by_currency(rated[owner_id]), rated[owner_id])
        for owner_id, count in counts.items()
    }
