"""What changed in accounts and settings: who did it, when, about whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import openpyxl
import pytest
from support.office import Office
from support.web import Browser, text_of

from engine.bpmn.compiled import Distribution
from engine.commands.calendars import set_calendar_exception
from engine.commands.definitions import check_map, deploy_definition
from engine.commands.departments import update_department
from engine.commands.own_fields import add_own_field, update_own_field
from engine.commands.people import PersonDraft, add_person, set_password, set_substitution, update_person
from engine.commands.staff_erasure import erase_employee
from engine.commands.tokens import create_token
from engine.events.base import Event
from engine.model.calendar import Calendar
from engine.model.own_field import FieldSubject
from engine.model.person import Role
from engine.policy.own_fields import OwnFieldDraft
from engine.queries.journal import EVENTS
from webui.map_patterns import drawn_pattern

SignIn = Callable[[str | None], Browser]

JOURNAL = "/settings/journal"


@pytest.fixture
def changed(office: Office) -> Office:
    """Somebody became head, a department got another head, a day became a holiday, and so on."""
    company = office.company
    office.do("admin", update_person, company.iryna.id, {"role": Role.HEAD, "email": "i@example.com"})
    changes = {"head_id": company.olena.id, "distribution": Distribution.LEAST_LOADED}
    office.do("admin", update_department, company.legal.id, changes)
    field = office.do(
        "admin", add_own_field, FieldSubject.CLIENT, OwnFieldDraft(label="Канал", type="choice", choices="A")
    )
    drafted = OwnFieldDraft(label="Канал", type="choice", choices="vip=Ключовий")
    office.do("admin", update_own_field, field.id, drafted)
    limit = OwnFieldDraft(label="Ліміт", type="money", maximum="100000")
    kept = office.do("admin", add_own_field, FieldSubject.CLIENT, limit)
    office.do("admin", update_own_field, kept.id, replace(limit, minimum="500", maximum="250000"))
    with office.database.read() as session:
        calendar_id = session.query(Calendar.id).scalar()
    if calendar_id is not None:
        office.do("admin", set_calendar_exception, calendar_id, datetime(2026, 3, 9, tzinfo=UTC).date(), [], "Свято")
    office.do("admin", set_password, company.taras.id, "a long password")
    office.do("olena", create_token, company.olena.id, "Облік")
    day = datetime(2027, 8, 1, tzinfo=UTC).date()
    office.do("taras", set_substitution, company.taras.id, company.olena.id, day, day)
    office.do("olena", update_person, company.olena.id, {"theme": "dark"})
    office.do("admin", add_person, PersonDraft("nova", "Нова Людина", Role.ADMINISTRATOR))
    office.do("admin", update_person, company.petro.id, {"locale": "en", "position": "Завскладу"})
    return office


def test_every_change_says_who_made_it_and_about_whom(changed: Office, browse: SignIn) -> None:
    page = text_of(browse("admin").get(JOURNAL))
    assert "Роль: Погоджувач → Керівник продажів" in page
    assert "Роль: Адміністратор" in page, "who was let in, and as what"
    assert re.search("Керівник: .+ → Олена Коваль", page)
    assert "Розподіл кроків: — → тому, у кого найменше відкритих кроків" in page
    assert "Варіанти: A → Ключовий" in page
    assert "Щонайменше: — → 500 ₴" in page
    assert "Щонайбільше: 100 000 ₴ → 250 000 ₴" in page
    assert "Заступник: Олена Коваль" in page
    for said in ("Ірина Бондар", "Створено токен «Облік»", "Андрій Савченко", "Установлено пароль"):
        assert said in page
    assert "Завскладу" in page, "a change of the account is not hidden by one of taste beside it"
    assert "→ dark" not in page, "how people like their own pages is nobody's business"


def test_a_map_is_called_by_its_name_and_leads_to_its_version(office: Office, browse: SignIn) -> None:
    """Its key is often a number that a drawing program gave it."""
    drawn = drawn_pattern("simple-sale", "Process_0im3pgs", "Продаж послуг")
    definition = office.do("owner", deploy_definition, check_map({"sale.bpmn": drawn}, library={}))
    page = browse("admin").get(f"{JOURNAL}?part=maps")
    assert "Process_0im3pgs" not in page.text
    assert "Карту «Продаж послуг» завантажено як версію 1" in text_of(page)
    assert f'href="/maps/{definition.id}"' in page.text


def test_it_is_narrowed_to_a_person_a_kind_and_a_period(changed: Office, browse: SignIn) -> None:
    admin, olena = browse("admin"), changed.company.olena.id
    of_olena = text_of(admin.get(f"{JOURNAL}?person={olena}"))
    assert "Створено токен «Облік»" in of_olena
    assert "Установлено пароль" not in of_olena
    assert "Заступник: Олена Коваль" in of_olena
    access = text_of(admin.get(f"{JOURNAL}?part=access"))
    assert "Створено токен «Облік»" in access
    assert "Роль:" not in access
    tomorrow = changed.clock.now() + timedelta(days=1)
    assert "Нічого не змінювали" in text_of(admin.get(f"{JOURNAL}?from={tomorrow:%Y-%m-%d}&to={tomorrow:%Y-%m-%d}"))
    assert admin.get(f"{JOURNAL}?person=x&part=x&from=x&to=x").status_code == 200


def test_it_is_exported_whole_and_read_page_by_page(changed: Office, browse: SignIn) -> None:
    for number in range(60):
        changed.do("admin", create_token, changed.company.admin.id, f"=1+{number}")
    admin = browse("admin")
    sheet = openpyxl.load_workbook(BytesIO(admin.get(f"{JOURNAL}/export.xlsx").data)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) > 60
    first = admin.get(f"{JOURNAL}?part=access")
    assert "=1+59" in first.text
    assert "Облік" not in first.text
    more = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "Облік" in admin.get(more).text


def test_what_was_erased_stays_erased(changed: Office, browse: SignIn) -> None:
    iryna = changed.company.iryna.id
    changed.do("admin", update_person, iryna, {"is_active": False})
    changed.do("admin", erase_employee, iryna, "заява № 3")
    page = text_of(browse("admin").get(f"{JOURNAL}?person={iryna}"))
    assert "i@example.com" not in page
    assert "заява № 3" in page


def test_whatever_happens_in_the_company_is_told_or_left_out_on_purpose() -> None:
    """Letters, what somebody watches and looks at are nobody's account and no setting."""
    left_out = {
        "MailChoicesSet",
        "SavedReportChanged",
        "LetterSentAgain",
        "ControlLooked",
        "WatchStarted",
        "WatchEnded",
    }
    of_company = {one.__name__ for one in Event.__subclasses__() if one.__module__ == "engine.events.company"}
    told = {event.__name__ for events in EVENTS.values() for event in events}
    assert of_company - told == left_out
