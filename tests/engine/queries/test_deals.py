from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import APPROVAL, OFFER, SIGNATURE, SalesRecords

from engine.errors import NotFound
from engine.events import Commented, StageChanged
from engine.model import DealResult, Incident, MessageSubscription, Timer
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.deal_view import CONTACTS_SHOWN
from engine.queries.deals import (
    DealSort,
    PassageState,
    WaitingKind,
    board,
    deal_history,
    deal_view,
    deal_waiting,
    deals,
    walked_path,
)
from engine.queries.pages import CursorNotUnderstood

Act = Callable[[Person], Actor]
CountStatements = Callable[[], AbstractContextManager[list[str]]]


@pytest.mark.parametrize("sort", list(DealSort))
def test_every_sort_pages_without_gap_or_repetition(
    *, session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime, sort: DealSort
) -> None:
    for amount, closing, hours in (
        (5, None, 3),
        (None, date(2026, 5, 1), 1),
        (5, date(2026, 4, 1), 2),
        (None, None, 2),
    ):
        records.deal(
            company.olena,
            title=f"Угода {hours}",
            amount=None if amount is None else Decimal(amount),
            close_date=closing,
            opened_at=now + timedelta(hours=hours),
            stage_since=None if amount is None else now,
        )
    actor, cursor, seen = as_actor(company.olena), None, []
    whole = [row.id for row in deals(session, actor, sort=sort, now=now).items]
    for _ in range(4):
        page = deals(session, actor, sort=sort, limit=1, cursor=cursor, now=now)
        seen += [row.id for row in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert seen == whole
    assert len(set(seen)) == 4


@pytest.mark.parametrize(("begun", "other"), [(DealSort.LATEST, DealSort.TITLE), (DealSort.LARGEST, DealSort.SMALLEST)])
def test_a_page_of_another_sort_is_refused_instead_of_beginning_anywhere(
    *,
    session: Session,
    company: Company,
    records: SalesRecords,
    as_actor: Act,
    now: datetime,
    begun: DealSort,
    other: DealSort,
) -> None:
    for amount in (1, 2):
        records.deal(company.olena, title=f"Угода {amount}", amount=Decimal(amount))
    actor = as_actor(company.olena)
    cursor = deals(session, actor, sort=begun, limit=1, now=now).next_cursor
    with pytest.raises(CursorNotUnderstood):
        deals(session, actor, sort=other, limit=1, cursor=cursor, now=now)


def test_titles_come_as_the_ukrainian_alphabet_goes_also_when_one_is_changed(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    titles = ["Юшка", "«Єдність»", "Іскра", "Ґанок", "Азов", "їжак", "Ель"]
    made = [records.deal(company.olena, title=title) for title in titles]
    made[0].title = "Брама"
    session.flush()
    shown = [row.title for row in deals(session, as_actor(company.olena), sort=DealSort.TITLE, now=now).items]
    assert shown == ["Азов", "Брама", "Ґанок", "Ель", "«Єдність»", "Іскра", "їжак"]


def test_deals_without_an_amount_come_last_whatever_the_direction(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    small, empty, large = (records.deal(company.olena, amount=amount).id for amount in (Decimal(1), None, Decimal(9)))
    actor = as_actor(company.olena)
    assert [row.id for row in deals(session, actor, sort=DealSort.SMALLEST, now=now).items] == [small, large, empty]
    assert [row.id for row in deals(session, actor, sort=DealSort.LARGEST, now=now).items] == [large, small, empty]


def test_filters_narrow_and_an_outsider_finds_nothing(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    late = records.deal(company.olena, title="Насоси", stage=APPROVAL)
    records.step(late, assignee=company.olena, due_in=timedelta(hours=-1))
    records.step(late, assignee=company.iryna, due_in=timedelta(hours=1))
    won = records.deal(company.bohdan, title="Труби")
    records.close(won, DealResult.WON)
    bohdan = as_actor(company.bohdan)

    def found(**how: object) -> list[int]:
        return [row.id for row in deals(session, bohdan, now=now, **how).items]  # type: ignore[arg-type]

    assert found() == [won.id, late.id]
    assert found(q="насос") == [late.id]
    assert found(q=won.number) == [won.id]
    assert found(stage=APPROVAL) == [late.id]
    assert found(owner_id=company.bohdan.id) == [won.id]
    assert found(result=DealResult.WON) == [won.id]
    assert found(client_id=late.client_id) == [late.id]
    assert found(definition_key="other") == []
    (row,) = deals(session, bohdan, overdue=True, now=now).items
    assert (row.id, row.overdue, row.open_steps, row.overdue_steps) == (late.id, True, 2, 1)
    assert (row.next_step, row.next_due_at) == ("Підготувати пропозицію", now - timedelta(hours=1))
    assert deals(session, as_actor(company.danylo), now=now).items == ()


def test_a_page_of_deals_costs_two_statements(
    *,
    session: Session,
    company: Company,
    records: SalesRecords,
    as_actor: Act,
    now: datetime,
    statements: CountStatements,
) -> None:
    for _ in range(10):
        records.step(records.deal(company.olena), assignee=company.olena)
    actor = as_actor(company.olena)
    with statements() as sent:
        assert len(deals(session, actor, now=now).items) == 10
    assert len(sent) == 2


def test_the_board_counts_sums_and_shows_the_first_cards(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    offers = [records.deal(company.olena, stage_since=now - timedelta(days=day)) for day in range(25)]
    records.deal(company.olena, amount=Decimal("0.50"), currency="EUR")
    records.step(offers[3], assignee=company.olena, due_in=timedelta(hours=-1))
    records.step(offers[3], assignee=company.olena, due_in=timedelta(hours=-2))
    records.deal(company.olena, stage="Старий етап", amount=None)
    records.close(records.deal(company.olena), DealResult.WON)
    records.deal(company.danylo)
    shown = board(session, as_actor(company.olena), definition_key="sale", now=now)
    assert [column.stage for column in shown.columns] == [OFFER, APPROVAL, SIGNATURE, "Старий етап"]
    offer, approval, _, old = shown.columns
    assert (offer.count, offer.sums, offer.overdue) == (26, {"EUR": Decimal("0.50"), "UAH": Decimal(25000)}, 1)
    assert [card.id for card in offer.cards] == [deal.id for deal in reversed(offers)][:20]
    assert (approval.count, approval.cards) == (0, ())
    assert (old.count, dict(old.sums)) == (1, {})


def test_the_board_of_an_unknown_map_has_no_columns(
    session: Session, company: Company, as_actor: Act, now: datetime
) -> None:
    assert board(session, as_actor(company.olena), definition_key="none", now=now).columns == ()


def test_stages_tell_the_working_time_spent_over_all_visits(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena, stage=OFFER, stage_since=now)
    for stage, previous, hours in ((OFFER, "", -4), (APPROVAL, OFFER, -3), (OFFER, APPROVAL, 0)):
        records.event(StageChanged(stage=stage, previous=previous), deal, at=now + timedelta(hours=hours))
    later = now + timedelta(hours=2)  # noon to 14:00 in Kyiv, of which 13:00 to 14:00 is the break
    offer, approval, signature = deal_view(session, as_actor(company.olena), deal.id, later).stages
    assert (offer.state, offer.visits, offer.since) == (PassageState.CURRENT, 2, now)
    assert offer.spent == timedelta(hours=1)  # 8 to 9 was before the office opened
    assert (approval.state, approval.spent) == (PassageState.AHEAD, timedelta(hours=3))
    assert (signature.state, signature.visits) == (PassageState.AHEAD, 0)


def test_a_won_deal_has_passed_its_stages_and_stands_in_none(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena, stage=APPROVAL)
    records.event(StageChanged(stage=OFFER, previous=""), deal)
    records.event(StageChanged(stage=APPROVAL, previous=OFFER), deal)
    records.close(deal, DealResult.WON)
    view = deal_view(session, as_actor(company.olena), deal.id, now)
    assert [stage.state for stage in view.stages] == [PassageState.DONE, PassageState.DONE, PassageState.AHEAD]
    assert not view.may_edit


def test_a_deal_s_page_has_fields_by_label_contacts_steps_and_map(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    client = records.client("ТОВ «Промінь»", edrpou="12345678")
    records.contact(client, "Яна Рудь", phone="+380671234567")
    deal = records.deal(company.olena, client=client, fields={"discount": "7", "color": "синій"})
    step = records.step(deal, assignee=company.olena)
    view = deal_view(session, as_actor(company.olena), deal.id, now)
    assert [(field.label, field.value) for field in view.fields] == [("Знижка, %", "7"), ("color", "синій")]
    assert (view.client.edrpou, [contact.full_name for contact in view.contacts]) == ("12345678", ["Яна Рудь"])
    assert [row.id for row in view.open_steps] == [step.id]
    assert [waiting.work_item_id for waiting in view.waiting.items] == [step.id]
    assert (view.definition_id, view.definition_version) == (records.definition.id, 1)
    assert view.may_edit
    assert not deal_view(session, as_actor(company.owner), deal.id, now).may_edit


def test_a_deal_of_a_large_client_reads_the_first_contacts_and_counts_all(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    client = records.client("ТОВ «Промінь»")
    for number in range(CONTACTS_SHOWN + 1):
        records.contact(client, f"Особа {number:02}")
    deal = records.deal(company.olena, client=client)
    view = deal_view(session, as_actor(company.olena), deal.id, now)
    assert [one.full_name for one in view.contacts] == [f"Особа {number:02}" for number in range(CONTACTS_SHOWN)]
    assert view.contact_count == CONTACTS_SHOWN + 1
    whole = deal_view(session, as_actor(company.olena), deal.id, now, most_contacts=None)
    assert (len(whole.contacts), whole.contact_count) == (CONTACTS_SHOWN + 1, CONTACTS_SHOWN + 1)


def test_a_deal_waits_for_incidents_steps_messages_and_timers(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    step = records.step(deal, group=company.legal, due_in=timedelta(hours=-1))
    instance = records.instance(deal)
    session.add_all(
        [
            Timer(instance_id=instance.id, activity_id="t", node_id="wait", due_at=now + timedelta(days=3)),
            MessageSubscription(instance_id=instance.id, activity_id="m", node_id="paid", name="Оплата"),
            Incident(instance_id=instance.id, deal_id=deal.id, code="map_failed", occurred_at=now),
        ]
    )
    session.flush()
    waiting = deal_waiting(session, as_actor(company.iryna), deal.id, now).items
    assert [(one.kind, one.name) for one in waiting] == [
        (WaitingKind.INCIDENT, "map_failed"),
        (WaitingKind.STEP, step.name),
        (WaitingKind.MESSAGE, "Оплата"),
        (WaitingKind.TIMER, "Чекати три дні"),
    ]
    assert (waiting[1].who, waiting[1].overdue, waiting[1].may_act) == ("Юридичний відділ", True, True)
    assert not deal_waiting(session, as_actor(company.olena), deal.id, now).items[1].may_act


def test_the_walked_path_speaks_in_ids_of_the_owner_s_file(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    records.instance(deal).walked = {"start": 1, "prepare": 2, "flow1": 1}
    records.step(deal, assignee=company.iryna, element_id="approve", part=0, due_in=timedelta(hours=-1))
    records.step(deal, assignee=company.petro, element_id="approve", part=1, due_in=None)
    records.step(deal, assignee=company.olena)
    path = walked_path(session, as_actor(company.olena), deal.id, now)
    assert path.passed == {"start": 1, "Task_Prepare": 2, "flow1": 1}
    assert path.open == ("Task_Approve", "Task_Prepare")
    assert path.overdue == ("Task_Approve",)


def test_the_timeline_pages_from_the_latest_and_filters_by_kind(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    deal = records.deal(company.olena)
    step = records.step(deal, assignee=company.olena)
    for text in ("перше", "друге", "третє"):
        records.event(Commented(text=text), deal, by=company.olena, step=step)
    records.event(StageChanged(stage=OFFER, previous=""), deal)
    actor = as_actor(company.olena)
    comments = deal_history(session, actor, deal.id, kinds=["commented"], limit=2)
    assert [row.data["text"] for row in comments.items] == ["третє", "друге"]
    assert (comments.items[0].number, comments.items[0].work_item_name) == (3, step.name)
    rest = deal_history(session, actor, deal.id, kinds=["commented"], limit=2, cursor=comments.next_cursor)
    assert [row.data["text"] for row in rest.items] == ["перше"]
    assert deal_history(session, actor, deal.id).items[0].kind == "stage_changed"


def test_an_outsider_learns_nothing_of_a_deal(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal, outsider = records.deal(company.olena), as_actor(company.danylo)
    for ask in (deal_view, deal_waiting, walked_path):
        with pytest.raises(NotFound):
            ask(session, outsider, deal.id, now)
    with pytest.raises(NotFound):
        deal_history(session, outsider, deal.id)
