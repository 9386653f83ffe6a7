from __future__ import annotations

import threading

import pytest
from sqlalchemy import update
from support.office import Office

from engine.commands.locks import lock_deal
from engine.model.deal import Deal
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import ProcessInstance
from tasks import escalations, turns
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


def broken_by(office: Office, *deals: Deal) -> None:
    """Their map cannot be read any more."""
    with office.database.write() as session:
        unreadable = ProcessDefinition(
            key="damaged", version=1, name="Пошкоджена", findings=[], called={}, created_at=office.clock.now()
        )
        session.add(unreadable)
        session.flush()
        session.execute(
            update(ProcessInstance)
            .where(ProcessInstance.deal_id.in_([one.id for one in deals]))
            .values(definition_id=unreadable.id)
        )


def test_a_step_that_fails_takes_none_of_those_beside_it_along(office: Office) -> None:
    broken, *sound = (office.open_deal(title=f"Насоси {number}") for number in range(3))
    broken_by(office, broken)
    office.clock.set(office.clock.now().replace(month=4))
    escalate_due()
    assert [len(rungs(office, one)) for one in (broken, *sound)] == [0, 3, 3]


def test_steps_that_fail_do_not_stand_in_the_way_of_those_behind_them(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are: more than a turn comes to, and a turn begins behind the last one's end."""
    monkeypatch.setattr(escalations, "_AT_ONCE", 1)
    monkeypatch.setattr(turns, "A_WHILE_S", 0)
    broken = [office.open_deal(title=f"Зламана {number}") for number in range(2)]
    sound = office.open_deal(title="Ціла")
    broken_by(office, *broken)
    office.clock.set(office.clock.now().replace(month=4))
    passed: list[int] = []

    class Rest:
        def __call__(self) -> None: ...

        def delay(self) -> None:
            passed.append(len(rungs(office, sound)))

    with monkeypatch.context() as patched:
        patched.setattr(escalations, "escalate_due", Rest())
        for _ in range(3):
            escalate_due()
    assert passed == [0, 0, 3]
    assert [rungs(office, one) for one in broken] == [[], []]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("another_fails", [False, True])
def test_a_deal_that_somebody_holds_is_not_waited_for(office: Office, *, another_fails: bool) -> None:
    busy, free = office.open_deal(title="Зайнята"), office.open_deal(title="Вільна")
    if another_fails:
        broken_by(office, office.open_deal(title="Зламана"))
    office.clock.set(office.clock.now().replace(month=4))
    with office.database.write() as somebody:
        lock_deal(somebody, busy.id, office.actor("bohdan"))
        escalate_due()
        assert [len(rungs(office, one)) for one in (busy, free)] == [0, 3]
    escalate_due()
    assert rungs(office, busy) == rungs(office, free)
