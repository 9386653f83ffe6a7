from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError, OperationalError
from support.client_lists import COMPANIES, Lists
from support.merging import merge, undo
from support.office import Office

from engine.commands import client_import_taking
from engine.commands.client_import_rows import TAKEN_AT_ONCE
from engine.commands.client_imports import (
    MOST_WAITING,
    ImportChoices,
    ImportMovedOn,
    NothingToTakeBack,
    NothingToTakeOver,
    TooManyLists,
    bring_list,
    check_list,
    look_into,
    stop,
    take_over,
    throw_away,
)
from engine.commands.clients import ClientDraft, ContactDraft, add_client, add_contact, update_client
from engine.commands.clients import put_client as real
from engine.commands.erasure import ErasureRequest, erase_client, erase_contact
from engine.commands.people import update_person
from engine.commands.upkeep import LISTS_KEPT, ROWS_KEPT, prune
from engine.errors import InvalidInput, NotFound
from engine.model.client import Client, Contact
from engine.model.client_import import ClientImport, ClientImportRow, ImportKind, ImportState, RowState
from engine.model.client_note import ClientNote
from engine.model.history_event import HistoryEvent
from engine.policy.permissions import AbilityMissing
from engine.queries.clients import clients
from engine.queries.contacts import contacts

NOTES = (
    "Дата;Компанія;Автор;Коментар\n"
    '12.03.2021 14:05;тов "Лан";Петренко П.;Просили знижку<br>5 %\n'
    "колись;ТОВ «Лан»;;Обіцяли подумати\n"
    "01.02.2020;Невідома фірма;;Дзвонили\n"
)


def clients_of(office: Office) -> dict[str, Client]:
    with office.database.read() as session:
        return {one.name: one for one in session.scalars(select(Client))}


def kinds(office: Office) -> list[str]:
    with office.database.read() as session:
        return list(session.scalars(select(HistoryEvent.kind).order_by(HistoryEvent.id)))


def notes(office: Office) -> list[tuple[str, str, str]]:
    with office.database.read() as session:
        found = session.execute(
            select(ClientNote.written_at, ClientNote.author, ClientNote.text).order_by(ClientNote.id)
        )
        return [(at.isoformat() if at else "", author, text) for at, author, text in found]


def test_it_says_what_each_row_would_do_before_anything_is_stored(office: Office) -> None:
    lists = Lists(office)
    office.do("olena", add_client, ClientDraft("Стара мрія", phone="044 222 33 44"))
    import_id = lists.bring(COMPANIES)
    rows = lists.rows(import_id)
    assert {number: row.state for number, row in rows.items()} == {
        2: RowState.NEW,
        3: RowState.COMPLETES,
        4: RowState.REFUSED,
        5: RowState.REFUSED,
    }
    assert (rows[3].told["by"], rows[3].client_name) == ("phone", "Стара мрія")
    assert rows[2].told["contact"] is True
    assert set(rows[4].told["faults"]) == {"name"}
    assert rows[5].told["faults"]["edrpou"]["params"]["value"] == "12345"
    assert set(clients_of(office)) == {"Стара мрія"}
    assert lists.row(import_id).state is ImportState.CHECKED


def test_clients_contacts_owners_and_what_has_no_field_here_are_taken_over(office: Office) -> None:
    lists = Lists(office)
    import_id = lists.take_over(COMPANIES.replace("Олена Коваль", office.company.bohdan.full_name))
    lan, dream = (clients_of(office)[name] for name in ("ТОВ «Лан»", "ПП Мрія"))
    assert (lan.edrpou, lan.phone, lan.email) == ("32855961", "+380671234567", "office@lan.ua")
    assert lan.owner_id == office.company.bohdan.id
    assert (dream.phone, dream.owner_id) == ("+380442223344", office.company.olena.id)
    with office.database.read() as session:
        contact = session.scalars(select(Contact)).one()
        found = clients(session, office.actor("bohdan"), q="0671234567")
    assert (contact.client_id, contact.full_name, contact.position) == (lan.id, "Іван Гай", "Директор")
    assert [one.name for one in found.items] == ["ТОВ «Лан»"]
    assert [text for _, _, text in notes(office)] == ["Адреса: Київ, Хрещатик 1", "+380501112233"]
    assert lists.row(import_id).state is ImportState.DONE
    assert kinds(office)[-4:] == ["import_started", "client_imported", "contact_imported", "client_imported"]
    with office.database.read() as session:
        kept = {row.number: row.cells for row in session.scalars(select(ClientImportRow))}
    assert [number for number, cells in kept.items() if cells] == [4, 5]  # only what is to be mended is kept


