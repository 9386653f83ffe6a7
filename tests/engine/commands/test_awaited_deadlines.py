"""A deadline that counts from a date of the deal, when the date comes after the step."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from support.drawn_maps import END, START, chain, compiled, element, step
from support.office import Office
from support.waiting import somebody_waits

from engine.commands import awaited_deadlines
from engine.commands.awaited_deadlines import AWAITED_DEADLINES
from engine.commands.client_merging import MergeRequest, merge_clients
from engine.commands.clients import ClientDraft, update_client
from engine.commands.deals import update_deal
from engine.commands.locks import lock_deal
from engine.commands.own_fields import add_own_field
from engine.commands.suspensions import resume_deal, suspend_deal
from engine.commands.variables import set_variables, undo_variables
from engine.db.job import Job
from engine.errors import NotAllowed
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.intervention import Intervention
from engine.model.notice import Notice, NoticeKind
from engine.model.own_field import FieldSubject
from engine.model.work_item import WorkItem
from engine.policy.own_fields import OwnFieldDraft

FIELD = (
    "<extensionElements><camunda:formData><camunda:formField id='visit' label='Візит' type='date'/></camunda:formData>"
    "<camunda:properties><camunda:property name='етап' value='Перший'/><camunda:property name='термін' value='P9D'/>"
    "<camunda:property name='відповідальний' value='власник угоди'/></camunda:properties></extensionElements>"
)


def opened(office: Office, deadline: str) -> Deal:
    said = {"етап": "Перший", "відповідальний": "власник угоди", "термін": deadline}
    split = '<parallelGateway id="both"/><parallelGateway id="all"/>'
    ask = element("userTask", "ask", "Запитати дату", FIELD)
    sign = step("sign", "Підписати", **said)
    ways = chain("start", "both", "ask", "all", "end") + chain("both", "sign", "all")
    office.publish(compiled(START, split, ask, sign, END, ways))
    return office.open_deal()


def visiting(office: Office, *deals_of: str) -> list[Deal]:
    """Deals, the first by its own map; a step of each waits for when its client is visited."""
    office.do("owner", add_own_field, FieldSubject.CLIENT, OwnFieldDraft(label="Візит", name="visit", type="date"))
    asked = FIELD.replace("id='visit'", "id='client.visit'")
    said = {"етап": "Перший", "відповідальний": "власник угоди", "термін": "=client.visit - 3 р.д."}
    split = '<parallelGateway id="both"/><parallelGateway id="all"/>'
    ask = element("userTask", "ask", "Запитати дату", asked)
    ways = chain("start", "both", "ask", "all", "end") + chain("both", "sign", "all")
    office.publish(compiled(START, split, ask, step("sign", "Підписати", **said), END, ways))
    first = office.open_deal()
    later = (office.open_deal(title=title, client_id=first.client_id, client=None) for title in deals_of)
    return [first, *later]


VISIT, BEFORE_VISIT = {"fields": {"visit": "2026-03-16"}}, datetime(2026, 3, 11, 16, tzinfo=UTC)


def due(office: Office, *deals: Deal) -> list[datetime | None]:
    return [office.step("sign", one).due_at for one in deals]


def jobs(office: Office) -> list[Job]:
    with office.database.read() as session:
        return list(session.scalars(select(Job).where(Job.kind == AWAITED_DEADLINES)))


def edited(office: Office, deal: Deal, **changes: Any) -> WorkItem:
    office.do("olena", update_deal, deal.id, changes)
    return office.step("sign", deal)


def test_a_step_gets_its_deadline_when_the_date_is_filled_in_and_keeps_it(office: Office) -> None:
    deal = opened(office, "=deal.close_date - 3 р.д.")
    assert (office.step("sign", deal).due_at, office.step("sign", deal).next_escalation_at) == (None, None)
    assert edited(office, deal, title="Насоси").due_at is None
    signed = edited(office, deal, close_date=date(2026, 3, 16))
    assert signed.due_at == datetime(2026, 3, 11, 16, tzinfo=UTC)
    assert signed.next_escalation_at is not None
    assert edited(office, deal, close_date=date(2026, 3, 30)).due_at == signed.due_at
    with office.database.read() as session:
        (told,) = session.query(HistoryEvent).filter(HistoryEvent.kind == "deadline_set")
    assert (told.actor_id, told.work_item_id, told.data["name"]) == (office.company.olena.id, signed.id, "Підписати")


def test_a_date_that_comes_while_the_deal_rests_counts_when_it_goes_on(office: Office) -> None:
    deal = opened(office, "=deal.close_date - 3 р.д.")
    office.do("olena", suspend_deal, deal.id, "Клієнт у відпустці")
    office.do("olena", update_deal, deal.id, {"close_date": date(2026, 3, 16)})
    office.do("olena", resume_deal, deal.id)
    signed = office.step("sign", deal)
    assert signed.due_at == datetime(2026, 3, 11, 16, tzinfo=UTC)
    assert signed.next_escalation_at is not None


def test_a_date_that_another_step_fills_in_counts_as_well(office: Office) -> None:
    deal = opened(office, "=visit")
    assert office.step("sign", deal).due_at is None
    office.complete("olena", "ask", values={"visit": "2026-03-20"}, deal=deal)
    assert office.step("sign", deal).due_at == datetime(2026, 3, 20, 21, 59, tzinfo=UTC)


def test_a_deadline_that_has_passed_already_is_late_from_now_and_escalates(office: Office) -> None:
    deal = opened(office, "=deal.close_date - 3 р.д.")
    assert edited(office, deal, close_date=date(2026, 3, 3)).due_at == office.clock.now()
    office.wait(minutes=1)
    with office.database.read() as session:
        told = {one.kind for one in session.query(Notice).filter(Notice.by_id.is_(None))}
    assert NoticeKind.STEP_LATE in told


def test_a_date_of_the_client_gives_all_open_steps_that_wait_for_it_their_deadline_at_once(office: Office) -> None:
    first, second, resting = visiting(office, "Друга", "Відкладена")
    others = office.open_deal(title="Чужа")
    office.do("olena", suspend_deal, resting.id, "Клієнт у відпустці")
    office.do("olena", update_client, first.client_id, {"phone": "+380501234567"})
    assert due(office, first, second) == [None, None]
    office.do("olena", update_client, first.client_id, VISIT)
    assert due(office, first, second, others) == [BEFORE_VISIT, BEFORE_VISIT, None]
    assert office.step("sign", second).next_escalation_at is not None
    told = [one for one in office.history(second) if one.kind == "deadline_set"]
    assert [(one.actor_id, one.data["name"]) for one in told] == [(office.company.olena.id, "Підписати")]
    assert jobs(office) == []
    office.do("olena", update_client, first.client_id, {"fields": {"visit": "2026-03-30"}})
    assert due(office, first, second) == [BEFORE_VISIT, BEFORE_VISIT], "a date that changes later moves none"
    office.do("olena", resume_deal, resting.id)
    assert due(office, resting) == [datetime(2026, 3, 25, 16, tzinfo=UTC)]


def test_a_date_of_the_client_that_a_step_of_one_deal_asks_for_counts_in_the_others(office: Office) -> None:
    first, second = visiting(office, "Друга")
    office.complete("olena", "ask", values={"client.visit": "2026-03-16"}, deal=first)
    assert due(office, first, second) == [BEFORE_VISIT, BEFORE_VISIT]
    told = [[one.kind for one in office.history(deal)].count("deadline_set") for deal in (first, second)]
    assert told == [1, 1]


def test_a_deal_that_comes_to_a_client_with_the_date_gets_its_deadline(office: Office) -> None:
    (first,) = visiting(office)
    other = office.open_deal(client=ClientDraft(name="ПрАТ «Ясень»", fields={"visit": "2026-03-16"}))
    office.do("bohdan", merge_clients, MergeRequest(other.client_id, [first.client_id]))
    assert due(office, first, other) == [BEFORE_VISIT, BEFORE_VISIT]


def test_many_deals_of_a_client_are_left_to_a_worker(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaited_deadlines, "_DEALS_AT_ONCE", 1)
    first, second = visiting(office, "Друга")
    office.do("olena", update_client, first.client_id, VISIT)
    assert due(office, first, second) == [None, None]
    assert [one.payload for one in jobs(office)] == [{"client_id": first.client_id, "after": 0}]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_deal_that_somebody_holds_is_not_waited_for_and_left_to_a_worker(office: Office) -> None:
    first, second = visiting(office, "Друга")
    with office.database.write() as somebody:
        lock_deal(somebody, first.id, office.actor("bohdan"))
        office.do("olena", update_client, first.client_id, VISIT)
    assert due(office, first, second) == [None, BEFORE_VISIT]
    assert [one.payload["client_id"] for one in jobs(office)] == [first.client_id]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_step_that_opens_while_somebody_writes_the_date_gets_its_deadline(office: Office) -> None:
    (first,) = visiting(office)
    olena, of_first = office.actor("olena"), {"client_id": first.client_id, "client": None}
    with ThreadPoolExecutor(1) as pool:
        with office.database.write() as writing:
            update_client(writing, first.client_id, VISIT, actor=olena, clock=office.clock)
            writing.flush()
            opening = pool.submit(office.open_deal, "bohdan", title="Друга", **of_first)
            while not somebody_waits(office.database):
                assert not opening.done()
        second = opening.result()
    assert due(office, first, second) == [BEFORE_VISIT, BEFORE_VISIT]


def test_a_deadline_that_an_undone_value_gave_waits_for_its_date_again(office: Office) -> None:
    deal = opened(office, "=visit - 3 р.д.")
    for login in ("olena", "bohdan"):
        with pytest.raises(NotAllowed):
            office.do(login, set_variables, deal.id, {"visit": "2026-03-16"}, "Клієнт призначив")
    office.do("admin", set_variables, deal.id, {"visit": "2026-03-16"}, "Клієнт призначив")
    assert due(office, deal) == [BEFORE_VISIT]
    with office.database.read() as session:
        setting = session.query(Intervention).one().id
    for _ in range(2):
        office.do("admin", undo_variables, deal.id, setting, command_id="undo")
    signed = office.step("sign", deal)
    assert (signed.due_at, signed.next_escalation_at) == (None, None)
    assert office.kinds(deal)[-3:] == ["deadline_set", "deadline_taken_back", "variables_set"]
    office.do("admin", set_variables, deal.id, {"visit": "2026-03-16"}, "Таки призначив")
    assert due(office, deal) == [BEFORE_VISIT]


def test_an_undone_value_leaves_a_deadline_that_was_there_before(office: Office) -> None:
    deal = opened(office, "=visit - 3 р.д.")
    office.do("admin", set_variables, deal.id, {"visit": "2026-03-16"}, "Клієнт призначив")
    office.do("admin", set_variables, deal.id, {"visit": "2026-03-30"}, "Переніс")
    with office.database.read() as session:
        last = session.query(Intervention).order_by(Intervention.id.desc()).first()
    assert last is not None
    office.do("admin", undo_variables, deal.id, last.id)
    assert due(office, deal) == [BEFORE_VISIT]
