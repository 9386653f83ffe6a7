"""Many open steps that wait for one date of a client's get their deadlines behind the command that writes it."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from support.office import Office
from support.sales_map import sales_map

from engine.bpmn.deadline_rules import RelativeToField
from engine.commands import awaited_deadlines as commands
from engine.commands.awaited_deadlines import AWAITED_DEADLINES, set_deadlines_of_deal
from engine.commands.clients import update_client
from engine.commands.own_fields import add_own_field
from engine.db.job import Job, JobState
from engine.db.outbox import LEASE, MAX_ATTEMPTS
from engine.model.deal import Deal
from engine.model.own_field import FieldSubject
from engine.policy.own_fields import OwnFieldDraft
from tasks import awaited_deadlines, jobs
from tasks.jobs import sweep
from tasks.turns import JOB_TURN

pytestmark = pytest.mark.usefixtures("services")

DUE = datetime(2026, 3, 16, 21, 59, tzinfo=UTC)


@pytest.fixture
def deals(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[Deal]:
    """Five of one client, whose first steps wait for a date that nobody has filled in."""
    monkeypatch.setattr(commands, "_DEALS_AT_ONCE", 2)
    office.do("owner", add_own_field, FieldSubject.CLIENT, OwnFieldDraft(label="Візит", name="visit", type="date"))
    process = sales_map()
    counted = {"deadline": RelativeToField(expression="client.visit"), "deadline_text": "=client.visit"}
    prepare = process.steps["prepare"].model_copy(update=counted)
    steps = {**process.steps, "prepare": prepare}
    office.publish(process.model_copy(update={"steps": steps, "content_hash": "0" * 64}))
    first = office.open_deal()
    return [first, *(office.open_deal(title=f"Ще {one}", client_id=first.client_id, client=None) for one in range(4))]


def visited(office: Office, deals: list[Deal]) -> None:
    office.do("olena", update_client, deals[0].client_id, {"fields": {"visit": "2026-03-16"}})
    assert [office.step("prepare", deal).due_at for deal in deals] == [None] * len(deals)


def states(office: Office) -> list[JobState]:
    with office.database.read() as session:
        return list(session.scalars(select(Job.state).where(Job.kind == AWAITED_DEADLINES)))


def test_each_gets_its_deadline_once_page_by_page(
    office: Office, deals: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaited_deadlines, "_LOOKED_AT_ONCE", 2)
    visited(office, deals)
    sweep()
    sweep()
    assert [office.step("prepare", deal).due_at for deal in deals] == [DUE] * len(deals)
    assert [office.kinds(deal).count("deadline_set") for deal in deals] == [1] * len(deals)
    assert states(office) == [JobState.DONE]


def test_a_deal_that_fails_stands_in_the_way_of_none_and_is_left_to_an_administrator(
    office: Office, deals: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaited_deadlines, "_LOOKED_AT_ONCE", 2)
    broken = office.step("prepare", deals[1]).instance_id

    def fails(session: Session, instance_id: int, **more: Any) -> None:
        if instance_id == broken:
            raise KeyError(instance_id)
        set_deadlines_of_deal(session, instance_id, **more)

    monkeypatch.setattr(awaited_deadlines, "set_deadlines_of_deal", fails)
    visited(office, deals)
    for _ in range(MAX_ATTEMPTS + 1):
        sweep()
        office.clock.advance(timedelta(hours=1, seconds=1))
    assert [office.step("prepare", deal).due_at for deal in deals] == [DUE, None, DUE, DUE, DUE]
    assert sorted(states(office)) == [JobState.DONE, JobState.FAILED]
    monkeypatch.undo()
    with office.database.write() as session:
        session.execute(update(Job).where(Job.state == JobState.FAILED).values(state=JobState.QUEUED))
    sweep()
    assert office.step("prepare", deals[1]).due_at == DUE


def test_two_workers_of_one_job_leave_the_rest_to_one_other(
    office: Office, deals: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first stood still for longer than its lease, and goes on when the second has done the job anew."""
    monkeypatch.setattr(awaited_deadlines, "_LOOKED_AT_ONCE", 3)
    monkeypatch.setattr(jobs, "held", lambda *_: nullcontext())
    frozen: list[bool] = []

    def stand_still(_services: object) -> None:
        office.clock.advance(JOB_TURN)
        if not frozen:
            frozen.append(True)
            office.clock.advance(LEASE)
            sweep()

    monkeypatch.setattr(awaited_deadlines, "give_way", stand_still)
    visited(office, deals)
    sweep()
    assert sorted(states(office)) == [JobState.DONE, JobState.QUEUED]


def test_what_does_not_fit_into_one_turn_goes_on_in_another_job(
    office: Office, deals: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaited_deadlines, "_LOOKED_AT_ONCE", 3)

    def slowly(*arguments: Any, **more: Any) -> None:
        set_deadlines_of_deal(*arguments, **more)
        office.clock.advance(JOB_TURN)

    monkeypatch.setattr(awaited_deadlines, "set_deadlines_of_deal", slowly)
    visited(office, deals)
    sweep()
    assert [office.step("prepare", deal).due_at for deal in deals] == [DUE] * 3 + [None] * 2
    sweep()
    assert [office.step("prepare", deal).due_at for deal in deals] == [DUE] * 5
