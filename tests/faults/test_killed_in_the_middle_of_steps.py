"""kill -9 of a working process at random moments: no step is lost, none is done twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from faults.audit import NOTICES, assert_deal_is_whole, completed, events
from faults.processes import PATIENCE_S, kill, start
from faults.scorecard import Scorecard
from faults.seller import STEPS, read_journal, sell
from support.forking import FORKS
from support.office import Office

from engine.model.deal import Deal, DealResult
from engine.model.work_item import WorkItem, WorkItemState

LONGEST_BREATH_S = 0.02  # about two steps: the blow falls anywhere in a transaction or between two
LONGEST_WAIT_FOR_A_STEP_S = 2.0
BEFORE_COMMIT, BEHIND_COMMIT, BETWEEN_STEPS = "before the commit", "behind the commit", "between two steps"
MOST_BEYOND = 2  # steps before a blow that comes late: there is work for every blow, however busy the machine


@pytest.mark.timeout(3600)
def test_a_process_killed_at_any_moment_goes_on_where_it_was(
    office: Office, tmp_path: Path, full: bool, scorecard: Scorecard
) -> None:
    deals, kills = (560, 1000) if full else (6, 20)
    chance = random.Random(2026)  # noqa: S311  # moments of death, no secrets
    opened = [office.open_deal(title=f"Угода {number}") for number in range(deals)]
    journal = tmp_path / "journal"
    journal.touch()
    steps_between = max(2, 2 * STEPS.total() * deals // kills - 4)  # on average, less what each does beyond it
    struck: Counter[str] = Counter()
    for _ in range(kills):
        live_and_die(office.database.url, journal, chance.randrange(steps_between), chance)
        struck[struck_at(office, journal)] += 1
    assert struck[BEFORE_COMMIT] >= kills // 10, struck
    live_and_die(office.database.url, journal, None, chance)
    asked = [entry["command_id"] for entry in read_journal(journal) if "command_id" in entry]
    assert len(asked) == len(set(asked)) == STEPS.total() * deals
    told = 0
    with office.database.read() as session:
        for deal in opened:
            assert completed(session, deal.id) == STEPS
            found = events(session, deal.id)
            assert found["timer_fired"] == 1
            told += sum(found[kind] for kind in NOTICES)
            assert session.get_one(Deal, deal.id).result is DealResult.WON
            assert_deal_is_whole(session, deal.id)
    assert told, "nothing was late"
    remark = f"{struck[BEFORE_COMMIT]} in a step, {struck[BEHIND_COMMIT]} between its commit and its answer"
    scorecard.passed(1, office.database, f"{kills:,} kills in {len(asked):,} steps", remark=remark)


def struck_at(office: Office, journal: Path) -> str:
    """Where the blow fell: before or behind the commit of what was asked for last, or when that was answered."""
    *_, last = ({}, *read_journal(journal))
    if "command_id" not in last:
        return BETWEEN_STEPS
    with office.database.read() as session:
        state = session.get_one(WorkItem, last["work_item_id"]).state
    return BEHIND_COMMIT if state is WorkItemState.COMPLETED else BEFORE_COMMIT


def wait_until_asked(journal: Path) -> None:
    """Until a step is asked for: on a busy machine hardly any time that is slept ends in one. Or for long enough."""
    ends_at = time.monotonic() + LONGEST_WAIT_FOR_A_STEP_S
    while b"command_id" not in journal.read_bytes()[:-1].rpartition(b"\n")[2] and time.monotonic() < ends_at:
        time.sleep(0.0005)


def live_and_die(url: str, journal: Path, steps: int | None, chance: random.Random) -> None:
    """Let a process do ``steps`` and kill it at some moment of the next; with None, let it do the rest."""
    reader, writer = FORKS.Pipe(duplex=False)
    with reader, writer:
        process = start(sell, url, journal, writer, None if steps is None else steps + MOST_BEYOND)
        try:
            if steps is None:
                writer.close()
                process.join(PATIENCE_S * 10)
                assert process.exitcode == 0
                return
            for _ in range(steps + 1):
                assert reader.poll(PATIENCE_S), "the process does not work"
                reader.recv_bytes()
            if chance.random() < 0.5:
                wait_until_asked(journal)
            else:
                time.sleep(chance.uniform(0, LONGEST_BREATH_S))
            assert process.is_alive(), "the work was done before the blow"
        finally:
            kill(process)
