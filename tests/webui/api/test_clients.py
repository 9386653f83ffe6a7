from __future__ import annotations

from collections.abc import Callable

import pytest
from support.api import ApiClient, faults, problem, read
from support.office import Office

from engine.commands.deals import comment_on_deal
from engine.commands.people import update_person
from engine.model.client import Client
from engine.model.person import Person
from engine.policy.personal_texts import ERASED

ApiOf = Callable[[str | None], ApiClient]


def test_a_client_is_added_found_and_changed(api: ApiOf) -> None:
    olena = api("olena")
    added = read(olena.post("/clients", {"name": "ТОВ «Промінь»", "phone": "067 123 45 67", "segment": "B2B"}), 201)
    assert added["phone"] == "+380671234567"
    (found,) = read(olena.get("/clients?q=промінь"))["items"]
    assert found["id"] == added["id"]
    changed = read(olena.patch(f"/clients/{added['id']}", {"segment": "B2G"}))
    assert (changed["segment"], changed["name"]) == ("B2G", added["name"])


def test_the_same_key_adds_one_client(api: ApiOf) -> None:
    olena = api("olena")
    first = read(olena.post("/clients", {"name": "ТОВ «Промінь»"}, key="add"), 201)
    assert read(olena.post("/clients", {"name": "ТОВ «Промінь»"}, key="add"), 201) == first
    assert len(read(olena.get("/clients"))["items"]) == 1
    problem(olena.post("/clients", {"name": "ТОВ «Лан»"}, key="add"), 409, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 301}, "name"),
        ({"name": "ТОВ", "edrpou": "12"}, "edrpou"),
        ({"name": "ТОВ", "email": "no address"}, "email"),
        ({"name": "ТОВ", "owner_id": 999_999}, "owner_id"),
        ({"name": "ТОВ", "owner_id": 2**70}, "owner_id"),
        ({"name": "ТОВ", "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(api: ApiOf, body: dict[str, object], field: str) -> None:
    assert set(faults(api("olena").post("/clients", body))) == {field}


def test_an_outsider_finds_no_client_and_an_approver_adds_none(api: ApiOf, office: Office) -> None:
    client_id = office.open_deal().client_id
    danylo = api("danylo")
    problem(danylo.get(f"/clients/{client_id}"), 404, "not_found")
    problem(danylo.patch(f"/clients/{client_id}", {"name": "Моє"}), 404, "not_found")
    problem(danylo.post("/contacts", {"client_id": client_id, "full_name": "Марія"}), 404, "not_found")
    problem(danylo.get(f"/contacts?client_id={client_id}"), 404, "not_found")
    problem(api("iryna").post("/clients", {"name": "ТОВ"}), 403, "ability_missing")


def test_contacts_stand_at_their_client(api: ApiOf, office: Office) -> None:
    client_id = office.open_deal().client_id
    olena = api("olena")
    names = ["Ганна", "Марія", "Остап"]
    for name in names:
        read(olena.post("/contacts", {"client_id": client_id, "full_name": name, "email": "a@example.com"}), 201)
    first = read(olena.get(f"/contacts?client_id={client_id}&limit=2"))
    second = read(olena.get(f"/contacts?client_id={client_id}&limit=2&cursor={first['next_cursor']}"))
    assert [one["full_name"] for page in (first, second) for one in page["items"]] == names
    assert [one["full_name"] for one in read(olena.get(f"/clients/{client_id}"))["contacts"]] == names
    assert [one["full_name"] for one in read(olena.get("/contacts?q=мар"))["items"]] == ["Марія"]
    assert set(faults(olena.post("/contacts", {"client_id": client_id, "full_name": " "}))) == {"full_name"}


def test_an_administrator_erases_a_person_and_nobody_else(api: ApiOf) -> None:
    olena, admin = api("olena"), api("admin")
    client = read(olena.post("/clients", {"name": "ФОП Бут Олег", "phone": "0501112233"}), 201)
    contact = read(olena.post("/contacts", {"client_id": client["id"], "full_name": "Марія Іваненко"}), 201)
    body = {"basis": "лист № 7", "words": ["Марійка"]}
    problem(olena.post(f"/contacts/{contact['id']}/erase", body), 403, "ability_missing")
    problem(admin.post(f"/contacts/{contact['id']}/erase", {"basis": ""}), 422, "invalid_input")
    first = read(admin.post(f"/contacts/{contact['id']}/erase", body, key="erase"))
    assert first == {"entries": 1, "kept": 0, "papers": 0, "files": 0}
    assert read(admin.post(f"/contacts/{contact['id']}/erase", body, key="erase")) == first
    assert read(admin.post(f"/clients/{client['id']}/erase", {"basis": "лист № 8"}))["entries"] == 1
    told = read(admin.get(f"/clients/{client['id']}"))
    assert (told["name"], told["phone"], told["contacts"][0]["full_name"]) == (ERASED, "", ERASED)
    problem(admin.post("/contacts/999999/erase", body), 404, "not_found")


def test_an_employee_who_has_left_is_erased_but_for_the_name(api: ApiOf, office: Office) -> None:
    iryna, admin = office.company.iryna, api("admin")
    address, body = f"/people/{iryna.id}/erase", {"basis": "наказ № 3"}
    problem(api("bohdan").post(address, body), 403, "ability_missing")
    problem(admin.post(address, {"basis": ""}), 422, "invalid_input")
    problem(admin.post(address, body), 409, "person_has_access")
    office.do("admin", update_person, iryna.id, {"phone": "0501112233"})
    office.do("admin", update_person, iryna.id, {"is_active": False})
    told = read(admin.post(address, body, key="left"))
    assert (told["id"], told["name"], told["erased_by"]) == (iryna.id, iryna.full_name, "Андрій Савченко")
    assert read(admin.post(address, body, key="left")) == told
    problem(admin.post("/people/999999/erase", body), 404, "not_found")
    with office.database.read() as session:
        assert session.get_one(Person, iryna.id).phone == ""


def test_what_was_written_in_an_entry_is_erased(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", comment_on_deal, deal.id, "Телефонувала Марія")
    address = f"/deals/{deal.id}/history/{office.history(deal)[-1].number}/erase"
    problem(api("olena").post(address, {"basis": "лист"}), 403, "ability_missing")
    assert read(api("admin").post(address, {"basis": "лист"}))["entries"] == 1
    problem(api("admin").post(address, {"basis": "лист"}), 422, "nothing_to_erase")
    newest, erased = read(api("olena").get(f"/deals/{deal.id}/history"))["items"][:2]
    assert (newest["kind"], newest["data"]["entries"]) == ("texts_erased", [erased["number"]])
    assert erased["data"]["text"] == ERASED


def test_a_repeated_call_tells_nothing_of_a_contact_that_was_removed_or_is_seen_no_more(
    api: ApiOf, office: Office
) -> None:
    olena = api("olena")
    first, second = (read(olena.post("/clients", {"name": name}), 201)["id"] for name in ("Промінь", "Обрій"))
    bodies = [{"client_id": one, "full_name": "Марія Іваненко"} for one in (first, second)]
    for number, body in enumerate(bodies):
        made = read(olena.post("/contacts", body, key=f"once {number}"), 201)
        assert read(olena.post("/contacts", body, key=f"once {number}"), 201) == made
    read(olena.post(f"/clients/{second}/merge", {"client_ids": [first]}))
    problem(olena.post("/contacts", bodies[0], key="once 0"), 404, "not_found")
    with office.database.write() as session:
        session.get_one(Client, second).owner_id = office.company.taras.id
    elsewhere = {"department_ids": [office.company.marketing.id]}
    office.do("admin", update_person, office.company.olena.id, elsewhere)
    problem(olena.get(f"/clients/{second}"), 404, "not_found")
    problem(olena.post("/contacts", bodies[1], key="once 1"), 404, "not_found")


def test_the_id_of_a_removed_double_of_a_contact_leads_to_who_stayed(api: ApiOf) -> None:
    olena, danylo = api("olena"), api("danylo")
    first, second, third = (
        read(olena.post("/clients", {"name": name}), 201)["id"] for name in ("Промінь", "Обрій", "Хвиля")
    )
    twins = [
        read(olena.post("/contacts", {"client_id": one, "full_name": "Марія Іваненко"}), 201)
        for one in (first, second, third)
    ]
    of_first, of_second, of_third = (f"/contacts/{one['id']}" for one in twins)
    assert read(olena.get(of_first)) == twins[0]
    read(olena.post(f"/clients/{second}/merge", {"client_ids": [first]}))
    read(olena.post(f"/clients/{third}/merge", {"client_ids": [second]}))
    for double in (of_first, of_second):
        led_on = olena.get(double)
        assert (led_on.status_code, led_on.location) == (307, f"/api/v1{of_third}")
        problem(danylo.get(double), 404, "not_found")
        problem(olena.patch(double, {"position": "Закупівлі"}), 404, "not_found")
    problem(danylo.get(of_third), 404, "not_found")
    problem(olena.get("/contacts/999999"), 404, "not_found")
    (latest, *_) = read(olena.get(f"/clients/{third}"))["merged"]
    read(olena.post(f"/client-merges/{latest['merge_id']}/undo"))
    assert read(olena.get(of_second))["client_id"] == second
    assert olena.get(of_first).location == f"/api/v1{of_second}"


def test_doubles_are_found_merged_and_set_apart_over_http(api: ApiOf) -> None:
    olena = api("olena")
    kept, merged = (
        read(olena.post("/clients", {"name": name, "phone": phone}), 201)["id"]
        for name, phone in (("ТОВ «Промінь»", "0671234567"), ("Промінь", "0501112233"))
    )
    (group,) = read(olena.get("/clients/doubles"))["items"]
    assert ({one["id"] for one in group["clients"]}, group["reasons"]) == ({kept, merged}, ["name"])
    body = {"client_ids": [merged], "values": {"phone": merged}}
    for _ in range(2):
        assert read(olena.post(f"/clients/{kept}/merge", body, key="merge"))["phone"] == "+380501112233"
    problem(olena.post(f"/clients/{kept}/merge", body), 409, "already_merged")
    problem(api("danylo").post(f"/clients/{kept}/merge", body), 404, "not_found")
    problem(api("iryna").post(f"/clients/{kept}/merge", body), 403, "ability_missing")
    moved = olena.get(f"/clients/{merged}")
    assert (moved.status_code, moved.location) == (307, f"/api/v1/clients/{kept}")
    added = read(olena.post("/contacts", {"client_id": merged, "full_name": "Ганна"}), 201)
    assert (added["client_id"], read(olena.get(f"/contacts?client_id={merged}"))["items"]) == (kept, [added])
    problem(olena.patch(f"/clients/{merged}", {"segment": "B2B"}), 404, "not_found")
    (one,) = read(olena.get(f"/clients/{kept}"))["merged"]
    assert (one["client_id"], one["can_be_undone"]) == (merged, True)
    assert read(olena.post(f"/client-merges/{one['merge_id']}/undo"))["id"] == merged
    problem(olena.post(f"/client-merges/{one['merge_id']}/undo"), 409, "merge_stays")
    assert olena.post("/clients/told-apart", {"client_ids": [kept, merged]}).status_code == 204
    assert read(olena.get("/clients/doubles"))["items"] == []
