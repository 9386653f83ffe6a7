from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from flask import Flask
from support.web import Browser, events_of, text_of

SignIn = Callable[[str | None], Browser]

TOO_LARGE = 26 * 1024 * 1024


def test_missing_page_says_so_in_the_readers_language(browse: SignIn) -> None:
    answer = browse("olena").get("/nowhere")
    assert answer.status_code == 404
    assert "Такої сторінки немає" in text_of(answer)
    answer = browse(None).get("/sign-in/nowhere")
    assert "There is no such page" in text_of(answer)


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


def test_role_that_may_not_is_told_so(browse: SignIn) -> None:
    answer = browse("iryna").get("/deals/new")
    assert answer.status_code == 403
    assert "Ваша роль цього не дозволяє." in text_of(answer)


def test_address_that_takes_only_its_own_form_says_so(browse: SignIn) -> None:
    answer = browse("olena").get("/sign-out")
    assert answer.status_code == 405
    assert "приймає лише те" in text_of(answer)