def test_the_same_list_again_creates_nothing_twice(office: Office) -> None:
    lists = Lists(office)
    lists.take_over(COMPANIES)
    again = lists.bring(COMPANIES)
    assert set(lists.states(again).values()) == {RowState.SAME, RowState.REFUSED}
    with pytest.raises(NothingToTakeOver):
        office.do("olena", take_over, again)
    more = lists.bring(COMPANIES + "ТОВ Сад;30000009;;;;;;\n")
    office.do("olena", take_over, more)
    office.do("olena", take_over, more)  # pressed twice
    lists.work(more)
    lists.work(more)
    assert len(clients_of(office)) == 3
    assert len(notes(office)) == 2
    with office.database.read() as session:
        assert len(session.scalars(select(Contact)).all()) == 1
    assert lists.states(more)[2] is RowState.LEFT


def test_rows_of_one_list_that_are_the_same_are_told_and_taken_as_one(office: Office) -> None:
    lists = Lists(office)
    text = (
        "Компанія;ЄДРПОУ;Телефон;Контактна особа\n"
        "ТОВ Лан;32855961;0671234567;Іван Гай\n"
        "«Лан», ТОВ;;+380671234567;Ольга Гай\n"
        "Інша фірма;30000001;0671234567;\n"
        "тов «лан»;;;Ольга Гай\n"
    )
    rows = lists.rows(lists.take_over(text))
    assert sorted(clients_of(office)) == ["Інша фірма", "ТОВ Лан"]  # another code: only the phone is shared
    assert [rows[number].state for number in (3, 4, 5)] == [RowState.FILLED, RowState.ADDED, RowState.LEFT]
    with office.database.read() as session:
        assert len(session.scalars(select(Contact)).all()) == 2


def test_an_address_that_several_people_share_names_none_of_them(office: Office) -> None:
    for login in ("taras", "bohdan"):
        person = getattr(office.company, login)
        office.do("admin", update_person, person.id, {"email": "sales@example.com"})
    lists = Lists(office)
    rows = lists.rows(lists.take_over("Компанія;Відповідальний\nЛан;sales@example.com\n"))
    assert [one["code"] for one in rows[2].told["remarks"]] == ["owner_not_known"]
    assert clients_of(office)["Лан"].owner_id == office.company.olena.id


def test_a_guess_between_several_clients_is_refused(office: Office) -> None:
    for name in ("Перший", "Другий"):
        office.do("olena", add_client, ClientDraft(name, phone="0671234567"))
    lists = Lists(office)
    rows = lists.rows(lists.bring("Клієнт;Телефон\nТретій;0671234567\nДругий;0671234567\n"))
    assert rows[2].told["faults"]["name"]["code"] == "several_fit"
    assert rows[3].state is RowState.SAME  # the one that is called so


def test_what_is_empty_is_filled_in_only_when_asked_and_only_for_who_sees_the_client(office: Office) -> None:
    own = office.do("olena", add_client, ClientDraft("ТОВ Лан", "32855961", phone="0501112233"))
    office.do("bohdan", add_client, ClientDraft("ТОВ Сад", "30000001"))
    text = "Компанія;ЄДРПОУ;Телефон;Email\nЛан;32855961;0671234567;a@lan.ua\nСад;30000001;0671234568;b@sad.ua\n"
    lists = Lists(office)
    assert set(lists.states(lists.bring(text)).values()) == {RowState.SAME}
    filled = lists.take_over(text, fills=True)
    found = clients_of(office)
    assert (found["ТОВ Лан"].phone, found["ТОВ Лан"].email) == ("+380501112233", "a@lan.ua")
    assert found["ТОВ Сад"].email == ""
    rows = lists.rows(filled)
    assert rows[2].state is RowState.FILLED
    assert [one["code"] for one in rows[3].told["remarks"]] == ["client_of_others"]
    lists.take_back(filled)
    assert clients_of(office)["ТОВ Лан"].email == ""
    assert own.id == found["ТОВ Лан"].id


