from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.office import Office

from engine.db.session import Database


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """The company at work with its sales map published, on SQLite and on PostgreSQL."""
    database = Database(database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()
