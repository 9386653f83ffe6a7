"""Deleting and putting away on the pages of departments and calendars."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.office import Office
from support.web import Browser, text_of

from engine.commands.departments import DepartmentDraft, add_department
from engine.commands.people import update_person

SignIn = Callable[[str | None], Browser]


def test_a_department_made_by_mistake_is_deleted_on_its_page(office: Office, browse: SignIn) -> None:
    stock, admin = office.do("admin", add_department, DepartmentDraft("Склад")), browse("admin")
    page = admin.get(f"/departments/{stock.id}").text
    assert f'action="/departments/{stock.id}/delete"' in page
    assert f"/departments/{stock.id}/archive" not in page
    for _press in range(2):
        assert admin.post(f"/departments/{stock.id}/delete").location == "/departments"
    shown = text_of(admin.get("/departments"))
    assert "Відділ «Склад» видалено." in shown
    assert "Відділ «Склад» видалено: ним не користувалися" in text_of(admin.get("/settings/journal"))
    assert admin.get(f"/departments/{stock.id}").status_code == 404


def test_a_department_in_use_tells_what_to_settle_then_is_put_away_and_back(office: Office, browse: SignIn) -> None:
    stock, admin = office.do("admin", add_department, DepartmentDraft("Склад")), browse("admin")
    address, danylo = f"/departments/{stock.id}", office.company.danylo.id
    office.do("admin", update_person, danylo, {"department_ids": [stock.id]})
    assert "1 людина належить до нього" in text_of(admin.get(address))
    refused = admin.post(f"{address}/archive")
    assert (refused.status_code, "ще в ужитку" in text_of(refused)) == (409, True)
    office.do("admin", update_person, danylo, {"department_ids": []})
    assert admin.post(f"{address}/delete").status_code == 409
    assert admin.post(f"{address}/archive").status_code == 303
    listed = admin.get("/departments").text
    assert f'action="{address}/restore"' in listed
    assert f'<option value="{stock.id}">' not in listed, "nothing becomes a part of it"
    assert f'name="department_ids" value="{stock.id}"' not in admin.get("/people/new").text
    shown = admin.get(address)
    assert "нічого нового не дають" in text_of(shown)
    assert 'name="escalation"' not in shown.text
    asked = browse("olena").get
    assert "Склад" not in {one["name"] for one in asked("/api/v1/departments").get_json()["items"]}
    told = {one["name"]: one["archived"] for one in asked("/api/v1/departments?archived=true").get_json()["items"]}
    assert told["Склад"] is True
    assert admin.post(f"{address}/restore").status_code == 303
    assert 'name="escalation"' in admin.get(address).text


def test_calendars_are_deleted_put_away_and_back_on_their_page(office: Office, browse: SignIn) -> None:
    admin, page = browse("admin"), "/settings/calendars"
    form = {"zone": "Europe/Kyiv"}
    mistaken, second = (admin.post(page, form | {"name": name}).location for name in ("Помилка", "Зміни"))
    assert mistaken is not None
    assert second is not None
    twice = admin.post(page, form | {"name": "Зміни"})
    assert (twice.status_code, "Календар «Зміни» уже є." in text_of(twice)) == (422, True)
    assert admin.post(f"{mistaken}/default").status_code == 303
    assert "За ним рахує компанія" in text_of(admin.get(mistaken))
    assert admin.post(f"{second}/delete").location == page
    assert admin.get(second).status_code == 404
    assert admin.post(f"{mistaken}/archive").status_code == 409
    assert admin.post("/settings/calendars/1/default").status_code == 303
    assert admin.post(f"{mistaken}/archive").location == page
    shown = admin.get(mistaken)
    assert "нічого нового не рахують" in text_of(shown)
    assert 'name="day-0"' not in shown.text
    assert admin.post(f"{mistaken}/week", {"day-0": "09:00–18:00"}).status_code == 409
    assert admin.post(f"{mistaken}/restore").location == page


@pytest.mark.parametrize("login", ["olena", "bohdan", "owner", "danylo"])
def test_others_find_no_such_page(office: Office, browse: SignIn, login: str) -> None:
    stock, person = office.do("admin", add_department, DepartmentDraft("Склад")), browse(login)
    for address in (f"/departments/{stock.id}", "/settings/calendars/1"):
        for act in ("archive", "restore", "delete"):
            assert person.post(f"{address}/{act}").status_code == 404
