"""A worker stands still in the middle of its work, for longer than its lease, and goes on: nobody waits for it."""

from __future__ import annotations

import time
from datetime import timedelta
from multiprocessing.connection import Connection

import pytest
from faults.audit import assert_deal_is_whole, events
from faults.processes import PATIENCE_S, frozen, kill, start
from faults.test_due_timers import wait_until
from faults.timer_worker import fire_all
from faults.waiting_map import BRANCHES, DAYS, waiting_map
from sqlalchemy import select, text
from support.forking import FORKS
from support.office import Office

from engine.commands.locks import lock_instance
from engine.db import session as sessions
from engine.db.session import Database
from engine.model.deal import Deal
from engine.model.process_instance import ProcessInstance

STANDSTILL_S = 2


def hold(url: str, instance_id: int, held: Connection) -> None:
    """Lock a deal, and ask something now and then, until somebody freezes or kills it."""
    sessions._LONGEST_STANDSTILL_S = STANDSTILL_S
    with Database(url).write() as session:
        lock_instance(session, instance_id)
        held.send_bytes(b".")
        while True:
            session.execute(select(1))
            time.sleep(STANDSTILL_S / 20)


@pytest.mark.postgres
def test_timers_of_a_deal_that_a_frozen_process_holds_fire_once_though_it_never_lets_go(
    postgresql_database_url: str,
) -> None:
    office = Office(Database(postgresql_database_url))
    office.publish(waiting_map())
    deal = office.open_deal(definition_key="waiting")
    at = office.clock.advance(timedelta(days=DAYS))
    with office.database.read() as session:
        instance_id = session.scalars(select(ProcessInstance.id).where(ProcessInstance.deal_id == deal.id)).one()
    reader, writer = FORKS.Pipe(duplex=False)
    with reader, writer:
        holder = start(hold, office.database.url, instance_id, writer)
        assert reader.poll(PATIENCE_S)
    worker = start(fire_all, office.database.url, at)
    try:
        wait_until(lambda: is_somebody_waiting(office))
        with frozen([holder]):
            worker.join(PATIENCE_S / 2)
            is_through = worker.exitcode == 0
    finally:
        kill(worker)
        kill(holder)
    assert is_through, "the worker waits for a process that does nothing"
    ensure_fired_once(office, deal)
    office.database.dispose()


def is_somebody_waiting(office: Office) -> bool:
    """Whether a transaction waits for another one's lock."""
    waiting = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
    with office.database.read() as session:
        return bool(session.scalar(waiting))


def ensure_fired_once(office: Office, deal: Deal) -> None:
    with office.database.read() as session:
        assert events(session, deal.id)["timer_fired"] == BRANCHES
        assert_deal_is_whole(session, deal.id)
