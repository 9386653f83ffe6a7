"""What a department's new ladder has further up comes to the steps that had climbed all of the old one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from support.office import Office
from support.waiting import somebody_waits

from engine.commands.departments import update_department
from engine.commands.escalations import NEW_LADDER
from engine.commands.locks import lock_work_item
from engine.db.job import Job, JobState
from engine.model.deal import Deal
from tasks import new_ladders
from tasks.jobs import sweep
from tasks.turns import JOB_TURN

pytestmark = pytest.mark.usefixtures("services")

FURTHER = {"escalation": "head at due; reassign after 1 business day"}


@pytest.fixture
def climbed(office: Office) -> list[Deal]:
    """Three deals whose first steps are late, and have climbed all of their department's ladder."""
    office.do("admin", update_department, office.company.sales.id, {"escalation": "head at due"})
    deals = [office.open_deal(title=f"Угода {one}") for one in range(3)]
    office.wait(days=6)
    assert told(office, deals) == [(1, 0)] * 3
    return deals


def told(office: Office, deals: list[Deal]) -> list[tuple[int, ...]]:
    return [tuple(office.kinds(deal).count(kind) for kind in ("head_told", "step_reassigned")) for deal in deals]


def new_ladder(office: Office) -> None:
    office.do("admin", update_department, office.company.sales.id, FURTHER)


def states(office: Office) -> list[JobState]:
    with office.database.read() as session:
        return list(session.scalars(select(Job.state).where(Job.kind == NEW_LADDER)))


def test_steps_climb_what_is_further_up_and_nothing_twice(office: Office, climbed: list[Deal]) -> None:
    new_ladder(office)
    sweep()
    office.wait(days=6)
    assert told(office, climbed) == [(1, 1)] * 3
    assert set(states(office)) == {JobState.DONE}


@pytest.mark.parametrize("in_front", ["remind 3 days before", "remind 1 day before"])
def test_a_rung_in_front_of_those_that_were_climbed_brings_none_of_them_again(
    office: Office, climbed: list[Deal], in_front: str
) -> None:
    words = f"{in_front}; head at due; reassign after 1 business day"
    office.do("admin", update_department, office.company.sales.id, {"escalation": words})
    sweep()
    office.wait(days=6)
    assert told(office, climbed) == [(1, 1)] * 3


def test_a_head_is_told_though_a_reminder_has_gone_from_the_ladder(office: Office) -> None:
    office.do("admin", update_department, office.company.sales.id, {"escalation": "remind 1 hour before"})
    deal = office.open_deal()
    office.wait(days=6)
    office.do("admin", update_department, office.company.sales.id, {"escalation": "head at due"})
    sweep()
    office.wait(minutes=1)
    assert (office.kinds(deal).count("reminder_sent"), *told(office, [deal])) == (1, (1, 0))


def test_what_one_job_has_no_time_for_another_goes_on_with(
    office: Office, climbed: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_ladders, "_LOOKED_AT_ONCE", 1)
    monkeypatch.setattr(new_ladders, "give_way", lambda services: services.clock.advance(JOB_TURN))
    new_ladder(office)
    for _ in climbed:
        sweep()
        office.clock.advance(timedelta(seconds=1))
    office.wait(minutes=1)
    assert told(office, climbed) == [(1, 1)] * 3
    assert set(states(office)) == {JobState.DONE}
    assert len(states(office)) > 1


def test_a_department_waits_for_nobody_who_holds_one_of_its_steps(office: Office, climbed: list[Deal]) -> None:
    """Whoever does the step may open another of the department, and would wait for the department in turn."""
    with ThreadPoolExecutor(1) as pool, office.database.write() as session:
        lock_work_item(session, office.step("prepare", climbed[1]).id, office.actor("olena"))
        changing = pool.submit(new_ladder, office)
        while not (office.database.is_sqlite or changing.done()):  # SQLite has one writer at a time
            assert not somebody_waits(office.database)
    changing.result()
    sweep()
    office.wait(minutes=1)
    assert told(office, climbed) == [(1, 1)] * 3
