"""On PostgreSQL the texts that are searched hear of no change but their own."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from support.office import Office

from engine.db.session import Database
from engine.model.deal import Deal
from engine.policy.search_keys import search_text
from engine.queries.text_search import matches

WRITTEN = {
    table: text(f"SELECT id, xmin::text, search_text FROM fts_{table} ORDER BY id")  # noqa: S608  # names of this file
    for table in ("deal", "work_item")
}


@pytest.mark.postgres
def test_a_step_that_is_done_writes_no_text_but_that_of_the_step_it_opens(postgresql_database_url: str) -> None:
    office = Office(Database(postgresql_database_url))
    try:
        office.publish()
        deal = office.open_deal()
        before = {table: _written(office, table) for table in WRITTEN}
        office.prepare()
        assert _written(office, "deal") == before["deal"] != []
        assert _written(office, "work_item")[: len(before["work_item"])] == before["work_item"] != []
        assert len(_written(office, "work_item")) > len(before["work_item"])
        with office.database.write() as session:
            session.get_one(Deal, deal.id).search_text = search_text("Зоря")
        with office.database.read() as session:
            assert session.scalars(select(Deal.id).where(matches(session, Deal.search_text, "зоря"))).all() == [deal.id]
    finally:
        office.database.dispose()


def _written(office: Office, table: str) -> list[tuple[object, ...]]:
    with office.database.read() as session:
        return [tuple(row) for row in session.execute(WRITTEN[table])]
