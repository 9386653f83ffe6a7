"""Nothing ran while deadlines passed: what became due meanwhile happens once, as soon as somebody is there again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from faults.audit import assert_deal_is_whole, events
from sqlalchemy.exc import OperationalError
from support.migrated import build_schema
from support.missing import found_or_skipped
from support.office import Office
from support.servers import PostgreSQL

from engine.db.session import Database
from engine.model.deal import Deal

DOWN = timedelta(days=30)


@pytest.mark.timeout(120)
def test_late_steps_climb_their_ladder_once_after_the_product_was_away(office: Office) -> None:
    deal = open_until_signature(office)
    office.clock.advance(DOWN)
    ensure_caught_up_once(office, deal)


@pytest.fixture
def own_postgresql() -> Iterator[PostgreSQL]:
    """A server of this test alone: it is crashed."""
    with found_or_skipped(PostgreSQL) as server:
        yield server


@pytest.mark.postgres
@pytest.mark.timeout(120)
def test_late_steps_climb_their_ladder_once_after_the_database_was_away(own_postgresql: PostgreSQL) -> None:
    url = own_postgresql.create_database("reglament")
    build_schema(url)
    office = Office(Database(url))
    office.publish()
    deal = open_until_signature(office)
    own_postgresql.stop()
    office.clock.advance(DOWN)
    with pytest.raises(OperationalError):
        office.run_machinery()
    own_postgresql.start()
    ensure_caught_up_once(office, deal)
    office.database.dispose()


def open_until_signature(office: Office) -> Deal:
    """A deal that waits for a signature (two working days) with a timer beside it (three days)."""
    deal = office.open_deal()
    office.prepare()
    for login, element in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved")
    return deal


def ensure_caught_up_once(office: Office, deal: Deal) -> None:
    for _ in range(3):
        office.run_machinery()
    with office.database.read() as session:
        found = events(session, deal.id)
        assert {kind: found[kind] for kind in ("timer_fired", "reminder_sent", "head_told", "step_reassigned")} == {
            "timer_fired": 1,
            "reminder_sent": 1,
            "head_told": 1,
            "step_reassigned": 1,
        }
        assert_deal_is_whole(session, deal.id)
    assert office.step("sign").assignee_id == office.company.bohdan.id
    assert office.step("call").due_at is not None
