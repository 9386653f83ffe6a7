"""Four processes complete the same step at the same instant: one effect, and each of them learns what became of it."""

from __future__ import annotations

from collections import Counter

import pytest
from faults.audit import assert_deal_is_whole, completed
from faults.processes import PATIENCE_S, together
from faults.racer import DONE, TOO_LATE, Race, run
from faults.scorecard import Scorecard
from support.forking import FORKS
from support.office import Office
from support.sales_map import APPROVERS

NAMES = ("first person", "first person", "second person", "third person")  # the first one clicks twice


@pytest.mark.timeout(900)
def test_four_at_once_have_one_effect(office: Office, full: bool, scorecard: Scorecard) -> None:
    items = 200 if full else 20
    deals = [office.open_deal(title=f"Угода {number}") for number in range(items)]
    steps = [item.id for item in office.open_steps()]
    person = office.company.olena.id
    barrier = FORKS.Barrier(len(NAMES))
    pipes = [FORKS.Pipe(duplex=False) for _ in NAMES]
    works = [
        (run, Race(office.database.url, steps, person, name), barrier, writer)
        for name, (_, writer) in zip(NAMES, pipes, strict=True)
    ]
    counted: Counter[str] = Counter()
    with together(*works):
        for reader, _ in pipes:
            assert reader.poll(PATIENCE_S)
            counted += reader.recv()
    for pipe in pipes:
        for end in pipe:
            end.close()
    # Where the first person won, the second click is answered with what the first one did.
    assert counted[DONE] + counted[TOO_LATE] == items * len(NAMES)
    assert items <= counted[DONE] <= 2 * items
    with office.database.read() as session:
        for deal in deals:
            assert completed(session, deal.id) == {"prepare": 1}
            assert_deal_is_whole(session, deal.id)
    assert Counter(item.element_id for item in office.open_steps()) == dict.fromkeys(APPROVERS, items)
    scorecard.passed(4, office.database, f"{items} steps × {len(NAMES)} at once")
