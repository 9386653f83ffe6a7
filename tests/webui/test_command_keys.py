"""A form that is shown again carries an id that was never used: the next press is a command of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.office import Office
from support.web import Browser, text_of

import webui
from engine.commands.clients import ClientDraft, ContactDraft, add_client, add_contact
from engine.commands.people import update_person
from engine.model.client import Client
from engine.model.deal import Deal

SignIn = Callable[[str | None], Browser]
TEMPLATES = Path(webui.__file__).parent / "templates"
_KEYS = re.compile(r'name="command_id" value="([^"]*)"')
USED = "used already"


def only_key(page: str) -> str:
    (key,) = _KEYS.findall(page)
    return str(key)


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.stem)
def test_no_form_makes_an_id_of_its_own(template: Path) -> None:
    assert "command_id" not in template.read_text(encoding="utf-8")


def test_every_form_of_a_page_has_an_id_of_its_own(office: Office, browse: SignIn) -> None:
    page = browse("bohdan").get(f"/deals/{office.open_deal().id}").text
    keys = _KEYS.findall(page)
    assert len(keys) > 2
    assert len(set(keys)) == len(keys)
    assert "" not in keys


def test_a_new_deal_after_one_under_the_same_id(office: Office, browse: SignIn) -> None:
    office.open_deal()
    olena = browse("olena")
    form = {
        "title": "Перша",
        "definition_key": "sale",
        "amount": "",
        "currency": "UAH",
        "client.name": "ТОВ «Лан»",
        "command_id": USED,
    }
    first = olena.post("/deals", form)
    assert first.status_code == 303, text_of(first)
    refused = olena.post("/deals", form | {"title": "Друга"})
    assert refused.status_code == 409
    key = only_key(refused.text)
    assert key != USED
    assert (
        olena.post("/deals", form | {"title": "Друга", "client.name": "ТОВ «Інший»", "command_id": key}).status_code
        == 303
    )
    with office.database.read() as session:
        assert {"Перша", "Друга"} <= {one.title for one in session.query(Deal)}


def test_two_contacts_are_erased_one_after_another_on_a_page_that_was_left_open(office: Office, browse: SignIn) -> None:
    client = office.do("olena", add_client, ClientDraft("ТОВ «Лан»"))
    ids = [office.do("olena", add_contact, client.id, ContactDraft(name)).id for name in ("Марія", "Ганна")]
    admin, address = browse("admin"), f"/clients/{client.id}/erase"
    assert admin.post(address, {"contact": str(ids[0]), "basis": "лист № 7", "command_id": USED}).status_code == 303
    refused = admin.post(address, {"contact": str(ids[1]), "basis": "лист № 8", "command_id": USED})
    assert refused.status_code == 409
    again = {"contact": str(ids[1]), "basis": "лист № 8", "command_id": only_key(refused.text)}
    assert admin.post(address, again).status_code == 303


def test_who_has_left_is_erased_after_a_refusal(office: Office, browse: SignIn) -> None:
    admin = browse("admin")
    addresses = []
    for login in ("olena", "taras"):
        person = getattr(office.company, login)
        office.do("admin", update_person, person.id, {"is_active": False})
        addresses.append(f"/people/{person.id}/erase")
    assert admin.post(addresses[0], {"basis": "лист № 7", "command_id": USED}).status_code == 303
    refused = admin.post(addresses[1], {"basis": "лист № 8", "command_id": USED})
    assert refused.status_code == 409
    assert admin.post(addresses[1], {"basis": "лист № 8", "command_id": only_key(refused.text)}).status_code == 303
    with office.database.read() as session:
        assert session.query(Client).count() == 0
