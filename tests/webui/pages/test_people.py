from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from support.office import Office
from support.web import Browser, text_of, web_settings

from engine.clock import SystemClock
from engine.commands.people import PersonDraft, add_person, sign_in, update_person
from engine.db.session import Database
from engine.errors import SignInFailed
from engine.model.department import Department
from engine.model.person import Person, Role
from engine.policy.permissions import Actor
from webui.app import create_app

SignIn = Callable[[str | None], Browser]

NEW = {"login": "maria", "full_name": "Марія Литвин", "role": "approver", "password": "a long password"}


@pytest.fixture
def admin(browse: SignIn) -> Browser:
    return browse("admin")


def person(office: Office, login: str) -> Person:
    with office.database.read() as session:
        found = session.query(Person).filter_by(login=login).one()
        assert found.departments is not None
        return found


def department(office: Office, name: str) -> Department:
    with office.database.read() as session:
        return session.query(Department).filter_by(name=name).one()


def test_a_person_is_added_and_can_sign_in(office: Office, admin: Browser) -> None:
    legal = office.company.legal.id
    answer = admin.post("/people", NEW | {"department_ids": [str(legal)], "phone": "067 123 45 67"})
    added = person(office, "maria")
    assert (answer.status_code, answer.location) == (303, f"/people/{added.id}")
    assert (added.role, [one.id for one in added.departments]) == (Role.APPROVER, [legal])
    assert added.phone == "+380671234567"
    with office.database.read() as session:
        assert sign_in(session, "maria", "a long password").id == added.id


def test_what_is_wrong_about_a_person_stands_at_its_field(admin: Browser) -> None:
    answer = admin.post(
        "/people", NEW | {"login": "olena", "password": "short", "full_name": "\u200b", "email": "a@b\nBcc: c@d"}
    )
    assert answer.status_code == 422
    for name in ("login", "password", "full_name", "email"):
        assert f'id="field-{name}-error"' in answer.text
    assert admin.post("/people", NEW | {"role": "emperor"}).status_code == 422


def test_a_form_of_a_person_without_any_role_is_told_so_at_the_field(office: Office, admin: Browser) -> None:
    answer = admin.post(f"/people/{office.company.olena.id}", {"full_name": "Олена Шевчук"})
    assert answer.status_code == 422
    assert 'id="field-role-error"' in answer.text


def test_a_login_that_was_left_out_is_asked_for(admin: Browser) -> None:
    answer = admin.post("/people", NEW | {"login": " "})
    assert answer.status_code == 422
    assert "Заповніть поле «Логін»" in text_of(answer)


def test_the_number_of_a_department_s_people_opens_the_list_of_them(office: Office, admin: Browser) -> None:
    company = office.company
    address = f"/people?department={company.sales.id}"
    assert address in admin.get("/departments").text
    assert address in admin.get(f"/departments/{company.sales.id}").text
    (counted,) = re.findall(rf'href="{re.escape(address)}">(\d+)<', admin.get("/departments").text)
    shown = admin.get(address)
    assert shown.text.count("data-row=") == int(counted)
    assert company.olena.full_name in text_of(shown)
    assert company.iryna.full_name not in text_of(shown)
    assert company.taras.full_name not in text_of(admin.get(f"{address}&q={company.olena.login}"))
    office.do("admin", update_person, company.olena.id, {"is_active": False})
    assert admin.get(address).text.count("data-row=") == int(counted) - 1
    for missing in ("999999", "x", "9" * 30):
        assert admin.get(f"/people?department={missing}").status_code == 404


def test_role_and_departments_are_changed(office: Office, admin: Browser) -> None:
    changed = {
        "full_name": "Олена Коваль-Гай",
        "role": "head",
        "department_ids": [str(office.company.sales.id), str(office.company.legal.id)],
    }
    assert admin.post(f"/people/{office.company.olena.id}", changed).status_code == 303
    olena = person(office, "olena")
    assert (olena.full_name, olena.role) == ("Олена Коваль-Гай", Role.HEAD)
    assert {one.id for one in olena.departments} == {office.company.sales.id, office.company.legal.id}


