from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from flask import Flask
from support.office import Office
from support.web import Browser, events_of, text_of, web_application

SignIn = Callable[[str | None], Browser]

TOO_LARGE = 26 * 1024 * 1024


def test_missing_page_says_so_in_the_readers_language(browse: SignIn) -> None:
    answer = browse("olena").get("/nowhere")
    assert answer.status_code == 404
    assert "Такої сторінки немає" in text_of(answer)
    answer = browse(None).get("/sign-in/nowhere")
    assert "There is no such page" in text_of(answer)


def test_a_request_that_no_address_takes_is_told_so_and_not_sent_to_sign_in(browse: SignIn) -> None:
    nobody = browse(None).client
    answer = nobody.post("/healthz")
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"GET", "HEAD", "OPTIONS"})
    assert nobody.post("/nowhere").status_code == 404


@pytest.mark.parametrize("host", ["x" * 64, "crm..example"])
@pytest.mark.parametrize("upgrade", [{}, {"Upgrade": "websocket", "Connection": "Upgrade"}])
def test_a_server_s_name_that_cannot_be_one_is_refused_and_no_failure_of_ours(
    browse: SignIn, host: str, upgrade: dict[str, str]
) -> None:
    answer = browse(None).client.get("/sign-in", headers={"Host": host, **upgrade})
    assert (answer.status_code, answer.text) == (400, "This request cannot be understood.")


def test_failure_is_told_without_its_traceback_and_logged_with_it(
    app: Flask, browse: SignIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    olena = browse("olena")

    def fail() -> str:
        message = "the secret inside"
        raise RuntimeError(message)

    monkeypatch.setitem(app.view_functions, "inbox.show", fail)
    with caplog.at_level(logging.ERROR):
        answer = olena.get("/inbox")
    assert answer.status_code == 500
    assert "Щось не спрацювало в нас" in text_of(answer)
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "the secret inside" in caplog.text


def test_part_of_a_page_gets_a_passing_message_and_keeps_what_is_open(browse: SignIn) -> None:
    answer = browse("olena").get("/work-items/999", part=True)
    assert answer.status_code == 404
    assert answer.headers["HX-Reswap"] == "none"
    assert "не відкриті" in events_of(answer)["toast"]["text"]


def test_file_that_is_too_large_is_refused_before_it_is_read(browse: SignIn) -> None:
    olena = browse("olena")
    headers = {"X-CSRFToken": olena.token, "Content-Type": "multipart/form-data; boundary=b"}
    answer = olena.client.post("/deals", data=b"x" * TOO_LARGE, headers=headers)
    assert answer.status_code == 413
    assert "Файл завеликий" in text_of(answer)


def test_the_largest_file_is_told_as_this_installation_has_it(office: Office) -> None:
    olena = Browser(web_application(office, FILE_MAX_MB="3"), "olena")
    headers = {"X-CSRFToken": olena.token, "Content-Type": "multipart/form-data; boundary=b"}
    answer = olena.client.post(
        f"/deals/{office.open_deal().id}/comment", data=b"x" * (14 * 1024 * 1024), headers=headers
    )
    assert answer.status_code == 413
    assert "до 3 МБ" in text_of(answer)


def test_role_that_may_not_is_told_so(browse: SignIn) -> None:
    answer = browse("iryna").get("/deals/new")
    assert answer.status_code == 403
    assert "Хто це робить: менеджер з продажу" in text_of(answer)


@pytest.mark.parametrize(
    ("login", "address", "said"),
    [
        ("olena", "/people", "Тут ведуть людей і відділи."),
        ("bohdan", "/settings/journal", "Тут видно, хто змінював облікові записи"),
        ("olena", "/settings/sign-in", "Тут налаштовують, як люди входять."),
        ("olena", "/control", "Тут керівники дивляться"),
        ("olena", "/settings/incidents/1", "Тут усувають збої."),
        ("olena", "/maps/new", "власник процесу"),
        ("bohdan", "/maps/1/edit", "власник процесу"),
    ],
)
def test_a_page_of_another_role_says_what_it_is_and_whom_to_ask(
    office: Office, browse: SignIn, login: str, address: str, said: str
) -> None:
    page = text_of(browse(login).get(address))
    assert "Ця сторінка не для вашої ролі" in page
    assert said in page
    assert (office.company.admin.full_name in page) is ("maps" not in address)


def test_a_foreign_deal_and_none_at_all_are_answered_alike(office: Office, browse: SignIn) -> None:
    """Else an address would tell whether somebody else's deal exists."""
    foreign = office.open_deal("olena")
    danylo = browse("danylo")
    for address in ("/deals/{}", "/deals/{}/timeline", "/deals/{}/history/1/erase", "/deals/{}/move"):
        there, nowhere = danylo.get(address.format(foreign.id)), danylo.get(address.format(999_999))
        assert (there.status_code, text_of(there)) == (404, text_of(nowhere))
    assert "До угод" in text_of(danylo.get(f"/deals/{foreign.id}"))


def test_address_that_takes_only_its_own_form_says_so(browse: SignIn) -> None:
    answer = browse("olena").get("/sign-out")
    assert answer.status_code == 405
    assert "приймає лише те" in text_of(answer)
