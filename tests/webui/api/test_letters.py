"""Letters of a deal over HTTP: sent once, listed with their state."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pytest
from support.api import ApiClient, faults, read
from support.client_mail import CLIENT, deal_with_a_contact, file_of, letters_in, take_answer, write
from support.files import pdf
from support.office import Office

from engine.commands.file_erasure import erase_file
from engine.model.client_letter import ClientLetter, ClientLetterState
from engine.model.history_event import HistoryEvent
from engine.model.person import Person

ApiOf = Callable[[str | None], ApiClient]


@pytest.fixture
def database_url(sqlite_database_url: str) -> str:
    """No row is locked here in another way than elsewhere."""
    return sqlite_database_url


def test_one_letter_is_read_with_its_files_and_tried_again(api: ApiOf, office: Office) -> None:
    deal, olena = deal_with_a_contact(office), api("olena")
    ids = [file_of(office, deal, f"{name}.pdf", pdf(name)) for name in ("offer", "terms")]
    letter_id = write(office, deal, file_ids=tuple(ids))
    address = f"/deals/{deal.id}/letters/{letter_id}"
    item = read(olena.get(address))
    assert (item["id"], [one["id"] for one in item["files"]]) == (letter_id, ids)
    assert olena.get(f"/deals/{deal.id}/files/{ids[0]}/content").data == pdf("offer")
    office.do("admin", erase_file, ids[0], "лист № 7")
    with office.database.write() as session:
        session.get_one(ClientLetter, letter_id).state = ClientLetterState.INCOMPLETE
    assert [one["is_erased"] for one in read(olena.get(address))["files"]] == [True, False]
    assert read(api("admin").post(f"{address}/send-again"), 403)["code"] == "letter_not_yours"
    for _ in range(2):
        again = read(olena.post(f"{address}/send-again", key="again"))
        assert (again["state"], [one["id"] for one in again["files"]]) == ("waiting", [ids[1]])
        assert again["left_out"] == [{"name": "", "problem": "file_erased"}]
    with office.database.read() as session:
        assert session.query(HistoryEvent).filter_by(kind="client_letter_sent_again").count() == 1
    other = office.open_deal("olena")
    for method, wrong in (("get", ""), ("post", "/send-again")):
        for login, deal_id, wanted in (
            ("iryna", deal.id, letter_id),
            ("olena", other.id, letter_id),
            ("olena", deal.id, 99),
        ):
            call = getattr(api(login), method)
            assert read(call(f"/deals/{deal_id}/letters/{wanted}{wrong}"), 404)["code"] == "not_found"
    assert api(None).get(address).status_code == 401


def test_a_letter_is_sent_once_and_listed(api: ApiOf, office: Office) -> None:
    deal, olena = deal_with_a_contact(office), api("olena")
    file_id = file_of(office, deal, "offer.pdf", pdf("an offer"))
    letter = {"to": [CLIENT], "subject": "Пропозиція", "text": "Добрий день!", "file_ids": [file_id]}
    address = f"/deals/{deal.id}/letters"
    sent = read(olena.post(address, letter, key="one"), 201)
    assert read(olena.post(address, letter, key="one"), 201) == sent
    assert len(letters_in(office)) == 1
    assert (sent["state"], sent["by"]["name"], sent["sender"]) == ("waiting", office.company.olena.full_name, None)
    assert sent["to"] == [{"address": CLIENT, "name": "Марія Іваненко"}]
    assert [one["name"] for one in sent["files"]] == ["offer.pdf"]
    assert read(api("iryna").get(address), 404)["code"] == "not_found"
    read(olena.post(address, letter | {"subject": "Ще одна", "answers_id": sent["id"]}), 201)
    first = read(olena.get(f"{address}?limit=1"))
    assert [one["subject"] for one in first["items"]] == ["Ще одна"]
    rest = read(olena.get(f"{address}?cursor={first['next_cursor']}"))
    assert rest["items"] == [sent]
    assert set(faults(olena.post(address, letter | {"to": ["nobody"]}))) == {"to"}


def test_a_letter_of_the_client_is_said_to_be_read(api: ApiOf, office: Office) -> None:
    deal = deal_with_a_contact(office)
    take_answer(office, write(office, deal))
    letter_id = letters_in(office)[1].id
    address = f"/deals/{deal.id}/letters/{letter_id}"
    assert read(api("olena").get(address))["is_unread"] is True
    assert read(api("admin").post(f"{address}/read"), 403)["code"] == "letter_not_yours"
    assert read(api("iryna").post(f"{address}/read"), 404)["code"] == "not_found"
    for _ in range(2):
        assert read(api("olena").post(f"{address}/read", key="read"))["is_unread"] is False


def test_an_answer_over_the_api_quotes_when_it_is_told_to(api: ApiOf, office: Office) -> None:
    deal, olena = deal_with_a_contact(office), api("olena")
    take_answer(office, write(office, deal), "Згодні")
    letter = {"to": [CLIENT], "subject": "Re", "text": "Дякую", "answers_id": letters_in(office)[1].id}
    quoted = [
        read(olena.post(f"/deals/{deal.id}/letters", letter | more), 201)["quoted"] for more in ({"quote": True}, {})
    ]
    assert (quoted[0].split("\n")[1:], quoted[1]) == (["> Згодні"], "")
    wrong = letter | {"answers_id": 99, "quote": True}
    assert set(faults(olena.post(f"/deals/{deal.id}/letters", wrong))) == {"answers_id"}


def test_the_correspondence_and_all_of_a_client_are_fetched_as_archives(api: ApiOf, office: Office) -> None:
    deal = deal_with_a_contact(office)
    write(office, deal, file_ids=(file_of(office, deal, "offer.pdf", pdf("an offer")),))
    for method, address, told, allowed in (
        ("get", f"/deals/{deal.id}/letters.zip", "letters.json", {"olena": 200, "admin": 200, "iryna": 404}),
        ("post", f"/clients/{deal.client_id}/data.zip", "client.json", {"olena": 403, "admin": 200, "iryna": 404}),
    ):
        assert {login: getattr(api(login), method)(address).status_code for login in allowed} == allowed
        with ZipFile(BytesIO(getattr(api("admin"), method)(address).data)) as archive:
            assert {told, "letters.xlsx"} < set(archive.namelist())
            assert pdf("an offer") in {archive.read(name) for name in archive.namelist()}


def test_the_journal_says_once_per_key_who_took_out_what_is_held_about_a_client(api: ApiOf, office: Office) -> None:
    deal, admin = deal_with_a_contact(office), api("admin")
    for _ in range(2):
        assert admin.post(f"/clients/{deal.client_id}/data.zip", key="once").status_code == 200
    (entry,) = read(admin.get("/journal?part=handed_out"))["items"]
    assert (entry["kind"], entry["data"]) == ("client_data_taken", {"client_id": deal.client_id})
    assert entry["actor"]["id"] == office.company.admin.id


def test_an_answer_is_repeated_with_its_key_whatever_language_its_writer_reads_meanwhile(
    api: ApiOf, office: Office
) -> None:
    deal, olena = deal_with_a_contact(office), api("olena")
    take_answer(office, write(office, deal), "Згодні")
    letter = {"to": [CLIENT], "subject": "Re", "text": "Дякую", "answers_id": letters_in(office)[1].id, "quote": True}
    sent = read(olena.post(f"/deals/{deal.id}/letters", letter, key="one"), 201)
    with office.database.write() as session:
        session.get_one(Person, office.company.olena.id).locale = "en"
    assert read(olena.post(f"/deals/{deal.id}/letters", letter, key="one"), 201) == sent
    assert olena.post(f"/deals/{deal.id}/letters", letter | {"quote": False}, key="one").status_code == 409