def test_an_import_is_taken_back_as_far_as_nobody_uses_what_it_made(office: Office) -> None:
    lists = Lists(office)
    text = "Компанія;Телефон;Контакт\nА;0671111111;Іван Гай\nБ;0672222222;\nВ;0673333333;\nГ;0674444444;Петро Гай\n"
    import_id = lists.take_over(text)
    made = clients_of(office)
    office.open_deal(client=None, client_id=made["Б"].id)
    office.do("olena", update_client, made["В"].id, {"segment": "VIP"})
    lists.take_back(import_id)
    assert sorted(clients_of(office)) == ["Б", "В"]
    assert lists.states(import_id) == {2: RowState.UNDONE, 3: RowState.KEPT, 4: RowState.KEPT, 5: RowState.UNDONE}
    assert lists.row(import_id).state is ImportState.UNDONE
    assert "client_removed" in kinds(office)
    with office.database.read() as session:
        assert clients(session, office.actor("bohdan"), q="0671111111").items == ()
        assert contacts(session, office.actor("bohdan"), q="гай").items == ()
    with pytest.raises(NothingToTakeBack):
        lists.take_back(import_id)
    lists.take_over(text)
    assert sorted(clients_of(office)) == ["А", "Б", "В", "Г"]
    assert clients_of(office)["А"].id not in {one.id for one in made.values()}, "history knows another one by it"
    assert clients_of(office)["Г"].id not in {one.id for one in made.values()}


@pytest.mark.parametrize("somebody_edits", [False, True])
def test_what_several_rows_filled_in_is_emptied_again_unless_somebody_changed_it(
    office: Office, *, somebody_edits: bool
) -> None:
    known = office.do("olena", add_client, ClientDraft("ТОВ Лан", "32855961"))
    lists = Lists(office)
    text = "Компанія;ЄДРПОУ;Телефон;Email;Сегмент\nЛан;32855961;0671234567;;\nЛан;32855961;;a@lan.ua;\n"
    import_id = lists.take_over(text + "Лан;32855961;;;VIP\n", fills=True)
    if somebody_edits:
        office.do("olena", update_client, known.id, {"source": "Виставка"})
    lists.take_back(import_id)
    (client,) = clients_of(office).values()
    state = RowState.KEPT if somebody_edits else RowState.UNDONE
    assert set(lists.states(import_id).values()) == {state}
    filled = ("+380671234567", "a@lan.ua", "VIP") if somebody_edits else ("", "", "")
    assert (client.phone, client.email, client.segment) == filled


def test_a_contact_that_somebody_added_keeps_its_client(office: Office) -> None:
    lists = Lists(office)
    import_id = lists.take_over("Компанія;Телефон\nА;0671111111\n")
    office.do("olena", add_contact, clients_of(office)["А"].id, ContactDraft("Ольга Гай"))
    lists.take_back(import_id)
    assert lists.states(import_id) == {2: RowState.KEPT}


def test_a_contact_who_is_also_that_of_a_merged_client_outlives_the_list(office: Office) -> None:
    """What a list brought stands for two since the merge: the other was there without the list."""
    kept = office.do("olena", add_client, ClientDraft("ТОВ Лан", "32855961"))
    merged = office.do("olena", add_client, ClientDraft("Лан плюс"))
    hers = office.do("olena", add_contact, merged.id, ContactDraft("Іван Гай", phone="0671111111"))
    lists = Lists(office)
    import_id = lists.take_over("Компанія;ЄДРПОУ;Контакт;Телефон контакту\nЛан;32855961;Іван Гай;0671111111\n")
    merge(office, kept.id, merged.id)
    lists.take_back(import_id)
    assert lists.states(import_id) == {2: RowState.KEPT}
    undo(office, merged.id)
    with office.database.read() as session:
        assert session.get_one(Contact, hers.id).client_id == merged.id


