"""The form of a letter to a client with a thousand contacts, in a deal with hundreds of files."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import event
from support.client_mail import CLIENT, deal_with_a_contact, file_of, letters_in, take_answer, write
from support.files import pdf
from support.large_clients import add_contacts, add_files_like, contact_address, contact_name, file_name
from support.office import Office
from support.web import Browser, text_of

from engine.commands.clients import update_client
from engine.commands.deal_files import hide_file
from engine.model.deal import Deal

SignIn = Callable[[str | None], Browser]

CONTACTS, FILES, SHOWN = 1_000, 300, 10
OWN = "office@client.example.com"
LETTER = {"subject": "Пропозиція", "text": "Добрий день!"}


def files_in(office: Office, deal: Deal, count: int) -> list[int]:
    """Ids of so many files of the deal beside a first one, the first added first."""
    return add_files_like(office.database, file_of(office, deal, "offer.pdf", pdf("an offer")), count)


def boxes(html: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]+)"', html)


def ticked(html: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]+)" checked', html)


def test_the_form_weighs_and_reads_as_much_whatever_the_client_and_the_deal_have(
    office: Office, browse: SignIn
) -> None:
    """628,000 bytes it had."""
    deal, olena = deal_with_a_contact(office), browse("olena")
    add_contacts(office.database, deal.client_id, 20)
    files_in(office, deal, 20)
    said: list[str] = []
    event.listen(office.database.engine, "before_cursor_execute", lambda *told: said.append(told[2]))

    def cost(address: str) -> tuple[int, int]:
        olena.get(address)
        said.clear()
        return len(olena.get(address).data), len(said)

    page = f"/deals/{deal.id}/letters"
    addresses = page, f"{page}/receivers?receiver_q=контакт&receiver={CLIENT}", f"{page}/files?file_q=кошт"
    few = [cost(one) for one in addresses]
    other = office.open_deal("olena", client=None, client_id=deal.client_id)
    add_contacts(office.database, deal.client_id, CONTACTS)
    assert len(files_in(office, other, FILES)) == FILES
    of_many = [one.replace(page, f"/deals/{other.id}/letters") for one in addresses]
    for (bytes_of_few, statements_of_few), address in zip(few, of_many, strict=True):
        weight, statements = cost(address)
        assert (weight < bytes_of_few + 1_000, statements) == (True, statements_of_few), address


def test_whom_the_deal_wrote_to_and_the_client_s_own_address_are_offered_first(office: Office, browse: SignIn) -> None:
    deal, olena = deal_with_a_contact(office), browse("olena")
    office.do("olena", update_client, deal.client_id, {"email": OWN})
    add_contacts(office.database, deal.client_id, CONTACTS)
    take_answer(office, write(office, deal, to=(contact_address(700),)), sender=contact_address(800))
    take_answer(office, write(office, deal, to=("stranger@other.example.com",)), sender="evil@other.example.com")
    page = olena.get(f"/deals/{deal.id}/letters").text
    offered = boxes(page, "receiver")
    assert (len(offered), offered[:2], offered[-1]) == (SHOWN, [contact_address(800), contact_address(700)], OWN)
    assert ticked(page, "receiver") == []
    assert ticked(olena.get(f"/deals/{deal.id}/letters?to={contact_address(555)}").text, "receiver") == [
        contact_address(555)
    ]
    answered = letters_in(office)[1].id
    assert ticked(olena.get(f"/deals/{deal.id}/letters?answer={answered}").text, "receiver") == [contact_address(800)]


def test_the_others_are_found_without_javascript_and_what_is_ticked_and_typed_stays(
    office: Office, browse: SignIn
) -> None:
    deal, olena = deal_with_a_contact(office), browse("olena")
    add_contacts(office.database, deal.client_id, CONTACTS)
    ids = files_in(office, deal, FILES)
    page = f"/deals/{deal.id}/letters"
    chosen = {"receiver": [CLIENT, contact_address(900)], "file_id": [str(ids[5]), str(ids[-1])]}
    look = LETTER | chosen | {"find": "receivers", "receiver_q": contact_name(777), "file_q": "кошторис 123"}
    found = olena.post(page, look)
    assert found.status_code == 200
    assert boxes(found.text, "receiver") == [CLIENT, contact_address(900), contact_address(777)]
    assert ticked(found.text, "receiver") == chosen["receiver"]
    assert boxes(found.text, "file_id") == [str(ids[5]), str(ids[-1]), str(ids[123])]
    assert ticked(found.text, "file_id") == chosen["file_id"]
    assert contact_name(900) in text_of(found)
    assert file_name(5) in text_of(found)
    for value in (*LETTER.values(), f'value="{contact_name(777)}"', 'value="кошторис 123"'):
        assert value in found.text
    assert letters_in(office) == []
    nobody = text_of(olena.post(page, look | {"receiver_q": "немає таких", "file_q": "немає таких"}))
    assert ("Нікого з адресою не знайдено" in nobody, "Немає файлу з такою назвою" in nobody) == (True, True)
    refused = olena.post(page, LETTER | chosen | {"subject": ""})
    assert refused.status_code == 422
    assert ticked(refused.text, "receiver") == chosen["receiver"]
    assert ticked(refused.text, "file_id") == [str(ids[5]), str(ids[-1])]
    assert len(boxes(refused.text, "receiver")) == SHOWN + 2  # ticked ones stand before those that matter
    assert olena.post(page, LETTER | chosen).status_code == 303
    (letter,) = letters_in(office)
    assert [one["name"] for one in letter.receivers] == ["Марія Іваненко", contact_name(900)]
    assert letter.file_ids == [ids[5], ids[-1]]


def test_parts_of_the_form_hold_what_is_found_and_what_is_ticked(office: Office, browse: SignIn) -> None:
    deal, olena = deal_with_a_contact(office), browse("olena")
    add_contacts(office.database, deal.client_id, 30)
    ids = files_in(office, deal, 30)
    page = f"/deals/{deal.id}/letters"
    gone = "gone@client.example.com"
    found = olena.get(f"{page}/receivers?receiver_q={contact_name(20)}&receiver={CLIENT}&receiver={gone}").text
    assert ticked(found, "receiver") == [CLIENT, gone]
    assert boxes(found, "receiver") == [CLIENT, gone, contact_address(20)]
    many = olena.get(f"{page}/receivers?receiver_q=контакт")
    assert (len(boxes(many.text, "receiver")), "введіть більше" in text_of(many)) == (20, True)
    assert len(boxes(olena.get(f"{page}/receivers").text, "receiver")) == SHOWN
    office.do("olena", hide_file, ids[20])
    files = olena.get(f"{page}/files?file_q=кошторис 02&file_id={ids[3]}&file_id={ids[20]}").text
    assert ticked(files, "file_id") == [str(ids[3])]
    assert boxes(files, "file_id") == [str(one) for one in (ids[3], *reversed(ids[21:30]), ids[2])]
    assert boxes(olena.get(f"{page}/files").text, "file_id") == [str(one) for one in (*reversed(ids[21:30]), ids[19])]


def test_addresses_and_files_are_found_by_whoever_may_write_to_the_client(office: Office, browse: SignIn) -> None:
    deal = deal_with_a_contact(office)
    for part in ("receivers", "files"):
        address = f"/deals/{deal.id}/letters/{part}"
        assert browse("olena").get(address).status_code == 200
        assert browse("admin").get(address).status_code == 403
        assert browse("danylo").get(address).status_code == 404
        assert browse("olena").get(f"/deals/999/letters/{part}").status_code == 404
        assert browse("olena").post(address).status_code == 405


def test_a_small_client_has_no_search(office: Office, browse: SignIn) -> None:
    deal = deal_with_a_contact(office)
    add_contacts(office.database, deal.client_id, SHOWN - 1)
    files_in(office, deal, SHOWN - 1)
    page = browse("olena").get(f"/deals/{deal.id}/letters").text
    assert (len(boxes(page, "receiver")), len(boxes(page, "file_id"))) == (SHOWN, SHOWN)
    assert ('name="receiver_q"' in page, 'name="file_q"' in page) == (False, False)
