"""Who calls, in which language they read, how often they may, and what a request must be."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, update
from support.api import ApiClient, faults, problem, read
from support.office import Office
from support.web import Browser

from engine.commands.tokens import create_token, revoke_token
from engine.model.api_token import ApiToken
from engine.model.department import Department, Membership
from webui.api import call_limits

ApiOf = Callable[[str | None], ApiClient]


def test_a_token_says_who_asks(api: ApiOf, office: Office) -> None:
    me = read(api("olena").get("/me"))
    assert (me["id"], me["login"], me["role"]) == (office.company.olena.id, "olena", "manager")
    assert me["abilities"] == ["edit_deal", "manage_clients", "open_deal"]


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Bearer ", "Bearer", "Basic b2xlbmE6eA==", "Bearer я"])
def test_without_a_valid_token_nobody_is_known(app: Flask, office: Office, authorization: str | None) -> None:
    program = ApiClient(app, office, None)
    headers = {} if authorization is None else {"Authorization": authorization.encode().decode("latin-1")}
    answer = program.get("/me", headers=headers)
    problem(answer, 401, "not_identified")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="reglament"'


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_a_token_writes_however_its_header_is_spelled(api: ApiOf, scheme: str) -> None:
    olena = api("olena")
    olena.headers["Authorization"] = olena.headers["Authorization"].replace("Bearer", scheme)
    assert read(olena.get("/me"))["login"] == "olena"
    read(olena.post("/clients", {"name": "ТОВ «Обрій»"}), 201)


def test_a_revoked_token_ends_at_once(app: Flask, office: Office, api: ApiOf) -> None:
    olena = api("olena")
    read(olena.get("/me"))
    with office.database.read() as session:
        token_id = session.query(ApiToken.id).scalar()
    office.do("olena", revoke_token, token_id)
    problem(olena.get("/me"), 401, "not_identified")


def test_a_token_that_was_revoked_meanwhile_completes_no_step(office: Office, api: ApiOf) -> None:
    """Who completes steps one after another is known from before; the step's own lock notices that this has changed."""
    first, second = office.open_deal(title="Перша"), office.open_deal(title="Друга")
    olena, typed = api("olena"), {"values": {"discount": "5"}}
    read(olena.get("/me"))
    read(olena.post(f"/work-items/{office.step('prepare', first).id}/complete", typed))
    with office.database.read() as session:
        token_id = session.query(ApiToken.id).scalar()
    office.do("olena", revoke_token, token_id)
    problem(olena.post(f"/work-items/{office.step('prepare', second).id}/complete", typed), 401, "not_identified")
    assert office.step("prepare", second).state == "claimed"
    assert "step_completed" not in office.kinds(second)


def test_who_left_a_department_meanwhile_completes_none_of_its_steps(office: Office, api: ApiOf) -> None:
    first, second = office.open_deal(title="Перша"), office.open_deal(title="Друга")
    for deal in (first, second):
        office.complete("olena", "prepare", work_item_id=office.step("prepare", deal).id, values={"discount": "5"})
    iryna, decided = api("iryna"), {"outcome": "approved"}
    read(iryna.get("/me"))
    read(iryna.post(f"/work-items/{office.step('legal', first).id}/complete", decided))
    with office.database.write() as session:
        session.execute(delete(Membership).where(Membership.person_id == office.company.iryna.id))
        session.execute(update(Department).values(head_id=None))
    problem(iryna.post(f"/work-items/{office.step('legal', second).id}/complete", decided), 404, "not_found")
    assert office.step("legal", second).state == "open"


def test_a_change_of_the_company_does_not_hold_a_completion_up(office: Office, api: ApiOf) -> None:
    deal = office.open_deal()
    olena = api("olena")
    read(olena.get("/me"))
    with office.database.write() as session:
        session.execute(delete(Membership).where(Membership.person_id == office.company.petro.id))
    read(olena.post(f"/work-items/{office.step('prepare', deal).id}/complete", {"values": {"discount": "5"}}))
    assert office.kinds(deal).count("step_completed") == 1


def test_a_wrong_token_is_not_mended_by_a_session(app: Flask) -> None:
    browser = Browser(app, "olena")
    answer = browser.client.get("/api/v1/me", headers={"Authorization": "Bearer wrong"})
    problem(answer, 401, "not_identified")


def test_a_session_reads_and_with_the_pages_token_writes(app: Flask) -> None:
    browser = Browser(app, "olena")
    assert read(browser.client.get("/api/v1/me"))["login"] == "olena"
    body = {"name": "ТОВ «Обрій»"}
    problem(browser.client.post("/api/v1/clients", json=body), 403, "csrf_failed")
    foreign = {"X-CSRFToken": browser.token, "Origin": "https://elsewhere.example"}
    problem(browser.client.post("/api/v1/clients", json=body, headers=foreign), 403, "foreign_origin")
    read(browser.client.post("/api/v1/clients", json=body, headers={"X-CSRFToken": browser.token}), 201)


def test_texts_are_in_the_language_asked_for_else_in_the_persons_own(app: Flask, office: Office) -> None:
    english = problem(ApiClient(app, office, "olena").get("/deals/999"), 404, "not_found")
    own = ApiClient(app, office, "olena")
    own.headers.pop("Accept-Language")
    ukrainian = problem(own.get("/deals/999"), 404, "not_found")
    assert english["title"] == "There is no such record"
    assert ukrainian["title"] == "Такого запису немає"
    unknown = problem(own.get("/deals/999", headers={"Accept-Language": "ja"}), 404, "not_found")
    assert unknown["title"] == ukrainian["title"]


