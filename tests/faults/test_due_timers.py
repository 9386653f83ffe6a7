"""Many timers due at once, several workers, one of them killed: each timer fires once."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from faults.audit import assert_deal_is_whole, events
from faults.processes import PATIENCE_S, kill, start, together
from faults.scorecard import Scorecard
from faults.timer_worker import fire_all, fire_some
from faults.waiting_map import BRANCHES, DAYS, waiting_map
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from support.forking import FORKS
from support.office import Office
from support.running import PROGRAM, environment

from engine.clock import monotonic
from engine.commands.timers import LEASE
from engine.db.session import Database
from engine.model.deal import Deal
from engine.model.process_instance import ProcessInstance
from engine.model.timer import Timer


@pytest.mark.timeout(900)
def test_each_due_timer_fires_once_though_a_worker_is_killed(office: Office, full: bool, scorecard: Scorecard) -> None:
    workers, timers = (4, 10_000) if full else (2, 200)
    office.publish(waiting_map())
    deals = [office.open_deal(title=f"Угода {one}", definition_key="waiting") for one in range(timers // BRANCHES)]
    url, at = office.database.url, office.clock.advance(timedelta(days=DAYS))
    reader, writer = FORKS.Pipe(duplex=False)
    with reader, writer:
        victim = start(fire_some, url, at, len(deals) // 5, writer)
        try:
            assert reader.poll(PATIENCE_S), "the worker does not work"
        finally:
            kill(victim)
    assert 0 < left(office) < timers, "the blow was to fall in the middle of the work"
    # What it had claimed and not fired is free again when its lease is over.
    late = at + LEASE + timedelta(seconds=1)
    began = monotonic()
    with together(*((fire_all, url, late) for _ in range(workers))):
        pass
    taken = monotonic() - began
    with office.database.read() as session:
        assert_each_fired_once(session, deals)
    remark = f"{workers} processes took {taken:.1f} s for what the killed one had left"
    scorecard.passed(3, office.database, f"{timers:,} timers due at once", remark=remark)


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.timeout(900)
def test_each_due_timer_fires_once_though_one_of_the_installation_s_workers_is_killed(
    postgresql_database_url: str, redis_url: str, tmp_path: Path, full: bool, scorecard: Scorecard
) -> None:
    """`reglament worker` and `reglament beat` as a supervisor starts them; a lease frees what the killed one held."""
    workers, timers = (4, 10_000) if full else (2, 200)
    office = Office(Database(postgresql_database_url))  # its clock stands in the past: all its timers are due
    office.publish(waiting_map())
    deals = [office.open_deal(title=f"Угода {one}", definition_key="waiting") for one in range(timers // BRANCHES)]
    settings = environment(tmp_path / "var", DATABASE_URL=postgresql_database_url, REDIS_URL=redis_url)
    with ExitStack() as running:
        victim, *_ = [running.enter_context(group("worker", "-c", "1", env=settings)) for _ in range(workers)]
        running.enter_context(group("beat", env=settings))
        wait_until(lambda: left(office) < timers)
        began = monotonic()
        wait_until(lambda: left(office) <= timers * 9 // 10)
        os.killpg(victim.pid, signal.SIGKILL)
        assert left(office) or not full, "the blow was to fall in the middle of the work"
        wait_until(lambda: unclaimed(office) == 0)
        taken = monotonic() - began
        give_up_leases(office)
        wait_until(lambda: left(office) == 0)
    with office.database.read() as session:
        assert_each_fired_once(session, deals)
    office.database.dispose()
    remark = f"{taken:.1f} s from the first to the last; {workers - 1} workers and the schedule lived on"
    scorecard.passed(3, "PostgreSQL, `reglament worker`", f"{timers:,} timers due at once", remark=remark)


@contextmanager
def group(*arguments: str, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A command of the product in a process group of its own, killed at the end."""
    process = subprocess.Popen(
        [PROGRAM, *arguments],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_S)


def left(office: Office) -> int:
    """How many timers have not fired yet."""
    with office.database.read() as session:
        return session.scalar(select(func.count()).select_from(Timer)) or 0


def unclaimed(office: Office) -> int:
    """How many timers no worker holds."""
    with office.database.read() as session:
        return session.scalar(select(func.count()).where(Timer.lease_until.is_(None))) or 0


def give_up_leases(office: Office) -> None:
    """What comes about by itself after LEASE: a test need not wait for it."""
    with office.database.write() as session:
        session.execute(update(Timer).values(lease_until=None))


def assert_each_fired_once(session: Session, deals: Sequence[Deal]) -> None:
    assert session.scalar(select(func.count()).select_from(Timer)) == 0
    for deal in deals:
        instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()
        assert [instance.walked.get(f"over_{branch}") for branch in range(BRANCHES)] == [1] * BRANCHES
        assert events(session, deal.id)["timer_fired"] == BRANCHES
        assert_deal_is_whole(session, deal.id)


def wait_until(holds: Callable[[], bool]) -> None:
    ends_at = monotonic() + PATIENCE_S
    while not holds():
        assert monotonic() < ends_at, "the workers do not work"
        time.sleep(0.02)