def test_old_notes_stand_at_their_clients_and_not_in_the_history(office: Office) -> None:
    lists = Lists(office)
    lists.take_over(COMPANIES)
    before = len(notes(office))
    import_id = lists.take_over(NOTES, ImportKind.NOTES)
    assert notes(office)[before:] == [
        ("2021-03-12T12:05:00+00:00", "Петренко П.", "Просили знижку\n5 %"),
        ("", "", "Обіцяли подумати\nколись"),
    ]
    rows = lists.rows(import_id)
    assert rows[4].told["faults"]["name"]["code"] == "nobody_fits"
    assert [one["code"] for one in rows[3].told["remarks"]] == ["date_not_read"]
    assert set(lists.states(lists.bring(NOTES, ImportKind.NOTES)).values()) == {RowState.SAME, RowState.REFUSED}
    lists.take_back(import_id)
    assert len(notes(office)) == before
    assert not [kind for kind in kinds(office) if "note" in kind or kind == "commented"]


def test_erasing_a_client_erases_the_notes_on_them(office: Office) -> None:
    lists = Lists(office, "bohdan")
    lists.take_over(COMPANIES)
    client = clients_of(office)["ТОВ «Лан»"]
    office.do("admin", erase_client, client.id, ErasureRequest("Лист № 1"))
    assert [text for _, _, text in notes(office)] == ["+380501112233"]


def test_erasing_a_client_erases_what_a_list_says_of_them(office: Office) -> None:
    lists = Lists(office, "bohdan")
    import_id = lists.take_over(COMPANIES)
    assert "+380501112233" in str(lists.rows(import_id)[3].told)
    office.do("admin", erase_client, clients_of(office)["ПП Мрія"].id, ErasureRequest("Лист № 1"))
    assert lists.rows(import_id)[3].told == {}


def test_erasing_a_contact_erases_the_notes_that_name_them_and_no_list_knows_them_any_more(office: Office) -> None:
    lists = Lists(office)
    import_id = lists.take_over(COMPANIES)
    told = "Компанія;Коментар\nТОВ Лан;Гай Іван просив знижку\nТОВ Лан;Просили рахунок\n"
    lists.take_over(told, ImportKind.NOTES)
    with office.database.read() as session:
        contact_id = session.scalars(select(Contact.id)).one()
    office.do("admin", erase_contact, contact_id, ErasureRequest("Лист № 2"))
    assert [text for _, _, text in notes(office)] == [
        "Адреса: Київ, Хрещатик 1",
        "+380501112233",
        "Просили рахунок",
    ]
    lists.take_back(import_id)
    assert lists.states(import_id)[2] is RowState.KEPT


def test_columns_are_judged_and_a_list_that_goes_on_is_left_alone(office: Office) -> None:
    lists = Lists(office)
    for columns in (["phone", "email"], ["name", "name"], ["name"], ["name", "nonsense"]):
        brought = office.do("olena", bring_list, ImportKind.CLIENTS, look_into(b"a;b\n1;2\n", "a.csv"))
        with pytest.raises(InvalidInput) as refused:
            office.do("olena", check_list, brought.id, ImportChoices(columns))
        assert set(refused.value.errors) == {"columns"}
    with pytest.raises(ImportMovedOn):
        office.do("olena", take_over, brought.id)  # nobody has looked at it
    import_id = lists.take_over(COMPANIES)
    with pytest.raises(ImportMovedOn):
        office.do("olena", stop, import_id)
    with pytest.raises(ImportMovedOn):
        office.do("olena", check_list, import_id, ImportChoices(lists.row(import_id).columns))


