from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from support.called_maps import job_map
from support.office import Office
from support.web import Browser, text_of

from engine.commands.external_jobs import fetch_jobs
from engine.commands.people import set_password, sign_in
from engine.commands.tokens import create_token
from engine.commands.webhook_deliveries import WEBHOOK, queue_deliveries
from engine.db.job import Job
from engine.model.api_token import ApiToken
from engine.model.calendar import Calendar
from engine.model.call_permit import CallHost, CallSecret
from engine.model.heartbeat import Heartbeat
from engine.model.history_event import HistoryEvent
from engine.model.substitution import Substitution
from engine.model.webhook import Webhook
from engine.policy.holidays_ua import ukrainian_holidays
from engine.queries.accounts import Accounts

SignIn = Callable[[str | None], Browser]

PASSWORD = "the present one"
ADMINISTRATORS = (
    "/settings/calendars",
    "/settings/webhooks",
    "/settings/connectors",
    "/settings/incidents",
    "/settings/machinery",
)


def calendar(office: Office) -> Calendar:
    with office.database.read() as session:
        return session.query(Calendar).one()


def test_everybody_has_a_profile(browse: SignIn) -> None:
    page = browse("iryna").get("/settings")
    assert "Ірина Бондар" in text_of(page)
    for address in ADMINISTRATORS:
        assert f'"{address}"' not in page.text
        assert f'"{address}"' in browse("admin").get("/settings").text


def test_the_menu_shows_where_one_is(browse: SignIn) -> None:
    admin, bohdan = browse("admin"), browse("bohdan")
    tabs = re.findall(r'href="(/settings[^"?#]*)"', admin.get("/settings").text)
    assert len(set(tabs)) > 12
    reports = ["/reports/funnel", "/reports/approvals", "/reports/activity", "/reports/steps"]
    for browser, home, addresses in ((admin, "/settings", set(tabs)), (bohdan, "/control", reports)):
        for address in addresses:
            here = f'<a class="nav-link" href="{home}" aria-current="page">'
            assert here in browser.get(address).text, address


def test_a_password_is_changed_and_this_session_goes_on(office: Office, browse: SignIn) -> None:
    office.do("olena", set_password, office.company.olena.id, PASSWORD)
    here, elsewhere = browse("olena"), browse("olena")
    form = {"present": PASSWORD, "password": "another long one", "repeated": "another long one"}
    assert here.post("/settings/password", form).status_code == 303
    assert here.get("/settings").status_code == 200
    assert elsewhere.get("/settings").status_code == 302
    with office.database.read() as session:
        assert sign_in(session, "olena", "another long one").id == office.company.olena.id


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"present": "a guess", "password": "another long one", "repeated": "another long one"}, "present"),
        ({"present": PASSWORD, "password": "another long one", "repeated": "a different one"}, "repeated"),
        ({"present": PASSWORD, "password": "short", "repeated": "short"}, "password"),
    ],
)
def test_a_password_is_not_changed_by_who_cannot_say_it(
    form: dict[str, str], field: str, office: Office, browse: SignIn
) -> None:
    office.do("olena", set_password, office.company.olena.id, PASSWORD)
    answer = browse("olena").post("/settings/password", form)
    assert answer.status_code == 422
    assert f'id="field-{field}-error"' in answer.text
    with office.database.read() as session:
        sign_in(session, "olena", PASSWORD)


def test_guessing_the_password_is_slowed(office: Office, browse: SignIn) -> None:
    office.do("olena", set_password, office.company.olena.id, PASSWORD)
    browser = browse("olena")
    answers = [browser.post("/settings/password", {"present": "a guess"}).status_code for _ in range(12)]
    assert answers[0] == 422
    assert answers[-1] == 429


def test_a_token_is_shown_once_and_revoked(office: Office, browse: SignIn) -> None:
    office.do("olena", set_password, office.company.olena.id, PASSWORD)
    browser = browse("olena")
    shown = re.search(r"rgl_[\w-]+", browser.post("/settings/tokens", {"name": "Імпорт", "present": PASSWORD}).text)
    assert shown is not None
    accounts = Accounts(office.database)
    owner = accounts.of_token(shown[0], office.clock.now())
    assert owner is not None
    assert owner.actor.login == "olena"
    with office.database.read() as session:
        (token,) = session.query(ApiToken)
    page = browser.get("/settings/tokens")
    assert "Імпорт" in page.text
    assert shown[0] not in page.text
    assert browser.post(f"/settings/tokens/{token.id}/revoke").status_code == 303
    assert accounts.of_token(shown[0], office.clock.now()) is None


