from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape

import pytest
from support.office import Office
from support.web import Browser, text_of, versions_of
from werkzeug.test import TestResponse

from engine.commands.clients import ClientDraft, add_client, update_client
from engine.commands.own_fields import add_own_field
from engine.model.client import Client, Contact
from engine.model.own_field import FieldSubject
from engine.policy.own_fields import OwnFieldDraft
from engine.policy.search_keys import search_text

SignIn = Callable[[str | None], Browser]

NEW = {"name": "ТОВ «Хвиля»", "edrpou": "31234567", "phone": "067 123 45 67", "email": "info@hvylia.ua"}


@pytest.fixture
def client(office: Office) -> Client:
    """Olena's own, without a deal."""
    draft = ClientDraft(name="ТОВ «Хвиля»", edrpou="31234567", phone="0671234567", email="info@hvylia.ua")
    return office.do("olena", add_client, draft)


def stored(office: Office) -> list[Client]:
    with office.database.read() as session:
        return list(session.query(Client).order_by(Client.id))


def test_a_client_is_added(office: Office, browse: SignIn) -> None:
    answer = browse("olena").post("/clients", NEW)
    (client,) = stored(office)
    assert (answer.status_code, answer.location) == (303, f"/clients/{client.id}")
    assert (client.phone, client.owner_id) == ("+380671234567", office.company.olena.id)


def test_the_second_of_two_editors_of_a_client_is_told(office: Office, browse: SignIn, client: Client) -> None:
    olena = browse("olena")
    read = versions_of(olena.get(f"/clients/{client.id}"))["read_version"]
    browse("bohdan").post(f"/clients/{client.id}", NEW | {"segment": "B2G"})
    answer = olena.post(f"/clients/{client.id}", NEW | {"segment": "B2B", "read_version": read})
    assert answer.status_code == 409
    assert "Тепер тут: B2G (" in text_of(answer)
    assert [one.segment for one in stored(office)] == ["B2G"]


def test_what_another_chose_in_a_field_of_the_company_is_told_by_its_label(
    office: Office, browse: SignIn, client: Client
) -> None:
    channel = OwnFieldDraft(label="Канал", name="channel", type="choice", choices="expo=Виставка\nsite=Сайт")
    office.do("admin", add_own_field, FieldSubject.CLIENT, channel)
    olena = browse("olena")
    read = versions_of(olena.get(f"/clients/{client.id}"))["read_version"]
    browse("bohdan").post(f"/clients/{client.id}", NEW | {"field:channel": "expo"})
    answer = olena.post(f"/clients/{client.id}", NEW | {"field:channel": "site", "read_version": read})
    assert answer.status_code == 409
    assert "Тепер тут: Виставка (Богдан Шевченко" in text_of(answer)


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(office: Office, browse: SignIn) -> None:
    answer = browse("olena").post("/clients", NEW | {"name": " ", "edrpou": "12", "source": "Виставка"})
    assert answer.status_code == 422
    for kept in ('value="Виставка"', 'id="client-name-error"', 'id="client-edrpou-error"'):
        assert kept in answer.text
    assert stored(office) == []


def test_a_long_text_in_place_of_an_address_is_refused_in_no_time(office: Office, browse: SignIn) -> None:
    """Every division of it at a dot was tried: a request of half a megabyte kept the server busy for a quarter hour."""
    answer = browse("olena").post("/clients", NEW | {"email": "a@" + "." * 500_000 + "@"})
    assert answer.status_code == 422
    assert stored(office) == []


def test_an_owner_who_was_typed_but_not_chosen_is_asked_for(office: Office, browse: SignIn) -> None:
    answer = browse("olena").post("/clients", NEW | {"owner_id": "", "owner_id_text": "Невідомий"})
    assert answer.status_code == 422
    assert stored(office) == []


@pytest.mark.parametrize("query", ["edrpou=31234567", "phone=8+067+123-45-67", "email=INFO@hvylia.ua"])
def test_a_double_is_told_while_one_types(query: str, client: Client, browse: SignIn) -> None:
    answer = browse("olena").get(f"/clients/duplicates?{query}", part=True)
    assert f"/clients/{client.id}" in answer.text
    stranger = browse("danylo").get(f"/clients/duplicates?{query}", part=True)
    assert client.name in text_of(stranger)
    assert f"/clients/{client.id}" not in stranger.text


