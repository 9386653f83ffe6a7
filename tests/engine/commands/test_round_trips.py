"""What a command costs the database: how often it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from faults.waiting_map import BRANCHES, DAYS, waiting_map
from support.api import ApiClient, read
from support.files import add
from support.office import Office
from support.web import web_application
from support.wire import Said, Wire

from engine.commands.completions import complete_work_item
from engine.commands.deal_files import Place
from engine.commands.incidents import perform
from engine.commands.timers import claim_due_timers, fire_timers
from engine.db.session import Database
from engine.model.work_item import WorkItem

pytestmark = pytest.mark.postgres


@pytest.fixture
def office(postgresql_database_url: str) -> Iterator[Office]:
    database = Database(postgresql_database_url, pool_size=1)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


@pytest.fixture
def wire(office: Office, tmp_path: Path) -> Iterator[Wire]:
    office.database.dispose()  # only new connections are traced
    wire = Wire(office.database, tmp_path / "wire")
    yield wire
    office.database.dispose()
    wire.close()


def cost(office: Office, wire: Wire, login: str, step: WorkItem, outcome: str = "completed") -> Said:
    actor = office.actor(login)
    command = partial(
        complete_work_item,
        work_item_id=step.id,
        values={"discount": "5"} if step.element_id == "prepare" else {},
        outcome=outcome,
        actor=actor,
        clock=office.clock,
        command_id=f"{step.id}",
    )
    with wire.heard() as heard:
        perform(office.database, command, actor=actor, clock=office.clock)
    return heard[0]


def test_a_completion_asks_the_database_twice(office: Office, wire: Wire) -> None:
    first, second = office.open_deal(title="Перша"), office.open_deal(title="Друга")
    cost(office, wire, "olena", office.step("prepare", first))
    # Begin, lock and read with numbers for what opens; write everything and commit.
    said = cost(office, wire, "olena", office.step("prepare", second))
    assert said.trips <= 2
    # Begin and the lock; instance, deal, step, all new steps, all history, all notices to people, drafts, the command's
    # id, commit.
    assert said.statements <= 11


def test_a_completion_that_opens_nothing_asks_the_database_twice(office: Office, wire: Wire) -> None:
    deal = office.open_deal()
    office.prepare()
    said = cost(office, wire, "iryna", office.step("legal", deal), "approved")
    assert said.trips <= 2
    # Begin and the lock; instance, deal, step, history, who is told, drafts, the command's id, commit.
    assert said.statements <= 10


def test_approvals_beside_each_other_and_the_steps_behind_them_ask_the_database_twice(
    office: Office, wire: Wire
) -> None:
    first, second = office.open_deal(title="Перша"), office.open_deal(title="Друга")
    add(office, "olena", Place(office.open_deal(title="Інша").id), "Договір.txt", b"1")  # no affair of these
    for deal in (first, second):
        cost(office, wire, "olena", office.step("prepare", deal))
        for element, login in (("legal", "iryna"), ("finance", "oksana"), ("logistics", "petro")):
            said = cost(office, wire, login, office.step(element, deal), "approved")
            assert said.trips <= 2 or deal is first
    assert cost(office, wire, "olena", office.step("sign", second)).trips <= 2


def test_a_program_that_completes_steps_costs_no_trip_for_who_it_is(office: Office, wire: Wire) -> None:
    first, second = office.open_deal(title="Перша"), office.open_deal(title="Друга")
    olena = ApiClient(web_application(office), office, "olena")
    for deal in (first, second):
        step = office.step("prepare", deal)
        with wire.heard() as heard:
            read(olena.post(f"/work-items/{step.id}/complete", {"values": {"discount": "5"}}))
    assert heard[0].trips <= 2


def test_many_timers_cost_no_more_trips_than_one(office: Office, wire: Wire) -> None:
    office.publish(waiting_map())
    for number in range(2):
        office.open_deal(title=f"{number}", definition_key="waiting")
    office.clock.advance(timedelta(days=DAYS))
    with office.database.write() as session:
        claimed = claim_due_timers(session, clock=office.clock)
    with wire.heard() as heard, office.database.write() as session:
        result = fire_timers(session, claimed, clock=office.clock)
    assert (len(result.fired), result.left) == (2 * BRANCHES, ())
    assert heard[0].trips <= 4