def test_a_token_says_what_it_is_for(office: Office, browse: SignIn) -> None:
    assert browse("olena").post("/settings/tokens", {"name": " "}).status_code == 422
    with office.database.read() as session:
        assert session.query(ApiToken).count() == 0


def test_nobody_revokes_anothers_token(office: Office, browse: SignIn) -> None:
    office.do("olena", create_token, office.company.olena.id, "Імпорт")
    with office.database.read() as session:
        (token,) = session.query(ApiToken)
    assert browse("danylo").post(f"/settings/tokens/{token.id}/revoke").status_code == 404
    with office.database.read() as session:
        assert session.get_one(ApiToken, token.id).revoked_at is None


def absence(office: Office, substitute: str = "taras", **more: str) -> dict[str, str]:
    person = getattr(office.company, substitute)
    return {
        "substitute_id": str(person.id),
        "substitute_id_text": person.full_name,
        "starts_on": "2026-03-04",
        "ends_on": "2026-03-10",
    } | more


def substitutions(office: Office) -> list[tuple[int, int, date, date]]:
    with office.database.read() as session:
        rows = session.query(Substitution).order_by(Substitution.id)
        return [(one.person_id, one.substitute_id, one.starts_on, one.ends_on) for one in rows]


def test_ones_own_absence_is_arranged_and_ended(office: Office, browse: SignIn) -> None:
    browser = browse("olena")
    for _ in range(2):  # a double click
        assert browser.post("/settings/substitutions", absence(office)).status_code == 303
    olena, taras = office.company.olena.id, office.company.taras.id
    assert substitutions(office) == [(olena, taras, date(2026, 3, 4), date(2026, 3, 10))]
    page = browser.get("/settings/substitutions")
    assert "Тарас Мельник" in text_of(page)
    assert browse("danylo").post("/settings/substitutions/1/end").status_code == 404
    for _press in range(2):
        assert browser.post("/settings/substitutions/1/end").status_code == 303
    assert substitutions(office) == []


def test_who_stands_in_for_somebody_sees_it_beside_their_own_absences(office: Office, browse: SignIn) -> None:
    assert "нікого не заміщаєте" in text_of(browse("taras").get("/settings/substitutions"))
    browse("olena").post("/settings/substitutions", absence(office))
    taras = browse("taras").get("/settings/substitutions")
    assert "Ви заміщаєте: Олена Коваль" in text_of(taras)
    assert "нікого не заміщаєте" not in text_of(taras)
    assert "/settings/substitutions/1/end" not in taras.text, "it is the absent person's to end"
    assert text_of(browse("bohdan").get("/settings/substitutions")).count("Тарас Мельник") == 1


def test_a_head_arranges_for_members_only(office: Office, browse: SignIn) -> None:
    bohdan, olena, iryna = browse("bohdan"), str(office.company.olena.id), str(office.company.iryna.id)
    offered = [one["text"] for one in bohdan.get("/choose/absent").get_json()["items"]]
    assert offered[0] == "Богдан Шевченко"
    assert {"Олена Коваль", "Ірина Бондар"} & set(offered) == {"Олена Коваль"}
    unknown = bohdan.post("/settings/substitutions", absence(office, person_id="", person_id_text="Хтось"))
    assert 'id="field-person_id-error"' in unknown.text
    assert bohdan.post("/settings/substitutions", absence(office, person_id=olena)).status_code == 303
    assert bohdan.post("/settings/substitutions", absence(office, person_id=iryna)).status_code == 404
    assert browse("danylo").post("/settings/substitutions", absence(office, person_id=olena)).status_code == 404
    assert len(substitutions(office)) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"ends_on": "2026-03-01"}, "ends_on"),
        ({"starts_on": "колись"}, "starts_on"),
        ({"substitute_id": "", "substitute_id_text": "Хтось"}, "substitute_id"),
        ({"substitute_id": "", "substitute_id_text": ""}, "substitute_id"),
    ],
)
def test_what_is_wrong_about_an_absence_stands_at_its_field(
    wrong: dict[str, str], field: str, office: Office, browse: SignIn
) -> None:
    answer = browse("olena").post("/settings/substitutions", absence(office) | wrong)
    assert answer.status_code == 422
    assert f'id="field-{field}-error"' in answer.text
    assert substitutions(office) == []


