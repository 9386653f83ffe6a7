from __future__ import annotations

import threading

import pytest
from sqlalchemy import update
from support.office import Office

from engine.model.deal import Deal
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import ProcessInstance
from tasks import escalations
from tasks.escalations import escalate_due

pytestmark = pytest.mark.usefixtures("services")


def rungs(office: Office, deal: Deal) -> list[str]:
    return [kind for kind in office.kinds(deal) if kind in {"reminder_sent", "head_told", "step_reassigned"}]


def test_a_late_step_climbs_each_rung_once_however_often_it_is_looked_at(office: Office) -> None:
    deal = office.open_deal()
    office.clock.advance(office.step("prepare").due_at - office.clock.now())  # type: ignore[operator]  # it has one
    escalate_due()
    escalate_due()
    assert rungs(office, deal) == ["reminder_sent", "head_told"]


def test_a_server_that_was_down_over_the_deadline_catches_up(office: Office) -> None:
    deal = office.open_deal()
    office.clock.set(office.clock.now().replace(month=4))
    escalate_due()
    assert rungs(office, deal) == ["reminder_sent", "head_told", "step_reassigned"]
    assert office.step("prepare").assignee_id == office.company.bohdan.id


def test_two_workers_remind_once(office: Office) -> None:
    deals = [office.open_deal(title=f"Насоси {number}") for number in range(5)]
    office.clock.set(office.clock.now().replace(month=4))
    workers = [threading.Thread(target=escalate_due) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [rungs(office, deal).count("reminder_sent") for deal in deals] == [1] * len(deals)


def test_steps_that_fail_do_not_stand_in_the_way_of_those_behind_them(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escalations, "_AT_ONCE", 1)
    broken, sound = office.open_deal(title="Зламана"), office.open_deal(title="Ціла")
    broken_step = office.step("prepare", broken)
    with office.database.write() as session:
        unreadable = ProcessDefinition(
            key="damaged", version=1, name="Пошкоджена", findings=[], called={}, created_at=office.clock.now()
        )
        session.add(unreadable)
        session.flush()
        session.execute(
            update(ProcessInstance)
            .where(ProcessInstance.id == broken_step.instance_id)
            .values(definition_id=unreadable.id)
        )
    office.clock.set(office.clock.now().replace(month=4))
    escalate_due()
    assert rungs(office, sound) == ["reminder_sent", "head_told", "step_reassigned"]