def test_an_unknown_address_and_a_wrong_method_are_problems_too(api: ApiOf) -> None:
    problem(api("olena").get("/nowhere"), 404, "not_found")
    problem(api("olena").get("/deals/abc"), 404, "not_found")
    problem(api("olena").get(f"/deals/{2**80}"), 404, "not_found")
    answer = api("olena").delete("/me")
    problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("text", ["{", "", "NaN", '{"name": "\\ud800"}', "[" * 2000, b"\xff\xfe"])
def test_what_is_no_json_is_malformed(api: ApiOf, text: str | bytes) -> None:
    problem(api("olena").post("/clients", data=text, headers={"Content-Type": "application/json"}), 400, "malformed")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_another_type_than_json_is_refused(api: ApiOf, kind: str) -> None:
    problem(api("olena").post("/clients", data='{"name": "x"}', headers={"Content-Type": kind}), 415, "wrong_type")


def test_a_body_that_is_no_object_is_refused(api: ApiOf) -> None:
    assert faults(api("olena").post("/clients", ["name"])) == {"body": "field_not_understood"}


def test_a_body_has_a_largest_size(api: ApiOf) -> None:
    problem(api("olena").post("/clients", {"name": "x", "fields": {"a": "x" * 1_100_000}}), 413, "too_large")


def test_a_body_in_chunks_has_the_same_largest_size(api: ApiOf) -> None:
    olena = api("olena")
    chunked: dict[str, Any] = {
        "headers": {"Content-Type": "application/json", "Transfer-Encoding": "chunked"},
        "environ_overrides": {"wsgi.input_terminated": True},
    }
    body = json.dumps({"name": "x" * 1_100_000}).encode()
    problem(olena.post("/clients", input_stream=BytesIO(body), **chunked), 413, "too_large")
    read(olena.post("/clients", input_stream=BytesIO(b'{"name": "x"}'), **chunked), 201)


def test_what_no_database_keeps_is_refused_at_its_field(api: ApiOf) -> None:
    olena = api("olena")
    deep: object = "x"
    for _ in range(30):
        deep = [deep]
    body = {"name": "ТОВ\x00", "fields": {"a": {"b": ["\x1f"]}, "deep": deep}}
    found = faults(olena.post("/clients", body))
    assert {"name", "fields.a.b.0"} < set(found)
    assert set(found.values()) == {"field_not_storable"}
    assert faults(olena.get("/clients?q=%00")) == {"q": "field_not_storable"}


def test_a_call_that_takes_nothing_is_told_so(api: ApiOf, office: Office) -> None:
    office.open_deal()
    olena = api("olena")
    assert faults(olena.get("/me?colour=red")) == {"colour": "field_unknown"}
    assert faults(olena.get("/deals?limit=5&limit=6")) == {"limit": "field_repeated"}
    assert faults(olena.post("/work-items/1/release", {"why": "x"})) == {"why": "field_unknown"}


@pytest.mark.parametrize("key", ["", "x" * 201, "ключ"])
def test_a_key_that_cannot_be_kept_as_it_is_is_refused(api: ApiOf, key: str) -> None:
    sent = key.encode().decode("latin-1")
    answer = api("olena").post("/clients", {"name": "ТОВ"}, key=sent)
    assert faults(answer) == {"Idempotency-Key": "key_not_usable"}


def test_one_persons_key_says_nothing_about_anothers(api: ApiOf) -> None:
    first = read(api("olena").post("/clients", {"name": "ТОВ «Обрій»"}, key="same"), 201)
    second = read(api("taras").post("/clients", {"name": "ТОВ «Лан»"}, key="same"), 201)
    assert first["id"] != second["id"]


def test_who_guesses_tokens_is_slowed_down_and_who_has_one_is_not(app: Flask, office: Office) -> None:
    guessing, olena, taras = (ApiClient(app, office, login) for login in (None, "olena", "taras"))
    read(olena.get("/me"))
    answers = [guessing.get("/me", headers={"Authorization": f"Bearer guess{number}"}) for number in range(121)]
    assert {one.status_code for one in answers[:120]} == {401}
    problem(answers[120], 429, "too_many_calls")
    assert 1 <= int(answers[120].headers["Retry-After"]) <= 60
    read(olena.get("/me"))
    problem(taras.get("/me"), 429, "too_many_calls")  # a token that was never seen may be a guess


def test_who_is_signed_in_to_the_browser_is_not_held_up_by_wrong_tokens_from_their_address(
    app: Flask, office: Office
) -> None:
    guessing = ApiClient(app, office, None)
    for number in range(121):
        guessing.get("/me", headers={"Authorization": f"Bearer guess{number}"})
    assert Browser(app, "olena").get("/api/v1/me").status_code == 200
    problem(guessing.get("/me"), 401, "not_identified")


def test_another_spelling_of_the_header_is_the_same_caller(app: Flask, office: Office, monkeypatch: Any) -> None:
    """Else each is counted for itself, and remembered for ever."""
    monkeypatch.setattr(call_limits, "CALLS_A_MINUTE", 2)
    token = office.do("olena", create_token, office.company.olena.id, "second")
    program = ApiClient(app, office, None)
    said = [f"Bearer {token}", f"bearer  {token}", f"BEARER {token}"]
    answers = [program.get("/me", headers={"Authorization": one}) for one in said]
    assert [one.status_code for one in answers] == [200, 200, 429]


def test_calls_without_a_token_hold_nobody_up(app: Flask, office: Office) -> None:
    nobody = ApiClient(app, office, None)
    for _call in range(121):
        problem(nobody.get("/me"), 401, "not_identified")
    read(ApiClient(app, office, "olena").get("/me"))


def test_tokens_are_not_told_in_any_list(api: ApiOf, office: Office) -> None:
    token = office.do("olena", create_token, office.company.olena.id, "second")
    assert token not in api("admin").get("/history").text
