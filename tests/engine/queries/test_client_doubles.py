"""Doubles of clients: who is found by what they share, and who no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event
from support.founded_offices import FoundedOffices
from support.merging import add, merge, undo
from support.office import Office

from engine.commands.client_doubles import tell_apart
from engine.commands.clients import ContactDraft, add_contact
from engine.errors import NotFound
from engine.model.history_event import HistoryEvent
from engine.queries import client_doubles
from engine.queries.client_doubles import double_groups, possible_duplicates


@pytest.fixture
def office(sqlite_database_url: str, founded: FoundedOffices) -> Iterator[Office]:
    """What is asked here is the same in both databases."""
    with founded.at_work(sqlite_database_url) as office:
        yield office


def test_doubles_are_found_by_what_they_share_and_forgotten_once_told_apart(office: Office) -> None:
    ids = {
        name: add(office, name, "taras" if name == "Чужий" else "olena", **more)
        for name, more in {
            "ТОВ «Промінь»": {"phone": "0671234567"},
            "Пpомінь": {},  # with a Latin p
            "Зоря": {"phone": "8 067 123 45 67", "edrpou": "11111111"},
            "Лан": {"email": "office@lan.ua"},
            "Поле": {"email": "OFFICE@lan.ua", "edrpou": "22222222"},
            "Гай": {"email": "office@lan.ua", "edrpou": "33333333"},
            "Чужий": {"phone": "0671234567"},
            "Сам": {},
        }.items()
    }
    office.do("olena", add_contact, ids["Сам"], ContactDraft(full_name="Хтось", phone="0440000000"))
    with office.database.read() as session:
        page = double_groups(session, office.actor("olena"))
        found = [({one.name for one in group.clients}, group.reasons) for group in page.groups]
        assert found == [
            ({"Зоря", "ТОВ «Промінь»", "Пpомінь"}, ("phone", "name")),
            ({"Лан", "Поле", "Гай"}, ("email",)),  # of two different codes, each may be the third
        ]
        everybody = double_groups(session, office.actor("bohdan"), limit=1, page=9)
        assert (everybody.page, everybody.pages, everybody.total) == (2, 2, 2)
        similar = possible_duplicates(session, phone="0671234567", name="промінь", besides=ids["Пpомінь"])
        assert {one.name: one.by for one in similar} == {"ТОВ «Промінь»": "phone", "Зоря": "phone", "Чужий": "phone"}
    with pytest.raises(NotFound):
        office.do("olena", tell_apart, [ids["Чужий"], ids["Зоря"]])
    for _ in range(2):
        office.do("olena", tell_apart, [ids["ТОВ «Промінь»"], ids["Зоря"]])
    with office.database.read() as session:
        assert session.query(HistoryEvent).filter_by(kind="clients_told_apart").count() == 1
        (first, _) = double_groups(session, office.actor("olena")).groups
        assert ({one.name for one in first.clients}, first.reasons) == ({"Лан", "Поле", "Гай"}, ("email",))
        similar = possible_duplicates(session, phone="0671234567", besides=ids["Зоря"])
        assert [one.name for one in similar] == ["Чужий"]


def test_who_was_merged_does_not_count_among_those_who_share(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_doubles, "MOST_SHARING", 2)
    kept, merged = (add(office, name, phone="0671234567") for name in ("Промінь", "Зоря"))
    office.do("olena", add_contact, merged, ContactDraft("Ганна", email="office@lan.ua"))
    merge(office, kept, merged)
    other = add(office, "Лан", phone="0671234567")
    with office.database.read() as session:
        (group,) = double_groups(session, office.actor("bohdan")).groups
        assert ({one.id for one in group.clients}, group.reasons) == ({kept, other}, ("phone",))


def test_what_many_share_makes_nobody_similar_and_hides_nobody_who_is(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_doubles, "MOST_SHARING", 3)
    ids = [add(office, f"Лан {number}", phone="0671234567") for number in range(4)]
    twin = add(office, "ТОВ Лан 0")
    with office.database.read() as session:
        similar = possible_duplicates(session, phone="+380671234567", name="Лан 0", besides=ids[0])
        assert [(one.client_id, one.by) for one in similar] == [(twin, "name")]
        warned = possible_duplicates(session, phone="+380671234567", name="Поле")
        assert {one.client_id for one in warned} == set(ids[:3])


def test_whom_somebody_told_apart_from_the_merged_client_is_no_double_of_the_one_who_stays(office: Office) -> None:
    kept, merged, other = (add(office, name, phone="0671234567") for name in ("Промінь", "Зоря", "Лан"))
    office.do("bohdan", tell_apart, [merged, other])

    def offered(client_id: int) -> set[int]:
        with office.database.read() as session:
            groups = double_groups(session, office.actor("bohdan")).groups
            similar = possible_duplicates(session, phone="0671234567", besides=client_id)
            ids = {one.id for group in groups for one in group.clients}
            assert {one.client_id for one in similar} <= ids
            return {one.client_id for one in similar}

    assert offered(kept) == {merged, other}
    merge(office, kept, merged)
    assert (offered(kept), offered(other)) == (set(), set())
    undo(office, merged)
    assert (offered(kept), offered(other)) == ({merged, other}, {kept})


def test_a_phone_that_most_contacts_of_one_client_have_is_still_shared_with_another(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_doubles, "MOST_SHARING", 2)
    kept, other = add(office, "Промінь"), add(office, "Зоря", phone="0671234567")
    for name in ("Ганна", "Іван", "Олег"):
        office.do("olena", add_contact, kept, ContactDraft(name, phone="0671234567"))
    with office.database.read() as session:
        (group,) = double_groups(session, office.actor("bohdan")).groups
        assert ({one.id for one in group.clients}, group.reasons) == ({kept, other}, ("phone",))


def test_what_clients_and_contacts_have_in_common_is_grouped_once_for_both(office: Office) -> None:
    """With 50,000 of each, PostgreSQL sorted all phones and all addresses twice, which was most of the page's 5 s."""
    told: list[str] = []
    event.listen(office.database.engine, "before_cursor_execute", lambda *run: told.append(run[2]))
    with office.database.read() as session:
        double_groups(session, office.actor("bohdan"))
    (keys,) = [one for one in told if "HAVING" in one]
    assert keys.count("HAVING") == len(client_doubles.REASONS)
