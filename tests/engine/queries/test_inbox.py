from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import SalesRecords

from engine.model import Substitution, WorkItemState
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.inbox import inbox
from engine.queries.inbox_counts import InboxCounts, OwnCount, inbox_counts, own_count
from engine.queries.inbox_tabs import Tab
from engine.queries.pages import CursorNotUnderstood

Act = Callable[[Person], Actor]
CountStatements = Callable[[], AbstractContextManager[list[str]]]


def ids(session: Session, actor: Actor, now: datetime, tab: Tab, **how: object) -> list[int]:
    return [row.id for row in inbox(session, actor, tab=tab, now=now, **how).items]  # type: ignore[arg-type]


def test_own_steps_come_nearest_deadline_first_and_those_without_one_last(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    never = records.step(deal, assignee=company.olena, due_in=None)
    later = records.step(deal, assignee=company.olena, due_in=timedelta(days=2))
    late = records.step(deal, assignee=company.olena, due_in=timedelta(hours=-1))
    records.step(deal, assignee=company.taras)
    records.done_step(deal, company.olena)
    page = inbox(session, as_actor(company.olena), now=now)
    assert [row.id for row in page.items] == [late.id, later.id, never.id]
    assert [row.overdue for row in page.items] == [True, False, False]
    assert page.total == 3
    assert page.next_cursor is None


@pytest.mark.parametrize("tab", [Tab.MINE, Tab.ALL])
def test_pages_follow_each_other_without_gap_or_repetition(
    *, session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime, tab: Tab
) -> None:
    deal = records.deal(company.olena)
    same = [records.step(deal, assignee=company.olena, due_in=timedelta(hours=1)).id for _ in range(3)]
    claimed_later = [records.step(deal, assignee=company.olena, due_in=timedelta(hours=2)).id]
    opened = records.step(deal, assignee=company.olena, due_in=timedelta(hours=3), state=WorkItemState.OPEN)
    never = [records.step(deal, assignee=company.olena, due_in=None).id for _ in range(3)]
    actor, cursor, seen = as_actor(company.olena), None, []
    for _ in range(20):
        page = inbox(session, actor, tab=tab, limit=2, cursor=cursor, now=now)
        seen += [row.id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [*same, *claimed_later, opened.id, *never]


def test_a_department_s_unheld_steps_stand_under_groups_until_somebody_claims(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    shared = records.step(deal, group=company.legal)
    records.step(deal, group=company.legal, assignee=company.iryna)
    records.step(deal, group=company.finance)
    (row,) = inbox(session, as_actor(company.iryna), tab=Tab.GROUPS, now=now).items
    assert (row.id, row.may_claim, row.may_act, row.who) == (shared.id, True, True, "Юридичний відділ")
    assert ids(session, as_actor(company.danylo), now, Tab.GROUPS) == []


def test_a_substitute_finds_the_absent_person_s_and_their_department_s_steps(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    held = records.step(deal, assignee=company.iryna, due_in=timedelta(hours=2))
    shared = records.step(deal, group=company.legal, due_in=timedelta(hours=1))
    today = now.date()
    session.add(
        Substitution(person_id=company.iryna.id, substitute_id=company.petro.id, starts_on=today, ends_on=today)
    )
    session.flush()
    page = inbox(session, as_actor(company.petro), tab=Tab.SUBSTITUTING, now=now)
    assert [row.id for row in page.items] == [shared.id, held.id]
    assert all(row.may_act for row in page.items)
    assert ids(session, as_actor(company.oksana), now, Tab.SUBSTITUTING) == []


def test_what_others_hold_in_one_s_own_deals_or_was_asked_by_one_stands_under_waiting(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    mine, foreign = records.deal(company.olena), records.deal(company.danylo)
    records.step(mine, assignee=company.olena)
    awaited = records.step(mine, group=company.legal, due_in=timedelta(hours=1))
    asked = records.step(foreign, assignee=company.oksana, asked_by_id=company.olena.id, due_in=timedelta(hours=2))
    records.step(foreign, assignee=company.petro)
    assert ids(session, as_actor(company.olena), now, Tab.WAITING) == [awaited.id, asked.id]


def test_done_steps_come_latest_first_and_page(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    done = [records.done_step(deal, company.olena, at=now + timedelta(hours=hour)).id for hour in range(3)]
    first = inbox(session, as_actor(company.olena), tab=Tab.DONE, limit=2, now=now)
    assert [row.id for row in first.items] == [done[2], done[1]]
    assert first.items[0].completed_by_name == "Олена Коваль"
    rest = inbox(session, as_actor(company.olena), tab=Tab.DONE, limit=2, cursor=first.next_cursor, now=now)
    assert [row.id for row in rest.items] == [done[0]]


def test_all_shows_what_is_visible_by_state_deal_and_words(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    pumps, pipes = records.deal(company.olena, title="Насоси"), records.deal(company.danylo, title="Труби")
    in_pumps, in_pipes = records.step(pumps, assignee=company.olena), records.step(pipes, assignee=company.petro)
    done, gone = records.done_step(pumps, company.iryna), records.step(pumps, state=WorkItemState.CANCELLED)
    admin, olena = as_actor(company.admin), as_actor(company.olena)
    assert ids(session, admin, now, Tab.ALL) == [in_pumps.id, in_pipes.id]
    assert ids(session, admin, now, Tab.ALL, q="труБИ") == [in_pipes.id]
    assert ids(session, admin, now, Tab.ALL, q="100%") == []
    assert ids(session, admin, now, Tab.ALL, deal_id=pumps.id) == [in_pumps.id]
    assert ids(session, olena, now, Tab.ALL) == [in_pumps.id]
    assert ids(session, olena, now, Tab.ALL, state="completed") == [done.id]
    assert ids(session, olena, now, Tab.ALL, state="cancelled") == [gone.id]
    assert set(ids(session, olena, now, Tab.ALL, state="all")) == {in_pumps.id, done.id, gone.id}
    assert ids(session, olena, now, Tab.ALL, deal_id=pipes.id) == []


def test_counts_agree_with_the_tabs(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    records.step(deal, assignee=company.iryna, due_in=timedelta(hours=-1))
    records.step(deal, assignee=company.iryna)
    records.step(deal, group=company.legal, due_in=timedelta(hours=-1))
    records.done_step(deal, company.iryna)
    assert inbox_counts(session, as_actor(company.iryna), now) == InboxCounts(2, 1, 0, 0, 1, 1)
    assert inbox_counts(session, as_actor(company.olena), now) == InboxCounts(0, 0, 0, 3, 0, 0)
    assert inbox_counts(session, as_actor(company.owner), now) == InboxCounts(0, 0, 0, 0, 0, 0)
    assert own_count(session, as_actor(company.iryna), now) == OwnCount(2, 1)


def test_a_page_costs_one_statement_however_long_it_is(
    *,
    session: Session,
    company: Company,
    records: SalesRecords,
    as_actor: Act,
    now: datetime,
    statements: CountStatements,
) -> None:
    deal = records.deal(company.olena)
    for _ in range(15):
        records.step(deal, assignee=company.olena, group=company.sales)
    actor = as_actor(company.olena)
    for tab in Tab:
        with statements() as sent:
            inbox(session, actor, tab=tab, now=now)
        assert len(sent) == 1, tab


@pytest.mark.parametrize(
    "cursor", ["garbage", "W10", "WzEsMl0", "W251bGwsbnVsbF0", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwxXQ"]
)
def test_a_cursor_of_another_list_is_refused(
    session: Session, company: Company, as_actor: Act, now: datetime, cursor: str
) -> None:
    with pytest.raises(CursorNotUnderstood):
        inbox(session, as_actor(company.olena), cursor=cursor, now=now)
