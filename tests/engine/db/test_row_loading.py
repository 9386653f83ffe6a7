"""Rows that are loaded past SQLAlchemy's loading are the objects that SQLAlchemy would have made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import bindparam, inspect, literal_column, select
from support.office import Office

from engine.commands.locks import lock_work_item
from engine.db.row_loading import JoinedRows, Part
from engine.db.session import Database
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.work_item import WorkItem

DEALS = JoinedRows(
    Part(Deal),
    Part(Client, of=Deal.client, columns=(Client.id, Client.name)),
    more=(literal_column("'так'"),),
    build=lambda statement: statement.join(Client, Client.id == Deal.client_id).where(Deal.id == bindparam("deal_id")),
)


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    database = Database(database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


def columns_of(one: Any) -> dict[str, Any]:
    state = inspect(one)
    return {name: getattr(one, name) for name in state.mapper.column_attrs.keys() if name not in state.unloaded}  # noqa: SIM118  # no mapping


def test_an_object_holds_what_sqlalchemy_would_load(office: Office) -> None:
    deal = office.open_deal(title="Постачання 'у дужках' %s 100 %")
    step = office.open_steps(deal)[0]
    with office.database.read() as session:
        expected = [columns_of(session.get_one(WorkItem, step.id)), columns_of(session.get_one(Deal, deal.id))]
    with office.database.write() as session:
        locked, instance = lock_work_item(session, step.id, office.actor("olena"))
        assert [columns_of(locked), columns_of(instance.deal)] == expected
        assert locked.instance is instance


def test_an_object_that_the_session_holds_already_shows_the_row(office: Office) -> None:
    deal = office.open_deal(title="Перша назва")
    with office.database.write() as session:
        held = session.get_one(Deal, deal.id)
        held.title = "Друга назва"
        found = DEALS.one_or_none(session, {"deal_id": deal.id})
        assert found is not None
        (loaded, _), (further,) = found
        assert loaded is held
        assert further == "так"
        assert held.title == "Друга назва"  # it was written before it was read
    with office.database.read() as session:
        assert session.get_one(Deal, deal.id).title == "Друга назва"


def test_what_was_not_read_is_loaded_when_asked_for(office: Office) -> None:
    deal = office.open_deal()
    with office.database.read() as session:
        found = DEALS.one_or_none(session, {"deal_id": deal.id})
        assert found is not None
        (loaded, client), _ = found
        assert loaded.client is client
        assert "phone" in inspect(client).unloaded
        assert client.phone == session.scalar(select(Client.phone).where(Client.id == client.id))
        assert loaded.owner.login == "olena"


def test_a_change_of_a_loaded_object_is_written(office: Office) -> None:
    deal = office.open_deal()
    with office.database.write() as session:
        found = DEALS.one_or_none(session, {"deal_id": deal.id})
        assert found is not None
        (loaded, client), _ = found
        loaded.title, client.name = "Нова назва", "Новий клієнт"
    with office.database.read() as session:
        changed = session.get_one(Deal, deal.id)
        assert (changed.title, changed.client.name) == ("Нова назва", "Новий клієнт")


def test_without_a_row_there_is_nothing(office: Office) -> None:
    with office.database.read() as session:
        assert DEALS.one_or_none(session, {"deal_id": 10**9}) is None