def test_access_is_taken_away_and_given_back(office: Office, admin: Browser, browse: SignIn) -> None:
    olena = browse("olena")
    address = f"/people/{office.company.olena.id}/active"
    assert admin.post(address, {"active": "no"}).status_code == 303
    assert (olena.get("/inbox").location or "").startswith("/sign-in")
    assert admin.post(address, {"active": "yes"}).status_code == 303
    assert person(office, "olena").is_active


def test_nobody_takes_their_own_access_away(office: Office, admin: Browser) -> None:
    assert admin.post(f"/people/{office.company.admin.id}/active", {"active": "no"}).status_code == 403
    assert person(office, "admin").is_active


def test_a_new_password_ends_all_sessions(office: Office, admin: Browser, browse: SignIn) -> None:
    olena = browse("olena")
    address = f"/people/{office.company.olena.id}/password"
    assert admin.post(address, {"password": "short"}).status_code == 422
    assert olena.get("/inbox").status_code == 200
    assert admin.post(address, {"password": "a long password"}).status_code == 303
    assert olena.get("/inbox").status_code == 302


def test_people_are_found_by_any_part(admin: Browser) -> None:
    page = text_of(admin.get("/people?q=бондар"))
    assert "Ірина Бондар" in page
    assert "Оксана Ткач" not in page


def test_a_department_is_added_with_its_ladder_in_words(office: Office, admin: Browser) -> None:
    form = {
        "name": "Договірний відділ",
        "head_id": str(office.company.iryna.id),
        "head_id_text": "Ірина Бондар",
        "parent_id": str(office.company.legal.id),
        "escalation": "head at due; reassign to head 1 р.д. after",
    }
    assert admin.post("/departments", form).status_code == 303
    added = department(office, "Договірний відділ")
    assert (added.head_id, added.parent_id) == (office.company.iryna.id, office.company.legal.id)
    assert "1 робочий день" in text_of(admin.get(f"/departments/{added.id}"))


def test_what_is_wrong_about_a_department_stands_at_its_field(office: Office, admin: Browser) -> None:
    answer = admin.post("/departments", {"name": "Логістика", "escalation": "колись потім", "head_id_text": ""})
    assert answer.status_code == 422
    for name in ("name", "escalation"):
        assert f'id="field-{name}-error"' in answer.text
    unknown = admin.post("/departments", {"name": "Склад", "head_id": "", "head_id_text": "Хтось"})
    assert 'id="field-head_id-error"' in unknown.text


def test_a_department_changes_its_head(office: Office, admin: Browser) -> None:
    marketing = office.company.marketing.id
    form = {"name": "Маркетинг", "head_id": str(office.company.danylo.id), "head_id_text": "Данило Кравець"}
    assert admin.post(f"/departments/{marketing}", form).status_code == 303
    assert department(office, "Маркетинг").head_id == office.company.danylo.id
    assert admin.post(f"/departments/{marketing}", {"name": ""}).status_code == 422


def test_departments_stand_below_the_one_they_are_part_of_and_say_how_steps_are_given_out(
    office: Office, admin: Browser
) -> None:
    legal, sales = office.company.legal.id, office.company.sales.id
    form = {"name": "Юридичний відділ", "parent_id": str(sales), "distribution": "round_robin"}
    assert admin.post(f"/departments/{legal}", form).status_code == 303
    page = text_of(admin.get("/departments"))
    assert "Відділ продажів / Юридичний відділ" in page
    assert "по черзі" in page
    circle = admin.post(f"/departments/{sales}", {"name": "Відділ продажів", "parent_id": str(legal)})
    assert circle.status_code == 422
    assert 'id="field-parent_id-error"' in circle.text


