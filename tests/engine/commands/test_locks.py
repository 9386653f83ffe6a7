"""What was waited for is read as it stands after the wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.office import Office
from support.waiting import somebody_waits

from engine.commands.deals import comment_on_deal
from engine.commands.locks import lock_deal
from engine.db.session import Database
from engine.model.deal import Deal


@pytest.mark.postgres
def test_who_waited_for_a_deal_continues_it_as_the_other_left_it(postgresql_database_url: str) -> None:
    database = Database(postgresql_database_url)
    office = Office(database)
    office.publish()
    deal = office.open_deal()
    olena = office.actor("olena")

    def read_behind_the_lock() -> int:
        with database.write() as session:
            return lock_deal(session, deal.id, olena)[0].history_length

    with ThreadPoolExecutor(1) as pool:
        with database.write() as first:
            comment_on_deal(first, deal.id, "Перший", actor=olena, clock=office.clock)
            first.flush()
            second = pool.submit(read_behind_the_lock)
            while not somebody_waits(database):
                assert not second.done()
            written = first.get_one(Deal, deal.id).history_length
        assert second.result() == written
    database.dispose()