def test_the_working_week_is_changed(office: Office, browse: SignIn) -> None:
    form = {"day-0": "9:00-13:00, 14.00–18.00", "day-5": "10:00–14:00"}
    assert browse("admin").post("/settings/calendars/1/week", form).status_code == 303
    assert calendar(office).weekly == {"0": [["09:00", "13:00"], ["14:00", "18:00"]], "5": [["10:00", "14:00"]]}


def test_a_week_without_any_hours_is_refused_in_words(office: Office, browse: SignIn) -> None:
    before = calendar(office).weekly
    answer = browse("admin").post("/settings/calendars/1/week", {"day-0": ""})
    assert answer.status_code == 422
    assert "Дайте робочі години хоча б одному дню" in text_of(answer)
    assert calendar(office).weekly == before


@pytest.mark.parametrize("zone", ["Kyiv", "Europe", "../zone", "я" * 6000])
def test_a_zone_that_is_none_is_refused_at_its_field(browse: SignIn, zone: str) -> None:
    answer = browse("admin").post("/settings/calendars", {"name": "Зміни", "zone": zone})
    assert answer.status_code == 422
    assert 'id="field-zone-error"' in answer.text


@pytest.mark.parametrize("hours", ["з ранку", "09:00–25:00", "09:00–12:00, 11:00–13:00", "09:00–13:00 і далі"])
def test_hours_that_are_none_change_nothing(hours: str, office: Office, browse: SignIn) -> None:
    before = calendar(office).weekly
    answer = browse("admin").post("/settings/calendars/1/week", {"day-0": hours})
    assert answer.status_code == 422
    assert calendar(office).weekly == before


def test_holidays_are_added_with_one_press_and_removed(office: Office, browse: SignIn) -> None:
    admin, (first, name) = browse("admin"), ukrainian_holidays(2026)[0]
    assert name in text_of(admin.get("/settings/calendars/1?year=2026"))
    added = admin.post("/settings/calendars/1/days", {"day": first.isoformat(), "name": name})
    assert added.status_code == 303
    assert [(one.day, one.name, one.spans) for one in calendar(office).exceptions] == [(first, name, [])]
    assert admin.post("/settings/calendars/1/holidays/2026").status_code == 303
    assert {one.day for one in calendar(office).exceptions} == {day for day, _ in ukrainian_holidays(2026)}
    for _press in range(2):
        assert admin.post(f"/settings/calendars/1/days/{first.isoformat()}/remove").status_code == 303
    assert first not in {one.day for one in calendar(office).exceptions}
    assert admin.post("/settings/calendars/1/days/someday/remove").status_code == 404
    assert admin.post("/settings/calendars/1/holidays/3026").status_code == 404


def test_a_day_with_hours_of_its_own(office: Office, browse: SignIn) -> None:
    form = {"day": "2026-03-07", "spans": "10:00–15:00", "name": "Робоча субота"}
    assert browse("admin").post("/settings/calendars/1/days", form).status_code == 303
    assert [one.spans for one in calendar(office).exceptions] == [[["10:00", "15:00"]]]
    assert browse("admin").post("/settings/calendars/1/days", form | {"day": ""}).status_code == 422


def test_another_calendar_becomes_the_companys(office: Office, browse: SignIn) -> None:
    admin = browse("admin")
    answer = admin.post("/settings/calendars", {"name": "Варшава", "zone": "Europe/Warsaw"})
    assert answer.status_code == 303
    assert admin.post("/settings/calendars", {"name": "Атлантида", "zone": "Sea/Atlantis"}).status_code == 422
    assert admin.post(f"{answer.location}/default").status_code == 303
    with office.database.read() as session:
        assert [one.name for one in session.query(Calendar).filter_by(is_default=True)] == ["Варшава"]


def test_a_webhook_is_added_with_its_secret_shown_once(office: Office, browse: SignIn) -> None:
    admin = browse("admin")
    form = {"url": "https://example.com/hook", "kinds": ["deal_won", "no_such_kind"]}
    answer = admin.post("/settings/webhooks", form)
    with office.database.read() as session:
        (webhook,) = session.query(Webhook)
    assert webhook.kinds == ["deal_won"]
    assert webhook.secret in answer.text
    assert webhook.secret not in admin.get("/settings/webhooks").text
    assert admin.post(f"/settings/webhooks/{webhook.id}/remove").status_code == 303
    with office.database.read() as session:
        assert session.query(Webhook).count() == 0


def test_each_kind_of_event_is_offered_once(browse: SignIn) -> None:
    kinds = re.findall(r'name="kinds" value="(\w+)"', browse("admin").get("/settings/webhooks").text)
    assert "deal_won" in kinds
    assert len(kinds) == len(set(kinds))