def test_nobody_is_sent_to_another_site(admin: Browser) -> None:
    answer = admin.post("/departments", {"name": "Склад", "next": "https://example.com/"})
    assert answer.location == "/departments"


@pytest.mark.parametrize("login", ["olena", "bohdan", "iryna", "owner"])
def test_people_and_departments_are_the_administrators(login: str, office: Office, browse: SignIn) -> None:
    browser, olena = browse(login), office.company.olena.id
    for address in ("/people", "/people/new", f"/people/{olena}", "/departments", "/departments/1"):
        assert browser.get(address).status_code == 404
    for address in ("/people", f"/people/{olena}", f"/people/{olena}/active", f"/people/{olena}/password"):
        assert browser.post(address, NEW).status_code == 404
    for address in ("/departments", "/departments/1"):
        assert browser.post(address, {"name": "Склад"}).status_code == 404
    assert person(office, "olena").full_name == "Олена Коваль"
    assert '"/people"' not in browser.get("/inbox").text


def test_a_missing_record_is_not_found(admin: Browser) -> None:
    for address in ("/people/999", "/departments/999"):
        assert admin.get(address).status_code == 404
        assert admin.post(address, {"full_name": "Х", "name": "Х", "role": "head"}).status_code == 404


def test_writing_needs_its_token_and_its_method(office: Office, admin: Browser) -> None:
    assert admin.post("/people", NEW, token="forged").status_code == 400
    assert admin.post("/departments", {"name": "Склад"}, token="forged").status_code == 400
    assert admin.get(f"/people/{office.company.olena.id}/active").status_code == 405
    with office.database.read() as session, pytest.raises(SignInFailed):
        sign_in(session, "maria", NEW["password"])


def test_who_has_left_is_erased_after_being_told_what_stays(office: Office, browse: SignIn, admin: Browser) -> None:
    address = f"/people/{office.company.iryna.id}"
    assert f"{address}/erase" not in admin.get(address).text
    assert "Спершу заберіть доступ" in text_of(admin.post(f"{address}/erase", {"basis": "заява № 3"}))
    admin.post(f"{address}/active", {"active": "no"})
    page = admin.get(address)
    assert (f"{address}/erase" in page.text, "Імʼя лишається" in text_of(page)) == (True, True)
    refused = admin.post(f"{address}/erase", {"basis": " "})
    assert (refused.status_code, "field-basis-error" in refused.text) == (422, True)
    assert admin.post(f"{address}/erase", {"basis": "заява № 3"}).status_code == 303
    assert "Стерто 2 бер., Андрій Савченко." in text_of(admin.get(address))
    assert browse("bohdan").post(f"{address}/erase", {"basis": "заява № 3"}).status_code in (403, 404)


def test_before_the_first_map_is_published_the_administrator_reads_what_is_still_missing(database_url: str) -> None:
    database = Database(database_url)
    with database.write() as session:
        draft = PersonDraft(login="admin", full_name="Ada", role=Role.ADMINISTRATOR, locale="en")
        add_person(session, draft, actor=Actor.system(), clock=SystemClock())
    admin = Browser(create_app(web_settings(), database, SystemClock()), "admin")

    def to_do() -> list[str]:
        return re.findall(r"To do: (Departments|The process owner|The sales map)", text_of(admin.get("/people")))

    assert to_do() == ["Departments", "The process owner", "The sales map"]
    assert 'href="/people/new?role=owner"' in admin.get("/maps").text
    assert '<option value="owner" selected' in admin.get("/people/new?role=owner").text
    admin.post("/people", NEW | {"role": "owner"})
    admin.post("/departments", {"name": "Sales"})
    assert to_do() == ["The sales map"]
    maps = admin.get("/maps")
    assert "Who that is, and what else comes first" in text_of(maps)
    assert "/people/new" not in maps.text
    database.dispose()


def test_a_company_at_work_reads_of_no_first_steps(admin: Browser) -> None:
    assert "first-step" not in admin.get("/people").text
