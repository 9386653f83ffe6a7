"""A deadline that counts from a date of the deal, when the date comes after the step."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from support.drawn_maps import END, START, chain, compiled, element, step
from support.office import Office

from engine.commands.deals import update_deal
from engine.commands.suspensions import resume_deal, suspend_deal
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.notice import Notice, NoticeKind
from engine.model.work_item import WorkItem

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