def test_an_address_is_added_once_however_often_its_button_is_pressed(office: Office, browse: SignIn) -> None:
    admin = browse("admin")
    form = {"url": "https://example.com/hook", "command_id": "one press"}
    pages = [admin.post("/settings/webhooks", form).text for _ in range(2)]
    with office.database.read() as session:
        (webhook,) = session.query(Webhook).all()
    assert all(webhook.secret in page for page in pages), "the answer that the browser shows is the second one"
    for told in ("більше не отримує сповіщень", "Цю адресу вже вилучено"):
        assert admin.post(f"/settings/webhooks/{webhook.id}/remove").status_code == 303
        assert told in text_of(admin.get("/settings/webhooks"))
    assert admin.post("/settings/webhooks/999/remove").status_code == 404
    assert admin.post("/settings/webhooks", form).status_code == 404


def test_an_address_that_does_not_answer_says_why_and_when_it_is_tried_next(office: Office, browse: SignIn) -> None:
    admin = browse("admin")
    admin.post("/settings/webhooks", {"url": "https://example.com/hook"})
    assert "/again" not in admin.get("/settings/webhooks").text
    with office.database.write() as session:
        queue_deliveries(session, clock=office.clock)
    with office.database.write() as session:
        job = session.query(Job).filter(Job.kind == WEBHOOK).one()
        job.attempts, job.due_at = 4, office.clock.now() + timedelta(minutes=80)
        job.last_error = "WebhookFailed: example.com did not take the event: HTTP 503"
    page = text_of(admin.get("/settings/webhooks"))
    assert "Не приймає подій: HTTP 503" in page
    assert "наступна спроба 11:20" in page
    assert admin.post("/settings/webhooks/1/again").status_code == 303
    with office.database.read() as session:
        job = session.query(Job).filter(Job.kind == WEBHOOK).one()
        assert (job.due_at, job.attempts) == (office.clock.now(), 0)
    shown = admin.get("/settings/webhooks")
    assert "спроба вже зараз" in text_of(shown)
    assert "/again" not in shown.text
    assert "Вебхук на https://example.com/hook: ще одна спроба" in text_of(admin.get("/settings/journal"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("WebhookFailed: example.com did not take the event: only https is called", "викликається лише https"),
        (
            "AddressNotPublic: example.com leads to an address that is not public; it is not called.",
            "example.com веде на непублічну адресу, тому не викликається.",
        ),
        ("TimeoutError: ", "TimeoutError"),
    ],
)
def test_what_an_address_answered_is_told_in_the_reader_s_language(
    office: Office, browse: SignIn, error: str, said: str
) -> None:
    admin = browse("admin")
    admin.post("/settings/webhooks", {"url": "https://example.com/hook"})
    with office.database.write() as session:
        queue_deliveries(session, clock=office.clock)
    with office.database.write() as session:
        session.query(Job).filter(Job.kind == WEBHOOK).one().last_error = error
    page = text_of(admin.get("/settings/webhooks"))
    assert f"Не приймає подій: {said} спроба" in page


@pytest.mark.parametrize(
    "url", ["http://example.com/hook", "https://10.0.0.7/hook", "https://localhost:8443/hook", "https://[::1]/hook"]
)
def test_an_address_that_would_not_be_called_is_refused(office: Office, browse: SignIn, url: str) -> None:
    answer = browse("admin").post("/settings/webhooks", {"url": url})
    assert answer.status_code == 422
    assert f'value="{url}"' in answer.text
    with office.database.read() as session:
        assert session.query(Webhook).count() == 0


@pytest.mark.parametrize("host", ["192.168.0.4", "localhost", "https://127.0.0.1:8443/", "HTTPS://10.0.0.7"])
def test_a_host_of_a_private_network_is_refused_when_it_is_entered(office: Office, browse: SignIn, host: str) -> None:
    """It was taken, and every step of a map that called it failed."""
    answer = browse("admin").post("/settings/connectors/hosts", {"host": host})
    assert answer.status_code == 422
    assert "host-error" in answer.text
    with office.database.read() as session:
        assert session.query(CallHost).count() == 0


def test_the_first_calendar_is_said_to_be_the_company_s(office: Office, browse: SignIn) -> None:
    admin, said = browse("admin"), "Перший календар стає календарем компанії"
    assert said not in text_of(admin.get("/settings/calendars"))
    with office.database.write() as session:
        for one in session.query(Calendar):
            session.delete(one)
    assert said in text_of(admin.get("/settings/calendars"))


