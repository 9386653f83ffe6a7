"""The two ways to use the database: a read sees one moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from support.office import Office

from engine.db.session import Database
from engine.model.deal import Deal


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    database = Database(database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


def test_a_read_sees_one_snapshot_while_others_write(office: Office) -> None:
    deals = select(func.count()).select_from(Deal)
    with office.database.read() as session:
        before = session.scalar(deals)
        office.open_deal()
        assert session.scalar(deals) == before
    with office.database.read() as session:
        assert session.scalar(deals) == 1