def test_no_client_goes_to_who_has_left(office: Office) -> None:
    gone = office.company.bohdan.id
    theirs = office.do("bohdan", add_client, ClientDraft("ТОВ Лан"))
    others = office.do("olena", add_client, ClientDraft("ТОВ Сад"))
    brought = office.do("olena", bring_list, ImportKind.CLIENTS, look_into(b"a;b\n1;2\n", "a.csv"))
    office.do("admin", update_person, gone, {"is_active": False})
    for command, given in (
        (check_list, (brought.id, ImportChoices(["name", ""], owner_id=gone))),
        (add_client, (ClientDraft("ТОВ", owner_id=gone),)),
        (update_client, (others.id, {"owner_id": gone})),
    ):
        with pytest.raises(InvalidInput) as refused:
            office.do("olena", command, *given)
        assert set(refused.value.errors) == {"owner_id"}
    changed = office.do("admin", update_client, theirs.id, {"owner_id": gone, "segment": "B2B"})
    assert (changed.owner_id, changed.segment) == (gone, "B2B")


def test_what_somebody_said_of_a_heading_is_remembered_for_their_next_list(office: Office) -> None:
    lists = Lists(office)
    lists.bring("Хто;Код;Де\nА;32855961;Київ\n", columns=["name", "", "heading_note"])
    again = office.do(
        "olena", bring_list, ImportKind.CLIENTS, look_into("Де;Хто;Пошта\nКиїв;Б;b@b.ua\n".encode(), "b.csv")
    )
    assert again.columns == ["heading_note", "name", "email"]
    other = office.do(
        "taras", bring_list, ImportKind.CLIENTS, look_into("Де;Хто;Пошта\nКиїв;Б;b@b.ua\n".encode(), "b.csv")
    )
    assert other.columns == ["", "", "email"]
    clash = office.do("olena", bring_list, ImportKind.CLIENTS, look_into("Хто;Клієнт\nА;Б\n".encode(), "c.csv"))
    assert clash.columns == ["", "name"]


def test_a_stopped_import_keeps_what_it_has_done(office: Office) -> None:
    lists = Lists(office)
    import_id = lists.bring(COMPANIES)
    office.do("olena", take_over, import_id)
    office.do("olena", stop, import_id)
    lists.work(import_id)
    assert lists.row(import_id).state is ImportState.STOPPED
    assert clients_of(office) == {}


def test_nobody_fills_the_database_with_lists_that_are_never_taken_over(office: Office) -> None:
    file = look_into(COMPANIES.encode(), "a.csv")
    first, *_ = [office.do("olena", bring_list, ImportKind.CLIENTS, file) for _ in range(MOST_WAITING)]
    with pytest.raises(TooManyLists):
        office.do("olena", bring_list, ImportKind.CLIENTS, file)
    office.do("taras", bring_list, ImportKind.CLIENTS, file)
    with office.database.write() as session:
        throw_away(session, first.id, actor=office.actor("olena"))
    office.do("olena", bring_list, ImportKind.CLIENTS, file)


def test_lists_are_of_who_brought_them(office: Office) -> None:
    import_id = Lists(office).bring(COMPANIES)
    assert Lists(office, "bohdan").row(import_id).total == 4
    with pytest.raises(NotFound):
        Lists(office, "taras").row(import_id)
    with pytest.raises(AbilityMissing):
        office.do("iryna", bring_list, ImportKind.CLIENTS, look_into(COMPANIES.encode(), "a.csv"))


def test_lists_that_nobody_took_over_and_rows_are_not_kept_for_ever(office: Office) -> None:
    lists = Lists(office)
    import_id = lists.take_over(COMPANIES)
    lists.bring(COMPANIES)
    office.clock.advance(LISTS_KEPT * 2)
    with office.database.write() as session:
        prune(session, clock=office.clock)
        assert session.scalars(select(ClientImport.state)).all() == [ImportState.DONE]
        assert len(session.scalars(select(ClientImportRow)).all()) == 4
    office.clock.advance(ROWS_KEPT)
    with office.database.write() as session:
        prune(session, clock=office.clock)
        assert session.scalars(select(ClientImportRow)).all() == []
    with pytest.raises(NothingToTakeBack):
        lists.take_back(import_id)
    assert len(clients_of(office)) == 2