def test_nothing_is_told_where_nobody_coincides(client: Client, browse: SignIn) -> None:
    assert text_of(browse("olena").get("/clients/duplicates?edrpou=99999999", part=True)).strip() == ""


def test_the_card_shows_contacts_deals_and_the_next_step(office: Office, browse: SignIn) -> None:
    deal = office.open_deal("olena")
    browser = browse("olena")
    added = browser.post(f"/clients/{deal.client_id}/contacts", {"full_name": "Марія Іваненко", "phone": "0509998877"})
    assert added.status_code == 303
    page = text_of(browser.get(f"/clients/{deal.client_id}"))
    for said in ("Марія Іваненко", "+380509998877", deal.number, "Підготувати пропозицію"):
        assert said in page


@pytest.fixture
def well_known(office: Office, client: Client) -> Client:
    """With 120 contacts."""
    with office.database.write() as session:
        for number in range(120):
            name = f"Контакт {number:03}"
            one = Contact(client_id=client.id, full_name=name, created_at=office.clock.now())
            one.search_text = search_text(name)
            session.add(one)
    return client


def named(answer: TestResponse) -> list[str]:
    return re.findall(r"<strong>(Контакт \d+|Аліна|Ярина)</strong>", answer.text)


def test_contacts_are_read_page_by_page(office: Office, well_known: Client, browse: SignIn) -> None:
    olena, seen = browse("olena"), list[str]()
    address, pages = f"/clients/{well_known.id}", 0
    answer = olena.get(address)
    while True:
        seen += named(answer)
        pages += 1
        more = re.search(r'hx-get="([^"]+cursor=[^"]+)"', answer.text)
        if more is None:
            break
        answer = olena.get(unescape(more[1]), part=True)
    assert seen == [f"Контакт {number:03}" for number in range(120)]
    assert pages == 3
    deal = office.open_deal("olena", client_id=well_known.id, client=None)
    of_deal = olena.get(f"/deals/{deal.id}")
    assert "Усі контакти: 120" in text_of(of_deal)
    assert f'href="{address}#contacts"' in of_deal.text


def test_a_contact_is_found_among_many(well_known: Client, browse: SignIn) -> None:
    olena, address = browse("olena"), f"/clients/{well_known.id}/contacts"
    assert named(olena.get(f"{address}?q=КОНТАКТ 119", part=True)) == ["Контакт 119"]
    assert "Нікого не знайдено." in olena.get(f"{address}?q=Зоя", part=True).text
    assert browse("danylo").get(address, part=True).status_code == 404


def test_whom_somebody_has_just_added_stands_first(well_known: Client, browse: SignIn) -> None:
    """Behind the fifty that are listed nobody saw whom they had added, and added them once more."""
    olena, address = browse("olena"), f"/clients/{well_known.id}"
    for name, place in (("Ярина", 0), ("Аліна", 0)):
        added = olena.post(f"{address}/contacts", {"full_name": name})
        assert added.location.startswith(f"{address}?contact=")
        assert named(olena.get(added.location))[place] == name
    assert named(olena.get(added.location)).count("Аліна") == 1  # whom the list begins with anyway
    assert named(olena.get(f"{address}?contact=999999")) == named(olena.get(address))


def test_what_was_changed_about_a_client_is_read_page_by_page(office: Office, client: Client, browse: SignIn) -> None:
    for number in range(60):
        office.do("olena", update_client, client.id, {"segment": f"Сегмент {number:02}"})
    olena = browse("olena")
    latest = olena.get(f"/clients/{client.id}/history", part=True).text
    assert ("Сегмент 59" in latest, "Сегмент 05" in latest) == (True, False)
    (more,) = re.findall(r'hx-get="([^"]+cursor=[^"]+)"', latest)
    earlier = olena.get(more, part=True).text
    assert ("Сегмент 05" in earlier, "Сегмент 59" in earlier, "cursor" in earlier) == (True, False, False)
    assert olena.get(f"/clients/{client.id}/history?cursor=x", part=True).status_code == 422


def test_a_contact_without_a_name_is_not_kept(office: Office, client: Client, browse: SignIn) -> None:
    answer = browse("olena").post(f"/clients/{client.id}/contacts", {"full_name": "", "position": "Юрист"})
    assert "Заповніть поле «Повне імʼя»." in text_of(answer)
    assert answer.status_code == 422
    assert 'value="Юрист"' in answer.text
    with office.database.read() as session:
        assert session.query(Contact).count() == 0


