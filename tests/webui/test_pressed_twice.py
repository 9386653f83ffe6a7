"""A button that is pressed twice before its page has come makes one thing, and the second answer shows it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from support.office import Office
from support.web import Browser, text_of

from engine.commands.people import set_password
from engine.model.api_token import ApiToken
from engine.model.calendar import Calendar
from engine.model.client import Client, Contact
from engine.model.client_import import ClientImport
from engine.model.deal_import import DealImport
from engine.model.department import Department
from engine.model.history_event import HistoryEvent
from engine.model.loss_reason import LossReason
from engine.model.own_field import OwnField
from engine.model.person import Person
from engine.model.process_definition import ProcessDefinition

SignIn = Callable[[str | None], Browser]
PASSWORD = "three calm horses"

FORMS: dict[str, tuple[str, str, dict[str, str], type[Any], dict[str, str]]] = {
    "department": ("admin", "/departments", {"name": "Склад"}, Department, {"name": "Митниця"}),
    "calendar": ("admin", "/settings/calendars", {"name": "Склад", "zone": "Europe/Kyiv"}, Calendar, {"name": "Цех"}),
    "person": (
        "admin",
        "/people",
        {"login": "ostap", "full_name": "Остап Вишня", "role": "manager", "password": PASSWORD},
        Person,
        {"login": "lesia"},
    ),
    "client": ("olena", "/clients", {"name": "ТОВ «Лан»"}, Client, {"name": "ТОВ «Степ»"}),
    "field": (
        "owner",
        "/settings/fields/client",
        {"label": "Склад", "type": "text"},
        OwnField,
        {"label": "Цех"},
    ),
    "loss reason": ("owner", "/settings/loss-reasons", {"name": "Не встигли"}, LossReason, {"name": "Дорого"}),
    "map": ("owner", "/maps/new", {"name": "Послуги", "pattern": "approval"}, ProcessDefinition, {"name": "Товари"}),
}


def counted(office: Office, model: type[Any]) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("form", FORMS)
def test_one_thing_is_made_however_often_the_button_is_pressed(office: Office, browse: SignIn, form: str) -> None:
    login, address, typed, model, other = FORMS[form]
    person, before = browse(login), counted(office, model)
    answers = [person.post(address, typed | {"command_id": "one press"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303], text_of(answers[1])
    assert answers[0].location == answers[1].location
    assert counted(office, model) == before + 1
    again = person.post(address, typed | other | {"command_id": "one press"})
    assert again.status_code == 303, "who comes back and writes something else means something else"
    assert counted(office, model) == before + 2


@pytest.mark.parametrize(
    ("login", "address"),
    [
        ("admin", "/departments"),
        ("admin", "/settings/calendars"),
        ("admin", "/people/new"),
        ("olena", "/clients/new"),
        ("olena", "/clients/import"),
        ("olena", "/deals/import"),
        ("olena", "/settings/tokens"),
    ],
)
def test_the_form_carries_an_id(browse: SignIn, login: str, address: str) -> None:
    assert 'name="command_id"' in browse(login).get(address).text


def test_a_contact_and_comments_are_added_once(office: Office, browse: SignIn) -> None:
    deal = office.open_deal()
    step, olena = office.step("prepare", deal), browse("olena")
    for _ in range(2):
        assert olena.post(f"/deals/{deal.id}/comment", {"text": "Чекаю", "command_id": "a"}).status_code == 303
        assert olena.post(f"/work-items/{step.id}/comment", {"text": "Питаю", "command_id": "b"}).status_code == 303
        form = {"full_name": "Марія", "command_id": "c"}
        assert olena.post(f"/clients/{deal.client_id}/contacts", form).status_code == 303
    with office.database.read() as session:
        told = session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "commented")).all()
        assert sorted(one.data["text"] for one in told) == ["Питаю", "Чекаю"]
        assert len(session.scalars(select(Contact).where(Contact.client_id == deal.client_id)).all()) == 1


def test_a_list_is_brought_once_and_another_file_is_another_list(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    for content in ("Назва\nЛан\n", "Назва\nЛан\n", "Назва\nСтеп\n"):
        form = {"kind": "clients", "command_id": "one press", "file": (io.BytesIO(content.encode()), "list.csv")}
        assert olena.post("/clients/import", form).status_code == 303
    assert counted(office, ClientImport) == 2


def test_a_file_of_deals_is_brought_once_and_another_file_is_another_one(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    for title in ("Насоси", "Насоси", "Вали"):
        file = (io.BytesIO(f"Назва;Клієнт\n{title};Лан\n".encode()), "deals.csv")
        form = {"definition_key": "sale", "command_id": "one press", "file": file}
        assert olena.post("/deals/import", form).status_code == 303
    assert counted(office, DealImport) == 2


def test_a_token_is_made_once_and_the_second_answer_shows_it(office: Office, browse: SignIn) -> None:
    for login in ("olena", "bohdan"):
        office.do("admin", set_password, getattr(office.company, login).id, PASSWORD)
    olena = browse("olena")
    form = {"name": "Обмін", "command_id": "one press", "present": PASSWORD}
    pages = [olena.post("/settings/tokens", form).text for _ in range(2)]
    (token,) = {page.split("rgl_")[1][:43] for page in pages}
    asked = {"Authorization": f"Bearer rgl_{token}"}
    assert olena.client.get("/api/v1/me", headers=asked).status_code == 200
    assert counted(office, ApiToken) == 1
    other = browse("bohdan").post("/settings/tokens", form).text.split("rgl_")[1][:43]
    assert other != token, "the same press of somebody else is another token"
    with office.database.read() as session:
        made = session.scalars(select(ApiToken).where(ApiToken.person_id == office.company.olena.id)).one()
    olena.post(f"/settings/tokens/{made.id}/revoke")
    assert olena.post("/settings/tokens", form).status_code == 404