def test_two_lists_at_once_add_whoever_is_on_both_once(office: Office) -> None:
    lists = Lists(office)
    rows = "".join(f"Фірма {number};{30000000 + number}\n" for number in range(60))
    imports = [lists.bring("Компанія;Код ЄДРПОУ\n" + rows) for _ in range(2)]
    for import_id in imports:
        office.do("olena", take_over, import_id)
    workers = [Thread(target=lists.work, args=(import_id,)) for import_id in imports]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with office.database.read() as session:
        assert len(session.scalars(select(Client)).all()) == 60
    assert {lists.row(import_id).state for import_id in imports} == {ImportState.DONE}


def test_a_row_that_cannot_be_stored_fails_alone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def put_client(session: object, draft: ClientDraft, *arguments: object, **more: object) -> Client:
        if draft.name == "Б":
            raise DataError("INSERT", {}, Exception("too long"))
        return real(session, draft, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(client_import_taking, "put_client", put_client)
    lists = Lists(office)
    import_id = lists.take_over("Компанія;Телефон\nА;0671111111\nБ;0672222222\nВ;0673333333\n")
    assert lists.states(import_id) == {2: RowState.ADDED, 3: RowState.REFUSED, 4: RowState.ADDED}
    assert sorted(clients_of(office)) == ["А", "В"]


def test_a_database_that_was_away_says_nothing_of_a_row(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = Lists(office)
    import_id = lists.bring("Компанія;Телефон\nА;0671111111\nБ;0672222222\n")
    office.do("olena", take_over, import_id)

    def put_client(*_arguments: object, **_more: object) -> Client:
        raise OperationalError("INSERT", {}, Exception("the server is shutting down"))

    monkeypatch.setattr(client_import_taking, "put_client", put_client)
    with pytest.raises(OperationalError):
        lists.work(import_id)
    monkeypatch.setattr(client_import_taking, "put_client", real)
    lists.work(import_id)
    assert sorted(clients_of(office)) == ["А", "Б"]


def test_contacts_far_below_come_to_the_client_that_the_list_added_for_a_colleague(office: Office) -> None:
    rows = [f"Фірма {number};;" for number in range(TAKEN_AT_ONCE)]
    rows = [f"Лан;{office.company.taras.full_name};Іван Гай", *rows, "Лан;;Ольга Гай"]
    Lists(office).take_over("Компанія;Відповідальний;Контактна особа\n" + "\n".join(rows))
    with office.database.read() as session:
        assert [one.full_name for one in session.scalars(select(Contact).order_by(Contact.id))] == [
            "Іван Гай",
            "Ольга Гай",
        ]


def test_a_list_of_who_has_left_adds_to_no_client_of_others(office: Office) -> None:
    office.do("bohdan", add_client, ClientDraft("ТОВ Сад", "30000001"))
    lists = Lists(office)
    import_id = lists.bring("Компанія;ЄДРПОУ;Телефон\nСад;30000001;0671234568\nЛан;30000002;\n", fills=True)
    office.do("olena", take_over, import_id)
    office.do("admin", update_person, office.company.olena.id, {"is_active": False})
    lists.work(import_id)
    found = clients_of(office)
    assert (found["ТОВ Сад"].phone, found["Лан"].owner_id) == ("", office.company.olena.id)


def test_notes_complete_no_card(office: Office) -> None:
    office.do("olena", add_client, ClientDraft("ТОВ Лан"))
    lists = Lists(office)
    text = "Компанія;Телефон;Коментар\nТОВ Лан;0671234567;Дзвонили\nТОВ Лан;0671234567;Дзвонили\n"
    assert lists.states(lists.bring(text, ImportKind.NOTES, fills=True)) == {2: RowState.NEW, 3: RowState.SAME}


def test_a_list_that_is_too_long_is_refused_without_counting_a_part_of_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.commands.client_import_rows.MOST_ROWS", 3)
    lists = Lists(office)
    found = lists.row(lists.bring(COMPANIES))
    assert found.state is ImportState.UNREADABLE
    assert found.fault is not None
    assert (found.fault["code"], found.fault["params"]) == ("import_too_long", {"maximum": 3})
    assert (found.total, dict(found.counts)) == (0, {})