def test_a_client_is_changed(office: Office, client: Client, browse: SignIn) -> None:
    answer = browse("olena").post(f"/clients/{client.id}", {"name": "ТОВ «Приплив»", "segment": "Порти"})
    assert answer.status_code == 303
    assert [(one.name, one.segment, one.edrpou) for one in stored(office)] == [("ТОВ «Приплив»", "Порти", "31234567")]


def test_the_list_is_searched_sorted_and_paged(office: Office, browse: SignIn) -> None:
    for number in range(55):
        office.do("olena", add_client, ClientDraft(name=f"Клієнт {number:02}"))
    browser = browse("olena")
    first = browser.get("/clients?sort=-name")
    assert "Клієнт 54" in first.text
    assert "Клієнт 03" not in first.text
    following = next(part for part in first.text.split('"') if "cursor=" in part).replace("&amp;", "&")
    second = browser.get(following)
    assert "Клієнт 03" in second.text
    assert "Клієнт 54" not in second.text
    found = browser.get("/clients?q=17")
    assert "Клієнт 17" in found.text
    assert "Клієнт 18" not in found.text


def test_the_export_holds_the_whole_list_and_no_formula(office: Office, browse: SignIn) -> None:
    office.do("olena", add_client, ClientDraft(name="=1+1"))
    answer = browse("olena").get("/clients/export.csv?q=1")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert [row[0] for row in rows[1:]] == ["'=1+1"]
    assert browse("olena").get("/clients/export.exe").status_code == 404


def test_a_colleague_does_not_see_the_client(client: Client, browse: SignIn) -> None:
    browser = browse("danylo")
    assert browser.get(f"/clients/{client.id}").status_code == 404
    assert browser.post(f"/clients/{client.id}", {"name": "Чужий"}).status_code == 404
    assert browser.post(f"/clients/{client.id}/contacts", {"full_name": "Чужий"}).status_code == 404
    assert client.name not in browser.get("/clients").text


def test_an_approver_adds_no_clients(office: Office, browse: SignIn) -> None:
    browser = browse("iryna")
    assert browser.get("/clients").status_code == 200
    assert browser.get("/clients/new").status_code == 403
    assert browser.post("/clients", NEW).status_code == 403
    assert browser.get("/clients/duplicates?phone=1").status_code == 403
    assert stored(office) == []


def test_writing_needs_its_token(office: Office, browse: SignIn) -> None:
    assert browse("olena").post("/clients", NEW, token="forged").status_code == 400
    assert stored(office) == []


def test_reading_changes_nothing(office: Office, client: Client, browse: SignIn) -> None:
    listed = browse("olena").get(f"/clients/{client.id}/contacts?full_name=Зоя", part=True)
    assert (listed.status_code, text_of(listed).strip()) == (200, "Контактів ще немає.")
    with office.database.read() as session:
        assert session.query(Contact).count() == 0


def test_the_number_of_open_deals_opens_exactly_these(office: Office, browse: SignIn, client: Client) -> None:
    olena = browse("olena")
    for title in ("Насоси", "Труби", "Котел"):
        office.open_deal(title=title, client=None, client_id=client.id)
    office.open_deal(title="Чужий кабель")
    lost = office.open_deal(title="Шафа", client=None, client_id=client.id)
    olena.post(f"/deals/{lost.id}/cancel", {"reason": "Передумали"})
    row = re.search(r'<a href="(/deals\?client=\d+)">(\d+)<', olena.get("/clients?q=Хвиля").text)
    assert row
    assert row[2] == "3"
    opened = olena.get(row[1])
    listed = re.findall(r'class="row-link"[^>]*>([^<]+)<', opened.text)
    assert sorted(listed) == ["Котел", "Насоси", "Труби"]
    assert "Клієнт: ТОВ «Хвиля»" in text_of(opened)
    assert f'name="client" value="{client.id}"' in opened.text, "the list's own form keeps it"
    exported = olena.get(f"/deals/export.csv?client={client.id}").text
    assert ("Насоси" in exported, "Чужий кабель" in exported) == (True, False)


def test_a_list_of_a_clients_deals_names_no_client_that_is_not_for_ones_eyes(browse: SignIn, client: Client) -> None:
    told = text_of(browse("danylo").get(f"/deals?client={client.id}"))
    assert "Хвиля" not in told
