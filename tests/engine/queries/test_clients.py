from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import SalesRecords

from engine.errors import NotFound
from engine.model import DealResult
from engine.model.client import Client, Contact
from engine.model.own_field import FieldSubject, OwnField
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.client_doubles import possible_duplicates
from engine.queries.clients import ClientSort, choose_clients, client_view, clients
from engine.queries.contacts import contacts
from engine.queries.pages import Page
from engine.queries.search import SearchResults, search

Act = Callable[[Person], Actor]


def test_clients_come_by_name_page_and_count_only_visible_deals(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    idle, busy = records.client("А", owner_id=company.olena.id), records.client("Б", owner_id=company.olena.id)
    records.step(records.deal(company.olena, client=busy), assignee=company.olena)
    records.close(records.deal(company.olena, client=busy), DealResult.LOST)
    records.deal(company.danylo, client=busy)
    actor = as_actor(company.olena)
    first = clients(session, actor, limit=1)
    (row,) = first.items
    assert (row.name, row.open_deals, row.has_next_step, row.owner_name) == ("А", 0, False, "Олена Коваль")
    second = clients(session, actor, limit=1, cursor=first.next_cursor)
    (row,) = second.items
    assert (row.id, row.open_deals, row.has_next_step) == (busy.id, 1, True)
    assert row.next_due_at == now + timedelta(days=1)
    assert second.next_cursor is None
    assert [one.id for one in clients(session, actor, q="а", owner_id=company.olena.id).items] == [idle.id]


def test_names_come_in_ukrainian_order_page_by_page(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    """By code point, Є, І, Ї and Ґ would come first and the lower case last."""
    names = ["агро", "Гай", "Ґалаґан", "Енергія", "«Євген»", "Зоря", "Іван", "Їжак", "Яр", "ACME"]
    for name in reversed(names):
        contact_of = records.client(name)
        session.add(Contact(client_id=contact_of.id, full_name=name, created_at=contact_of.created_at))
    session.flush()
    actor = as_actor(company.admin)

    def paged(read: Callable[[str | None], Page[Any]], of: str) -> list[str]:
        found, cursor = [], None
        while True:
            page = read(cursor)
            found += [getattr(one, of) for one in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return found

    assert paged(lambda at: clients(session, actor, limit=3, cursor=at), "name") == names
    down = paged(lambda at: clients(session, actor, sort=ClientSort.NAME_REVERSED, limit=3, cursor=at), "name")
    assert down == names[::-1]
    assert paged(lambda at: contacts(session, actor, limit=3, cursor=at), "full_name") == names
    assert [one.name for one in choose_clients(session, actor, "")] == names
    renamed = session.scalars(select(Client).where(Client.name == "ACME")).one()
    renamed.name = "Бджола"
    session.flush()
    assert [one.name for one in clients(session, actor).items][:2] == ["агро", "Бджола"]


def test_clients_are_filtered_by_own_fields_whatever_was_stored_there_before(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    for name, kind in (("vat", "yes_no"), ("industry", "choice")):
        definition = {"label": name, "type": kind}
        session.add(OwnField(subject=FieldSubject.CLIENT, name=name, definition=definition, position=1))
    values: tuple[dict[str, Any], ...] = ({"vat": True, "industry": "it"}, {"vat": False}, {"vat": "колись"}, {})
    ids = [records.client(f"Клієнт {number}", fields=one).id for number, one in enumerate(values)]
    session.flush()
    actor = as_actor(company.admin)

    def found(**own: str) -> list[int]:
        return [ids.index(one.id) for one in clients(session, actor, own=own).items]

    assert found(vat="yes") == [0]
    assert found(vat="no") == [1, 2, 3]
    assert found(vat="no", industry="it") == []
    assert found(industry="it") == [0]
    assert found(vat="perhaps", unknown="it") == [0, 1, 2, 3]


def test_a_client_s_page_hides_deals_of_others(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    client = records.client("ТОВ «Промінь»")
    records.contact(client, "Яна Рудь")
    mine, _ = records.deal(company.olena, client=client), records.deal(company.danylo, client=client)
    step = records.step(mine, group=company.legal)
    view = client_view(session, as_actor(company.iryna), client.id, now)
    assert [deal.id for deal in view.deals] == [mine.id]
    assert view.next_step is not None
    assert view.next_step.id == step.id
    assert [contact.full_name for contact in view.contacts.items] == ["Яна Рудь"]
    assert not view.may_edit
    with pytest.raises(NotFound):
        client_view(session, as_actor(company.petro), client.id, now)


def test_duplicates_are_found_by_code_phone_in_any_spelling_and_address_in_any_case(
    session: Session, records: SalesRecords
) -> None:
    client = records.client("Промінь", edrpou="12345678", phone="+380671234567", email="Info@Promin.ua")
    other = records.client("Зоря")
    records.contact(other, "Яна Рудь", phone="+380501112233", email="yana@zoria.ua")
    assert [(one.client_id, one.by) for one in possible_duplicates(session, edrpou="12345678")] == [
        (client.id, "edrpou")
    ]
    assert [(one.name, one.by) for one in possible_duplicates(session, phone="067 123-45-67")] == [("Промінь", "phone")]
    assert [one.by for one in possible_duplicates(session, "12345678", email="INFO@promin.ua")] == ["edrpou"]
    assert [one.client_id for one in possible_duplicates(session, phone="(050) 111-22-33")] == [other.id]
    assert [one.by for one in possible_duplicates(session, email="Yana@zoria.ua")] == ["email"]
    assert possible_duplicates(session) == ()
    assert possible_duplicates(session, phone="0990000000") == ()


def test_a_client_is_chosen_by_any_part(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    client = records.client("ТОВ «Промінь»", edrpou="12345678")
    records.client("Зоря")
    assert [one.id for one in choose_clients(session, as_actor(company.danylo), "345")] == [client.id]
    assert choose_clients(session, as_actor(company.iryna), "345") == ()


def test_who_is_found_by_the_name_is_offered_before_who_is_found_by_something_else(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    records.client("Альфа", edrpou="12345678")
    records.client("Завод 345")
    chosen = choose_clients(session, as_actor(company.danylo), "345")
    assert [one.name for one in chosen] == ["Завод 345", "Альфа"]


def test_own_fields_of_a_client_that_one_may_not_see_are_not_guessed(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    client = records.client("ТОВ «Промінь»")
    client.search_text += " пароль-1"  # as the text of an own field stands there
    session.flush()
    assert choose_clients(session, as_actor(company.danylo), "промінь пароль") == ()
    assert [one.id for one in choose_clients(session, as_actor(company.danylo), "промінь")] == [client.id]
    assert [one.id for one in choose_clients(session, as_actor(company.bohdan), "промінь пароль")] == [client.id]


def test_one_box_finds_deals_clients_contacts_and_steps_within_what_is_visible(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    client = records.client("ТОВ «Промінь»", phone="+380671234567")
    contact = records.contact(client, "Яна Променева", phone="+380509998877")
    deal = records.deal(company.olena, client=client)
    step = records.step(deal, assignee=company.olena)
    done = records.done_step(deal, company.olena)
    olena = as_actor(company.olena)
    found = search(session, olena, "промін", now=now)
    assert [row.id for row in found.deals] == [deal.id]
    assert [row.id for row in found.clients] == [client.id]
    assert [row.id for row in search(session, olena, "променева", now=now).contacts] == [contact.id]
    assert [row.id for row in search(session, olena, "насоси", now=now).steps] == [step.id]
    assert done.id not in [row.id for row in search(session, olena, done.name, now=now).steps]
    for spelling in ("+380 (67) 123-45-67", "0671234567", "80671234567"):
        assert [row.id for row in search(session, olena, spelling, now=now).clients] == [client.id]
    assert [row.id for row in search(session, olena, "050 999 88 77", now=now).contacts] == [contact.id]
    assert search(session, as_actor(company.danylo), "промін", now=now).count == 0
    assert search(session, olena, " ", now=now) == SearchResults()
    assert search(session, olena, "_%", now=now).count == 0
