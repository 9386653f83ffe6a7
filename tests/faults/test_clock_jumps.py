"""The machine's clock is put an hour ahead, back, and back again: nothing happens early, nothing happens twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from faults.audit import assert_deal_is_whole, events
from faults.scorecard import Scorecard
from support.office import MONDAY_10, Office

from engine.clock import SteadyClock

KINDS = ("reminder_sent", "head_told", "step_reassigned")
JUMPS = (timedelta(hours=1), timedelta(), timedelta(hours=-1), timedelta(), timedelta(hours=1), timedelta())
MINUTE = timedelta(minutes=1)


@dataclass
class Machine:
    """True time goes on; the clock on the wall shows it, put by so much."""

    at: datetime = MONDAY_10
    put_by: timedelta = timedelta()

    def wall(self) -> datetime:
        return self.at + self.put_by

    def elapsed(self) -> float:
        return (self.at - MONDAY_10).total_seconds()


@pytest.mark.timeout(900)
def test_a_ladder_is_climbed_at_its_time_though_the_clock_jumps(
    office: Office, full: bool, scorecard: Scorecard
) -> None:
    machine = Machine()
    office.clock = SteadyClock(machine.wall, elapsed=machine.elapsed)  # type: ignore[assignment]  # the machine moves it
    deals = [office.open_deal(title=f"Угода {number}") for number in range(50 if full else 5)]
    first_rung = min(one.next_escalation_at for one in office.open_steps() if one.next_escalation_at is not None)

    early = 0
    machine.at = first_rung - len(JUMPS) * 2 * MINUTE - MINUTE
    for put_by in JUMPS:
        machine.put_by = put_by
        for _ in range(2):
            machine.at += MINUTE
            office.run_machinery()
        early += sum(told(office, deal.id) != {} for deal in deals)
    assert early == 0, "somebody was told before the time"

    climbed = 0
    for _ in range(6 * 24):  # six days: the whole ladder
        for put_by in JUMPS[:2]:
            machine.put_by = put_by
            machine.at += timedelta(minutes=30)
            office.run_machinery()
    for deal in deals:
        assert told(office, deal.id) == dict.fromkeys(KINDS, 1)
        climbed += len(KINDS)
        with office.database.read() as session:
            assert_deal_is_whole(session, deal.id)
    tried = f"{len(JUMPS)} + {6 * 24 * 2} jumps of an hour, {climbed} rungs of {len(deals)} deals"
    scorecard.passed(16, f"clock, {'SQLite' if office.database.is_sqlite else 'PostgreSQL'}", tried)


def told(office: Office, deal_id: int) -> dict[str, int]:
    with office.database.read() as session:
        found = events(session, deal_id)
    return {kind: found[kind] for kind in KINDS if found[kind]}
