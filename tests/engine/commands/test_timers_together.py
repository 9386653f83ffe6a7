"""Several timers in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from faults.waiting_map import BRANCHES, DAYS, waiting_map
from support.office import Office

from engine.commands.locks import lock_deal
from engine.commands.timers import claim_due_timers, fire_timers
from engine.db.session import Database


@pytest.fixture
def office(postgresql_database_url: str) -> Iterator[Office]:
    database = Database(postgresql_database_url)
    office = Office(database)
    office.publish(waiting_map())
    yield office
    database.dispose()


@pytest.mark.postgres
def test_a_deal_that_somebody_works_on_keeps_no_timers_of_others_waiting(office: Office) -> None:
    busy, free = (office.open_deal(title=title, definition_key="waiting") for title in ("Зайнята", "Вільна"))
    office.clock.advance(timedelta(days=DAYS))
    with office.database.write() as session:
        claimed = claim_due_timers(session, clock=office.clock)
    with office.database.write() as somebody:
        lock_deal(somebody, busy.id, office.actor("bohdan"))
        with office.database.write() as session:
            result = fire_timers(session, claimed, clock=office.clock)
    assert (len(result.fired), len(result.left)) == (BRANCHES, BRANCHES)
    assert office.kinds(free).count("timer_fired") == BRANCHES
    assert "timer_fired" not in office.kinds(busy)
