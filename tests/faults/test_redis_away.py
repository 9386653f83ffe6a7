"""The broker dies, freezes, comes back empty: nobody waits for it, and every effect happens once in the end."""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from faults.audit import NOTICES, assert_deal_is_whole, events
from faults.scorecard import Scorecard
from faults.waiting_map import BRANCHES, waiting_map
from sqlalchemy import func, select
from support.missing import found_or_skipped
from support.office import MONDAY_10, Office
from support.post_office import PostOffice
from support.running import Running
from support.servers import Redis

from engine.clock import SystemClock, monotonic
from engine.commands.access_letters import ACCESS_LETTER
from engine.commands.tokens import create_token
from engine.db.job import Job, JobState
from engine.db.session import Database
from engine.model.deal import Deal
from engine.model.letter import Letter, LetterState
from engine.model.notice import Notice, NoticeState
from engine.model.timer import Timer
from engine.model.work_item import WorkItem

PATIENCE_S = 150.0
"""Without anything happening: a worker looks for a broker that was away for long every half minute."""
LONGEST_ANSWER_S = 2.0  # with a broker that does not answer: the product's own circuit breaker, and a busy machine
LONGEST_BESIDE_OTHER_TESTS_S = 15.0  # who waits for a frozen broker waits for ever


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Servers of this test alone."""

    broker: Redis
    post_office: PostOffice


@pytest.fixture
def around() -> Iterator[Surroundings]:
    with found_or_skipped(Redis) as broker:
        post_office = PostOffice()
        post_office.open()
        yield Surroundings(broker, post_office)
        post_office.close()


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.timeout(1800)
def test_each_effect_happens_once_though_the_broker_goes_freezes_and_forgets(
    postgresql_database_url: str, around: Surroundings, tmp_path: Path, full: bool, scorecard: Scorecard
) -> None:
    away_s, deals_each = (600.0, 20) if full else (3.0, 1)
    broker, post_office = around.broker, around.post_office
    office = Office(Database(postgresql_database_url))  # its clock stands in the past: all its deadlines have passed
    office.publish()
    office.publish(waiting_map())
    office.tell_at_any_hour()
    token = office.do("olena", create_token, office.company.olena.id, "test")
    settings = {
        "DATABASE_URL": postgresql_database_url,
        "REDIS_URL": broker.url,
        "SMTP_URL": post_office.url,
        "REGLAMENT_DEMO": "0",
        "SECRET_KEY": "a key for the test" * 2,
    }
    deals: list[Deal] = []
    slowest = 0.0

    def work() -> None:
        """Deals whose timers are due at once, and deals whose first step is late; one of them is done by its owner."""
        nonlocal slowest
        for _ in range(deals_each):
            deals.append(office.open_deal(definition_key="waiting"))
            deals.append(office.open_deal())
            office.clock.set(SystemClock().now())
            deals.append(office.open_deal())
            step = office.step("prepare", deals[-1])
            began = monotonic()
            complete(server.port, token, step)
            slowest = max(slowest, monotonic() - began)
            office.clock.set(MONDAY_10)

    with Running(tmp_path / "var", settings) as server:
        server.wait_until_healthy()
        work()
        broker.stop()
        assert not answers(broker)
        work()
        time.sleep(away_s)
        work()
        broker.start()
        wait_until(lambda: answers(broker))
        broker.freeze()
        assert not answers(broker)
        work()
        time.sleep(away_s / 10)
        broker.thaw()
        work()
        with redis.Redis.from_url(broker.url) as client:
            client.flushall()
        work()
        wait_until_nothing_is_left(office)
        assert server.health()[0] == 200
    assert slowest < (LONGEST_ANSWER_S if full else LONGEST_BESIDE_OTHER_TESTS_S)
    letters = ensure_each_effect_happened_once(office, deals)
    assert len(post_office.letters) == letters
    office.database.dispose()
    tried = f"killed for {away_s:.0f} s, frozen for {away_s / 10:.0f} s, emptied; {letters} letters"
    scorecard.passed(16, "Redis", tried, remark=f"slowest answer {slowest * 1e3:.0f} ms")


def ensure_each_effect_happened_once(office: Office, deals: list[Deal]) -> int:
    """How many letters must have been sent: those of notices, and those that tell of a new token."""
    told = 0
    with office.database.read() as session:
        for deal in deals:
            assert_deal_is_whole(session, deal.id)
            found = events(session, deal.id)
            if deal.definition_key == "waiting":
                assert found["timer_fired"] == BRANCHES
            told += sum(found[kind] for kind in NOTICES)
        assert told, "nothing was late"
        assert set(session.scalars(select(Job.state))) == {JobState.DONE}
        of_access = session.scalar(select(func.count()).where(Job.kind == ACCESS_LETTER)) or 0
        return Counter(session.scalars(select(Letter.state)))[LetterState.SENT] + of_access


def complete(port: int, token: str, step: WorkItem) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"values": {"discount": "5"}, "outcome": "completed"})
    connection.request("POST", f"/api/v1/work-items/{step.id}/complete", body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status == 200, text


def answers(server: Redis) -> bool:
    with redis.Redis.from_url(server.url, socket_timeout=1) as client, suppress(redis.RedisError):
        return bool(client.ping())
    return False


def left(office: Office) -> list[str]:
    """What is still to happen: timers, escalations that are due, notices that go at once, jobs with their failures."""
    waiting = (NoticeState.NEW, NoticeState.PLANNED)
    due_notices = select(Notice.id, Notice.due_at).where(Notice.state.in_(waiting), Notice.due_at < func.now())
    late = select(WorkItem.id, WorkItem.next_escalation_at).where(WorkItem.next_escalation_at < func.now())
    queued = select(Job.id, Job.kind, Job.attempts, Job.due_at, Job.lease_until, Job.last_error)
    kinds = {
        "timer": select(Timer.id, Timer.due_at),
        "escalation": late,
        "notice": due_notices,
        "job": queued.where(Job.state == JobState.QUEUED),
    }
    with office.database.read() as session:
        return [f"{kind} {tuple(row)}" for kind, rows in kinds.items() for row in session.execute(rows)]


def wait_until_nothing_is_left(office: Office) -> None:
    """A busy machine needs minutes for hundreds of letters; what stands still is a fault on any."""
    before, ends_at = left(office), monotonic() + PATIENCE_S
    while before:
        assert monotonic() < ends_at, f"it does not come to rest: {before}"
        time.sleep(0.2)
        now = left(office)
        if now != before:
            before, ends_at = now, monotonic() + PATIENCE_S


def wait_until(holds: Callable[[], bool]) -> None:
    ends_at = monotonic() + PATIENCE_S
    while not holds():
        assert monotonic() < ends_at
        time.sleep(0.2)