def test_a_silent_worker_shows(office: Office, browse: SignIn) -> None:
    with office.database.write() as session:
        session.add(Heartbeat(name="worker", beaten_at=office.clock.now()))
    admin = browse("admin")
    before = admin.get("/settings/machinery").text.count("text-late")
    office.clock.advance(timedelta(minutes=7))
    assert admin.get("/settings/machinery").text.count("text-late") == before + 1


@pytest.mark.parametrize("login", ["olena", "bohdan", "owner"])
def test_the_administrators_settings_do_not_exist_for_others(login: str, office: Office, browse: SignIn) -> None:
    browser = browse(login)
    for address in (*ADMINISTRATORS, "/settings/calendars/1"):
        assert browser.get(address).status_code == 404
    for address in (
        "/settings/calendars",
        "/settings/calendars/1/week",
        "/settings/calendars/1/days",
        "/settings/calendars/1/holidays/2026",
        "/settings/calendars/1/default",
        "/settings/webhooks",
        "/settings/webhooks/1/again",
        "/settings/webhooks/1/remove",
        "/settings/connectors/hosts",
        "/settings/connectors/hosts/1/remove",
        "/settings/connectors/secrets",
        "/settings/connectors/secrets/1/remove",
        "/settings/incidents/1/retry",
        "/settings/incidents/1/close",
    ):
        assert browser.post(address, {"url": "https://example.com/"}).status_code == 404
    assert calendar(office).exceptions == []


def test_writing_needs_its_token_and_its_method(browse: SignIn) -> None:
    admin = browse("admin")
    for address in ("/settings/password", "/settings/tokens", "/settings/webhooks", "/settings/calendars/1/week"):
        assert admin.post(address, token="forged").status_code == 400
    for address in ("/settings/password", "/settings/calendars/1/week", "/settings/tokens/1/revoke"):
        assert admin.get(address).status_code == 405


def test_an_administrator_allows_hosts_and_keeps_secrets_that_no_page_shows(office: Office, browse: SignIn) -> None:
    admin = browse("admin")
    page, hosts, secrets = "/settings/connectors", "/settings/connectors/hosts", "/settings/connectors/secrets"
    secret = {"name": "crm", "secret_host": "crm.example.com", "value": "very-secret"}
    assert admin.post(secrets, secret).status_code == 422, "its host is not allowed yet"
    for wrong in ("", "http://x y", "user@crm.example.com", "crm.example.com:99999", "-crm.example.com", "crm"):
        assert admin.post(hosts, {"host": wrong}).status_code == 422
    assert admin.post(hosts, {"host": "https://CRM.example.com/"}).status_code == 303
    for value in ("very-secret", "another-secret"):
        assert admin.post(secrets, secret | {"value": value}).status_code == 303
    refused = admin.post(secrets, secret | {"value": "two\nlines"})
    assert refused.status_code == 422
    shown = text_of(admin.get(page)) + refused.text
    assert "crm.example.com" in shown
    assert not re.search("very-secret|another-secret|two\nlines", shown)
    with office.database.read() as session:
        (kept,) = session.query(CallSecret)
        assert "secret" not in kept.sealed
    for _press in range(2):
        assert admin.post(f"{secrets}/{kept.id}/remove").status_code == 303
    with office.database.read() as session:
        (host,) = session.query(CallHost)
    for _press in range(2):
        assert admin.post(f"{hosts}/{host.id}/remove").status_code == 303
    with office.database.read() as session:
        ended = select(HistoryEvent.kind).where(HistoryEvent.kind.in_(("call_secret_removed", "call_host_forbidden")))
        assert sorted(session.scalars(ended)) == ["call_host_forbidden", "call_secret_removed"]
    assert "crm.example.com" not in text_of(admin.get(page)).replace("placeholder", "")


def test_jobs_that_no_program_fetches_stand_on_the_machinerys_page(office: Office, browse: SignIn) -> None:
    assert "score" not in text_of(browse("admin").get("/settings/machinery"))
    office.publish(job_map())
    office.open_deal()
    office.open_deal()
    page = text_of(browse("admin").get("/settings/machinery"))
    assert re.search("score.*2 завдання, яких ніхто не забрав", page, re.DOTALL)
    office.do("owner", fetch_jobs, ["score"], "w1", limit=10, lock_s=60)
    assert "score" not in text_of(browse("admin").get("/settings/machinery"))
