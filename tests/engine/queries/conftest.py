"""One open session on a fresh database, with the company and somewhere to insert deals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session
from support.company import Company, acting, found_company
from support.sales_records import SalesRecords

from engine.db.session import Database
from engine.model.person import Person
from engine.policy.permissions import Actor

NOW = datetime(2026, 3, 16, 10, 0, tzinfo=UTC)  # a Monday, noon in Kyiv

Act = Callable[[Person], Actor]
CountStatements = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A transaction that is never committed."""
    database = Database(database_url)
    with suppress(_NeverCommitted), database.write() as session:
        yield session
        raise _NeverCommitted
    database.dispose()


class _NeverCommitted(Exception):  # no error: what a test wrote is rolled back
    pass


@pytest.fixture
def company(session: Session, now: datetime) -> Company:
    return found_company(session, now)


@pytest.fixture
def records(session: Session, company: Company, now: datetime) -> SalesRecords:
    return SalesRecords(session, company, now)


@pytest.fixture
def as_actor(session: Session, now: datetime) -> Act:
    return lambda person: acting(session, person, now)


@pytest.fixture
def statements(session: Session) -> CountStatements:
    """Collects the SQL statements sent meanwhile."""

    @contextmanager
    def collecting() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            sent.append(statement)

        session.flush()
        engine = session.get_bind().engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return collecting
