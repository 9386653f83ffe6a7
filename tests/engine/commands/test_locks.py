"""What was waited for is read as it stands after the wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from support.office import Office
from support.waiting import somebody_waits

from engine.commands.deals import comment_on_deal
from engine.commands.locks import lock_deal, lock_instances
from engine.db.session import Database
from engine.errors import NotFound
from engine.model.deal import Deal
from engine.model.process_instance import ProcessInstance


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


@pytest.mark.postgres
def test_of_many_deals_one_whose_client_was_merged_during_the_wait_is_found_with_its_new_one(
    postgresql_database_url: str,
) -> None:
    database = Database(postgresql_database_url)
    office = Office(database)
    office.publish()
    first, second, third = (office.open_deal(title=f"Угода {number}") for number in range(3))
    with database.read() as session:
        chosen = select(ProcessInstance.id).order_by(ProcessInstance.deal_id, ProcessInstance.id)
        ids = list(session.scalars(chosen))

    def clients_behind_the_lock() -> list[tuple[int, int]]:
        with database.write() as session:
            return [(one.deal_id, one.deal.client_id) for one in lock_instances(session, ids)]

    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            instance = lock_instances(session, ids[1:2])[0]
            instance.deal.client_id = office.deal(third).client_id
            session.flush()
            waiting = pool.submit(clients_behind_the_lock)
            while not somebody_waits(database):
                assert not waiting.done()
        told = waiting.result()
    assert told == [
        (one.id, office.deal(of).client_id) for one, of in ((first, first), (second, third), (third, third))
    ]
    with pytest.raises(NotFound), database.write() as session:
        lock_instances(session, [*ids, ids[-1] + 1])
    database.dispose()
