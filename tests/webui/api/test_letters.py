"""Letters of a deal over HTTP: sent once, listed with their state."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.api import ApiClient, faults, read
from support.client_mail import CLIENT, deal_with_a_contact, file_of, letters_in
from support.files import pdf
from support.office import Office

ApiOf = Callable[[str | None], ApiClient]


@pytest.fixture
def database_url(sqlite_database_url: str) -> str:
    """No row is locked here in another way than elsewhere."""
    return sqlite_database_url


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
