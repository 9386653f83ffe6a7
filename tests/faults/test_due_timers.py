"""Many timers due at once, several workers, one of them killed: each timer fires once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from faults.audit import assert_deal_is_whole, events
from faults.processes import CONTEXT, PATIENCE_S, kill, start, together
from faults.scorecard import Scorecard
from faults.timer_worker import fire_all
from faults.waiting_map import BRANCHES, DAYS, waiting_map
from sqlalchemy import func, select
from support.office import Office

from engine.clock import monotonic
from engine.commands.timers import LEASE
from engine.model.process_instance import ProcessInstance
from engine.model.timer import Timer


@pytest.mark.timeout(900)
def test_each_due_timer_fires_once_though_a_worker_is_killed(office: Office, full: bool, scorecard: Scorecard) -> None:
    workers, timers = (4, 10_000) if full else (2, 500)
    office.publish(waiting_map())
    deals = [office.open_deal(title=f"Угода {one}", definition_key="waiting") for one in range(timers // BRANCHES)]
    url, at = office.database.url, office.clock.advance(timedelta(days=DAYS))
    reader, writer = CONTEXT.Pipe(duplex=False)
    with reader, writer:
        victim = start(fire_all, url, at, writer)
        try:
            fired = 0
            while fired < timers // 10:
                assert reader.poll(PATIENCE_S), "the worker does not work"
                fired += len(reader.recv_bytes())
        finally:
            kill(victim)
    # What it had claimed and not fired is free again when its lease is over.
    late = at + LEASE + timedelta(seconds=1)
    began = monotonic()
    with together(*((fire_all, url, late) for _ in range(workers))):
        pass
    taken = monotonic() - began
    with office.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Timer)) == 0
        for deal in deals:
            instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()
            assert [instance.walked.get(f"over_{branch}") for branch in range(BRANCHES)] == [1] * BRANCHES
            assert events(session, deal.id)["timer_fired"] == BRANCHES
            assert_deal_is_whole(session, deal.id)
    remark = f"{workers} workers took {taken:.1f} s for what the killed one had left"
    scorecard.passed(3, office.database, f"{timers:,} timers due at once", remark=remark)
