"""Rows that were refused are kept to be mended, with all that they say: erasing a person reaches them."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import select
from support.client_lists import Lists
from support.deal_files import DealFiles
from support.office import Office
from support.personal_traces import named_in

from engine.commands.clients import ContactDraft, add_contact
from engine.commands.deal_import_files import open_brought
from engine.commands.deal_import_turns import DealTurns
from engine.commands.erasure import ErasureRequest, erase_client, erase_contact
from engine.model.client import Client, Contact
from engine.model.client_import import RowState
from engine.model.deal import Deal

BASIS = ErasureRequest("лист № 7")
DEALS = (
    "Назва;Клієнт;Телефон;E-mail;Сума\n"
    "Насоси;Марія Іваненко;067 123 45 67;mary@example.com;багато\n"
    "Вали;ТОВ «Лан»;;;теж багато\n"
    "Помпи;ТОВ «Лан»;;;багато, каже Марія Іваненко\n"
)
CLIENTS = "Назва компанії;ЄДРПОУ;Телефон;Контактна особа\nФОП Сова;12345;;Марія Іваненко\nПП Мрія;54321;;\n"


@pytest.fixture
def deal(office: Office) -> Deal:
    """Of a client who has Марія Іваненко for a contact."""
    deal = office.open_deal(title="Насоси")
    draft = ContactDraft(full_name="Марія Іваненко", position="", phone="0671234567", email="mary@example.com")
    office.do("olena", add_contact, deal.client_id, draft)
    return deal


def erase_mary(office: Office) -> None:
    with office.database.read() as session:
        mary = session.scalars(select(Contact.id).where(Contact.full_name == "Марія Іваненко")).one()
    office.do("admin", erase_contact, mary, BASIS)


def test_refused_rows_of_deals_forget_an_erased_person_and_no_one_else(office: Office, deal: Deal) -> None:
    files = DealFiles(office)
    import_id = files.bring(DEALS, opens=True)
    files.work(import_id)
    assert {"deal_import_row.texts", "deal_import_row.faults"} <= set(named_in(office, "іваненко", "mary@"))
    erase_mary(office)
    assert named_in(office, "іваненко", "mary@", "067 123") == []
    rows = files.rows(import_id)
    assert files.states(import_id) == dict.fromkeys((2, 3, 4), RowState.REFUSED)
    assert [(rows[one].texts, rows[one].faults[""]["code"]) for one in (2, 4)] == [({}, "person_erased")] * 2
    assert (rows[3].texts["title"], set(rows[3].faults)) == ("Вали", {"amount"})


def test_refused_rows_of_clients_forget_an_erased_person_and_no_one_else(office: Office, deal: Deal) -> None:
    lists = Lists(office)
    import_id = lists.take_over(CLIENTS + "ТОВ «Поле»;;;\n")
    assert "client_import_row.cells" in named_in(office, "іваненко")
    erase_mary(office)
    assert named_in(office, "іваненко", "067 123") == []
    rows = lists.rows(import_id)
    assert lists.states(import_id) == {2: RowState.REFUSED, 3: RowState.REFUSED, 4: RowState.ADDED}
    assert (rows[2].cells, rows[3].cells[0]) == ([], "ПП Мрія")


def test_the_rows_of_an_erased_client_are_forgotten_wherever_they_were_refused(office: Office) -> None:
    files = DealFiles(office)
    opened = files.open("Назва;Клієнт\nНасоси;Сова Ганна Петрівна\n")
    refused = files.open("Назва;Клієнт;Сума\nВали;Сова Ганна Петрівна;багато\nПомпи;ТОВ «Лан»;\n")
    with office.database.read() as session:
        owl = session.scalars(select(Client.id).where(Client.name == "Сова Ганна Петрівна")).one()
    office.do("admin", erase_client, owl, BASIS)
    assert named_in(office, "ганна") == []
    assert files.states(opened) == {2: RowState.ADDED}
    assert files.rows(refused)[2].texts == {}


def test_erasing_while_an_import_is_at_work_waits_for_its_portion(office: Office, deal: Deal) -> None:
    files = DealFiles(office)
    client = "Назва;Клієнт\n" + "".join(f"Угода {one};ТОВ «Промінь»\n" for one in range(60))
    import_id = files.bring(client)
    office.do("olena", open_brought, import_id)
    worker = Thread(target=files.work, args=(import_id,))
    assert DealTurns(office.database, import_id, office.clock).take()
    worker.start()
    erase_mary(office)
    worker.join()
    assert set(files.states(import_id).values()) == {RowState.ADDED}
