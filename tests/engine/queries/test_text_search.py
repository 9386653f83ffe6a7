"""Any part of a text finds its row, on both databases, whatever index they have for it."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from support.sales_records import SalesRecords

from engine.model.client import Client, Contact
from engine.policy.search_keys import search_text
from engine.queries.text_search import matches

MANY = 230  # more than are listed by their ids


def found(session: Session, q: str) -> list[str]:
    return list(session.scalars(select(Client.name).where(matches(session, Client.search_text, q)).order_by(Client.id)))


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("пром", ["ТОВ «Промінь»", "Промбуд 50%"]),
        ("ОМІ", ["ТОВ «Промінь»"]),
        ("ом", ["ТОВ «Промінь»", "Промбуд 50%"]),
        ("буд пром", ["Промбуд 50%"]),
        ("пром 5", ["Промбуд 50%"]),
        ("50%", ["Промбуд 50%"]),
        ("5%", []),
        ('"прилад"', ['Завод "Прилад"']),
        ("промOR", []),
        ("пром* NOT", []),
        ("_", []),
    ],
)
def test_any_part_of_any_length_is_found(session: Session, records: SalesRecords, q: str, names: list[str]) -> None:
    for name in ("ТОВ «Промінь»", "Промбуд 50%", 'Завод "Прилад"'):
        records.client(name)
    assert found(session, q) == names


def test_what_many_rows_hold_finds_them_all(session: Session, records: SalesRecords) -> None:
    for number in range(MANY):
        records.client(f"Філія {number:03d}")
    assert len(found(session, "філія")) == MANY
    assert found(session, "філія 117") == ["Філія 117"]
    assert len(found(session, "філія 11")) == 12


def test_a_changed_text_is_found_as_it_is_now(session: Session, records: SalesRecords) -> None:
    client = records.client("Зоря")
    client.name, client.search_text = "Світанок", search_text("Світанок")
    session.flush()
    assert found(session, "зоря") == []
    assert found(session, "світанок") == ["Світанок"]


def test_a_deleted_row_is_found_no_more(session: Session, records: SalesRecords) -> None:
    contact = records.contact(records.client("Зоря"), "Яна Рудь")
    wanted = select(Contact.id).where(matches(session, Contact.search_text, "рудь"))
    assert session.scalars(wanted).all() == [contact.id]
    session.execute(delete(Contact).where(Contact.id == contact.id))
    assert session.scalars(select(Contact.id).where(matches(session, Contact.search_text, "рудь"))).all() == []
