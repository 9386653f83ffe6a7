from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from support.canonical_maps import MapBuilder
from support.office import Office
from support.sales_map import sales_map

from engine.bpmn.compiled import CompiledProcess
from engine.commands.cancellations import cancel_deal
from engine.commands.clients import ClientDraft
from engine.commands.deals import DealClosed, comment_on_deal, update_deal
from engine.errors import InvalidInput, MapFailed, NotAllowed, NotFound
from engine.model.client import Client
from engine.model.deal import Deal, DealResult
from engine.model.incident import Incident, IncidentState
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.model.timer import Timer
from engine.queries.incidents import alike_incidents, incident_counts, incident_page


def count(office: Office, table: type) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_opened_deal_stands_at_its_first_step_with_a_deadline_in_working_time(office: Office) -> None:
    deal = office.open_deal()
    assert deal.number == "2026-00001"
    step = office.step("prepare", deal)
    assert (step.stage, office.deal(deal).stage) == ("Пропозиція", "Пропозиція")
    assert step.due_at == office.clock.now() + timedelta(days=2)
    assert office.open_deal().number == "2026-00002"


def test_a_deal_opened_on_friday_evening_is_due_on_tuesday(office: Office) -> None:
    office.clock.advance(timedelta(days=4, hours=10))  # Friday, 20:00 in Kyiv
    deal = office.open_deal()
    due = office.step("prepare", deal).due_at
    assert due is not None
    assert due.isoformat() == "2026-03-10T16:00:00+00:00" or due.isoformat() == "2026-03-11T07:00:00+00:00"


def test_everything_wrong_with_a_draft_is_told_at_once_and_nothing_is_kept(office: Office) -> None:
    clients = count(office, Client)
    with pytest.raises(InvalidInput) as refused:
        office.open_deal(
            title=" ",
            amount=Decimal("1.005"),
            currency="RUB",
            definition_key="немає",
            client=ClientDraft(name="Новий клієнт"),
        )
    assert set(refused.value.errors) == {"title", "amount", "currency", "definition_key"}
    assert count(office, Deal) == 0
    assert count(office, Client) == clients


def test_a_client_with_a_known_code_is_not_added_twice(office: Office) -> None:
    office.open_deal(client=ClientDraft(name="ТОВ «Промінь»", edrpou="12345678"))
    with pytest.raises(InvalidInput) as refused:
        office.open_deal(client=ClientDraft(name="Промінь", edrpou="12345678"))
    assert refused.value.errors["client.edrpou"].code == "client_exists"
    assert count(office, Deal) == 1


@pytest.mark.parametrize("login", ["iryna", "owner", "admin"])
def test_who_does_not_sell_opens_no_deal(office: Office, login: str) -> None:
    with pytest.raises(NotAllowed):
        office.open_deal(login)


def test_the_same_command_opens_one_deal(office: Office) -> None:
    client = office.open_deal().client_id
    first = office.open_deal(client=None, client_id=client, command_id="import 17")
    again = office.open_deal(client=None, client_id=client, command_id="import 17")
    assert (first.id, count(office, Deal)) == (again.id, 2)


def test_new_deals_start_on_the_published_version_and_running_ones_keep_theirs(office: Office) -> None:
    old = office.open_deal()
    office.publish(sales_map(four_eyes=True))
    new = office.open_deal()
    assert office.step("prepare", old).instance_id != office.step("prepare", new).instance_id
    with office.database.read() as session:
        versions = dict(
            session.execute(
                select(Deal.id, func.max(ProcessDefinition.version))
                .join(ProcessInstance, ProcessInstance.deal_id == Deal.id)
                .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
                .group_by(Deal.id)
            ).all()
        )
    assert versions == {old.id: 1, new.id: 2}


def test_the_owner_changes_a_deal_and_the_change_is_told_with_both_values(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", update_deal, deal.id, {"amount": Decimal(99), "fields": {"порт": "Одеса"}})
    changed = office.deal(deal)
    assert (changed.amount, changed.fields["порт"]) == (Decimal(99), "Одеса")
    event = office.history(deal)[-1]
    assert event.data["changes"]["amount"] == ["125000.50", "99"]


def test_a_colleague_may_not_change_it_and_an_outsider_does_not_find_it(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    with pytest.raises(NotAllowed):
        office.do("iryna", update_deal, deal.id, {"title": "Моє"})
    with pytest.raises(NotFound):
        office.do("danylo", update_deal, deal.id, {"title": "Моє"})
    with pytest.raises(NotFound):
        office.do("danylo", comment_on_deal, deal.id, "Чи є хто?")


def test_a_cancelled_deal_leaves_no_step_and_no_timer_behind(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    for login, element in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved")
    assert count(office, Timer) == 1
    with pytest.raises(InvalidInput):
        office.do("olena", cancel_deal, deal.id, "")
    office.do("olena", cancel_deal, deal.id, "Клієнт закрився")
    assert office.open_steps(deal) == []
    assert count(office, Timer) == 0
    assert office.deal(deal).result is DealResult.CANCELLED
    with pytest.raises(DealClosed):
        office.do("olena", update_deal, deal.id, {"title": "Ще раз"})
    office.wait(days=30)
    assert office.kinds(deal)[-1] == "deal_cancelled"


def test_a_map_that_fails_at_its_start_opens_no_deal_but_an_incident(office: Office) -> None:
    office.publish(broken_map())
    with pytest.raises(MapFailed):
        office.open_deal(definition_key="broken")
    assert (count(office, Deal), count(office, Incident)) == (0, 1)


def test_a_deal_that_fails_at_its_start_again_and_again_is_one_failure_until_it_is_opened(office: Office) -> None:
    office.publish(broken_map())
    wanted: dict[str, Any] = {"definition_key": "broken", "fields": {}}
    for _ in range(2):
        with pytest.raises(MapFailed):
            office.open_deal(**wanted)
    office.clock.advance(timedelta(hours=1))
    with pytest.raises(MapFailed):
        office.open_deal("bohdan", **wanted, title="  насоси для Водоканалу ")
    with pytest.raises(MapFailed):
        office.open_deal(**wanted, title="Інша угода")
    with office.database.read() as session:
        page = incident_page(session, office.actor("admin"), definition_key="broken")
        counts = incident_counts(session, office.actor("admin"))
        assert alike_incidents(session, office.actor("admin"), page.items[0].id, limit=9).total == 2
    other, one = page.items
    assert (one.attempts, other.attempts) == (3, 1)
    assert one.last_failed_at == one.occurred_at + timedelta(hours=1)
    assert (one.definition_key, one.element_name, one.deal_id) == ("broken", "ask", None)
    assert counts.by_map == {"broken": 2}
    with office.database.read() as session:
        assert "водоканал" not in str(session.get_one(Incident, one.id).stimulus).casefold()
    office.publish(sales_map().model_copy(update={"key": "broken"}))
    office.open_deal(**wanted)
    with office.database.read() as session:
        states = {found.id: found.state for found in session.query(Incident)}
    assert states == {one.id: IncidentState.RESOLVED, other.id: IncidentState.OPEN}


def broken_map() -> CompiledProcess:
    builder = MapBuilder(key="broken")
    builder.start()
    builder.gateway("exclusive", "ask")
    builder.end()
    builder.chain("start", "ask")
    builder.flow("ask", "end", "unknown > 5")
    return builder.build({"unknown"})
