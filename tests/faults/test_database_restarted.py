"""PostgreSQL crashes again and again while people work: every deal comes to its end, each step done once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from faults.audit import assert_deal_is_whole, completed
from faults.dealer import AWAY, ENDED, deal_with
from faults.processes import PATIENCE_S, kill, start
from faults.scorecard import Scorecard
from sqlalchemy import func, select
from support.forking import FORKS
from support.migrated import build_schema
from support.missing import found_or_skipped
from support.office import Office
from support.sales_map import APPROVERS
from support.servers import PostgreSQL

from engine.db.session import Database
from engine.model.deal import Deal, DealResult

DEALERS = 4
LONGEST_BREATH_S = 0.05  # about a deal of one of them: the crash falls anywhere in the transactions of all
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
    deals, fewest, most = (5_000, 200, 1_400) if full else (24, 6, 12)  # deals that end between two crashes
    url = own_postgresql.create_database("reglament")
    build_schema(url)
    office = Office(Database(url))
    office.publish()
    office.open_deal(title="Перша")  # brings its client along, for the others
    chance = random.Random(2026)  # noqa: S311  # moments of crashes, no secrets
    reader, writer = FORKS.Pipe(duplex=False)
    dealers = [start(deal_with, url, f"{number}", deals // DEALERS, writer) for number in range(DEALERS)]
    crashes = 0
    told: Counter[bytes] = Counter()
    next_crash = chance.randint(fewest, most)
    try:
        while told[ENDED] < deals:
            assert reader.poll(PATIENCE_S), "nobody works"
            told[reader.recv_bytes()] += 1
            if next_crash <= told[ENDED] < deals:
                time.sleep(chance.uniform(0, LONGEST_BREATH_S))
                own_postgresql.stop()
                own_postgresql.start()
                crashes += 1
                next_crash = told[ENDED] + chance.randint(fewest, most)
        for dealer in dealers:
            dealer.join(60)
        assert [dealer.exitcode for dealer in dealers] == [0] * DEALERS
    finally:
        for dealer in dealers:
            kill(dealer)
        reader.close()
        writer.close()
    assert told[AWAY], "nobody met a crash"
    with office.database.read() as session:
        worked = session.scalars(select(Deal.id).where(Deal.title.like("Угода %"))).all()
        assert len(worked) == deals
        won = session.scalar(select(func.count()).where(Deal.result == DealResult.WON))
        assert won == deals
        for deal_id in worked:
            assert completed(session, deal_id) == STEPS
            assert_deal_is_whole(session, deal_id)
    office.database.dispose()
    remark = f"{told[AWAY]} times a process found it away"
    scorecard.passed(2, "PostgreSQL", f"{deals:,} deals, {crashes} crashes, {DEALERS} processes", remark=remark)
