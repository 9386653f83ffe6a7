"""PostgreSQL crashes again and again while people work: every deal comes to its end, each step done once."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest
from faults.audit import assert_deal_is_whole, completed
from faults.dealer import deal_with
from faults.processes import CONTEXT, kill, start
from faults.scorecard import Scorecard
from sqlalchemy import func, select
from support.migrated import build_schema
from support.missing import found_or_skipped
from support.office import Office
from support.sales_map import APPROVERS
from support.servers import PostgreSQL

from engine.db.session import Database
from engine.model.deal import Deal, DealResult

DEALERS = 4
STEPS = {"prepare": 1, "sign": 1, **dict.fromkeys(APPROVERS, 1)}


@pytest.fixture
def own_postgresql() -> Iterator[PostgreSQL]:
    """A server of this test alone: it is crashed. The machine goes on, so that nothing need reach the disk."""
    with found_or_skipped(PostgreSQL) as server:
        yield server


@pytest.mark.postgres
@pytest.mark.timeout(3600)
def test_every_deal_ends_though_the_database_crashes_again_and_again(
    own_postgresql: PostgreSQL, full: bool, scorecard: Scorecard
) -> None:
    deals, shortest, longest = (5_000, 5.0, 40.0) if full else (24, 0.5, 1.0)
    url = own_postgresql.create_database("reglament")
    build_schema(url)
    office = Office(Database(url))
    office.publish()
    office.open_deal(title="Перша")  # brings its client along, for the others
    chance = random.Random(2026)  # noqa: S311  # moments of crashes, no secrets
    reader, writer = CONTEXT.Pipe(duplex=False)
    dealers = [start(deal_with, url, f"{number}", deals // DEALERS, writer) for number in range(DEALERS)]
    crashes = ended = 0
    try:
        while ended < deals:
            next_crash = time.monotonic() + chance.uniform(shortest, longest)
            while ended < deals and (left := next_crash - time.monotonic()) > 0:
                if reader.poll(min(left, 0.2)):
                    reader.recv_bytes()
                    ended += 1
                assert any(dealer.is_alive() for dealer in dealers) or ended >= deals or reader.poll(1)
            if ended < deals or not crashes:
                own_postgresql.stop()
                own_postgresql.start()
                crashes += 1
        for dealer in dealers:
            dealer.join(60)
        assert [dealer.exitcode for dealer in dealers] == [0] * DEALERS
    finally:
        for dealer in dealers:
            kill(dealer)
        reader.close()
        writer.close()
    with office.database.read() as session:
        worked = session.scalars(select(Deal.id).where(Deal.title.like("Угода %"))).all()
        assert len(worked) == deals
        won = session.scalar(select(func.count()).where(Deal.result == DealResult.WON))
        assert won == deals
        for deal_id in worked:
            assert completed(session, deal_id) == STEPS
            assert_deal_is_whole(session, deal_id)
    office.database.dispose()
    scorecard.passed(2, "PostgreSQL", f"{deals:,} deals, {crashes} crashes, {DEALERS} processes")
