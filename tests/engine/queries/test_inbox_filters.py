from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import APPROVAL, OFFER, SalesRecords

from engine.commands.list_choices import keep_list_choice
from engine.model.person import Person
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.permissions import Actor
from engine.policy.urgency import Urgency, UrgencyBounds
from engine.queries.inbox import UNFILTERED, inbox
from engine.queries.inbox_counts import urgency_counts
from engine.queries.inbox_filters import (
    InboxFilter,
    InboxSort,
    choices_at_hand,
    client_to_choose,
    kept_filter,
    list_name,
    map_name,
)
from engine.queries.inbox_tabs import Tab

Act = Callable[[Person], Actor]
CountStatements = Callable[[], AbstractContextManager[list[str]]]


def test_a_filter_leaves_what_fits_all_of_it(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    pumps, pipes = records.deal(company.olena), records.deal(company.olena)
    pipes.definition_key = "tender"
    late = records.step(pumps, assignee=company.olena, due_in=timedelta(hours=-1))
    soon = records.step(pumps, assignee=company.olena, stage=APPROVAL)
    other = records.step(pipes, assignee=company.olena)
    actor = as_actor(company.olena)

    def left(**chosen: object) -> set[int]:
        wanted = InboxFilter(**chosen)  # type: ignore[arg-type]
        return {row.id for row in inbox(session, actor, chosen=wanted, now=now).items}

    assert left() == {late.id, soon.id, other.id}
    assert left(overdue=True) == {late.id}
    assert left(stage=APPROVAL) == {soon.id}
    assert left(client_id=pipes.client_id) == {other.id}
    assert left(definition_key="sale") == {late.id, soon.id}
    assert left(definition_key="sale", stage=OFFER, client_id=pumps.client_id) == {late.id}
    assert left(client_id=pipes.client_id, overdue=True) == set()


@pytest.mark.parametrize("sort", [InboxSort.LARGEST, InboxSort.NEWEST])
def test_another_order_pages_without_gap_or_repetition(
    *, session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime, sort: InboxSort
) -> None:
    amounts = (None, Decimal(50), Decimal("900.5"), Decimal(50), None)
    steps = [
        records.step(
            records.deal(company.olena, amount=amount), assignee=company.olena, opened_at=now - timedelta(days=days)
        ).id
        for days, amount in enumerate(amounts)
    ]
    wanted = {InboxSort.LARGEST: (2, 1, 3, 0, 4), InboxSort.NEWEST: (0, 1, 2, 3, 4)}[sort]
    actor, cursor, seen = as_actor(company.olena), None, []
    for _ in range(5):
        page = inbox(session, actor, chosen=InboxFilter(sort=sort), limit=2, cursor=cursor, now=now)
        seen += [row.id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [steps[at] for at in wanted]


def test_the_counts_of_the_groups_are_those_of_the_list(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal, actor = records.deal(company.olena), as_actor(company.iryna)
    for due_in in (-30, -1, 3, 30, 31, 700, None):
        records.step(deal, group=company.legal, due_in=None if due_in is None else timedelta(hours=due_in))
    records.step(deal, group=company.legal, assignee=company.iryna, due_in=timedelta(hours=2))
    bounds = UrgencyBounds.at(now, BusinessCalendar())
    rows = inbox(session, actor, tab=Tab.GROUPS, now=now).items
    counts = urgency_counts(session, actor, Tab.GROUPS, bounds)
    assert counts == {one: sum(bounds.of(row.due_at) is one for row in rows) for one in Urgency}
    assert sum(counts.values()) == 7


def test_what_was_chosen_is_kept_per_person_and_tab(session: Session, company: Company, as_actor: Act) -> None:
    olena = as_actor(company.olena)
    chosen = InboxFilter(InboxSort.LARGEST, stage=OFFER, client_id=7, client_name="ТОВ «Промінь»", overdue=True)
    keep_list_choice(session, list_name(Tab.MINE), {}, actor=olena)
    keep_list_choice(session, list_name(Tab.MINE), chosen.stored(), actor=olena)
    session.flush()
    session.expire_all()
    assert kept_filter(session, olena, Tab.MINE) == chosen
    assert kept_filter(session, olena, Tab.GROUPS) == InboxFilter()
    assert kept_filter(session, as_actor(company.iryna), Tab.MINE) == InboxFilter()


def test_what_another_version_kept_is_left_out_where_it_is_not_understood() -> None:
    kept = {"sort": "colour", "stage": None, "client_id": "seven", "client_name": "?", "overdue": 1}
    assert InboxFilter.restored({**kept, "new": []}) == InboxFilter(overdue=True)


def test_stages_and_maps_of_the_steps_at_hand_can_be_chosen(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    deal = records.deal(company.danylo)
    records.step(deal, group=company.legal, stage=APPROVAL)
    records.step(deal, group=company.finance, stage=OFFER)
    records.done_step(deal, company.iryna)
    tender = records.deal(company.danylo)
    tender.definition_key = "tender"
    records.step(tender, assignee=company.oksana, stage=OFFER)
    session.flush()

    def choices(person: Person, tab: Tab, chosen: InboxFilter) -> tuple[tuple[str, ...], tuple[str, ...]]:
        found = choices_at_hand(session, as_actor(person), tab, chosen)
        return found.stages, tuple(one.key for one in found.maps)

    assert choices(company.iryna, Tab.GROUPS, UNFILTERED) == ((APPROVAL,), ("sale",))
    assert choices(company.iryna, Tab.MINE, UNFILTERED) == ((), ())
    assert choices(company.iryna, Tab.DONE, UNFILTERED) == ((OFFER,), ("sale",))
    assert choices(company.oksana, Tab.MINE, UNFILTERED) == ((OFFER,), ("tender",))
    assert choices(company.oksana, Tab.ALL, UNFILTERED) == ((APPROVAL, OFFER), ("sale", "tender"))
    assert choices(company.owner, Tab.GROUPS, UNFILTERED) == ((), ())


def test_what_a_tab_is_narrowed_to_can_be_seen_also_where_no_step_is_left(
    session: Session, company: Company, as_actor: Act
) -> None:
    chosen = InboxFilter(stage=OFFER, definition_key="sale")
    choices = choices_at_hand(session, as_actor(company.iryna), Tab.MINE, chosen)
    assert choices.stages == (OFFER,)
    assert [(one.key, one.name) for one in choices.maps] == [("sale", map_name(session, "sale"))]


def test_a_client_out_of_sight_cannot_be_named(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    deal = records.deal(company.danylo)
    assert client_to_choose(session, as_actor(company.iryna), deal.client_id) == ""
    records.step(deal, group=company.legal)
    assert client_to_choose(session, as_actor(company.iryna), deal.client_id) == "Клієнт 1"
