"""How many large answers may be under way at once: some for each person, and never all threads of the server."""

from __future__ import annotations

import pytest
from flask import Flask
from support.api import PREFIX, ApiClient, problem
from support.files import add, pdf
from support.office import Office
from support.web import Browser
from werkzeug.test import TestResponse

from engine.commands.deal_files import Place
from webui import transfers

LIMIT = 2
LARGE = pdf("one") + b" " * 300_000


@pytest.fixture
def file_id(office: Office, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(transfers, "AT_ONCE_OF_PERSON", LIMIT)
    return add(office, "olena", Place(office.open_deal().id), "Договір.pdf", LARGE)


def begun(program: ApiClient, file_id: int) -> TestResponse:
    """An answer of which nothing is read yet."""
    address = f"{PREFIX}/deals/1/files/{file_id}/content"
    return program.client.get(address, headers=program.headers, buffered=False)


def test_one_person_waits_behind_their_own_files_and_nobody_else_does(app: Flask, office: Office, file_id: int) -> None:
    olena, bohdan = ApiClient(app, office, "olena"), ApiClient(app, office, "bohdan")
    under_way = [begun(olena, file_id) for _ in range(LIMIT)]
    assert [one.status_code for one in under_way] == [200] * LIMIT
    refused = begun(olena, file_id)
    problem(refused, 429, "too_many_transfers")
    assert refused.headers["Retry-After"] == "10"
    theirs = begun(bohdan, file_id)
    assert theirs.status_code == 200
    assert olena.get("/deals/1").status_code == 200, "pages and calls go on"
    under_way.pop().close()
    after = begun(olena, file_id)
    assert after.status_code == 200
    for one in (*under_way, theirs, after):
        assert one.data == LARGE
        one.close()


def test_all_together_leave_threads_for_whoever_works(
    app: Flask, office: Office, file_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "AT_ONCE", 1)
    under_way = begun(ApiClient(app, office, "olena"), file_id)
    problem(begun(ApiClient(app, office, "bohdan"), file_id), 429, "too_many_transfers")
    under_way.close()


def test_a_person_is_told_in_words(app: Flask, office: Office, file_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "AT_ONCE", 0)
    page = Browser(app, "olena").get(f"/files/{file_id}/content")
    assert page.status_code == 429
    assert "Зараз завантажується забагато файлів" in page.text


def test_a_small_file_is_no_large_answer(app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "AT_ONCE", 0)
    small = add(office, "olena", Place(office.open_deal().id), "Договір.pdf", pdf("one"))
    with begun(ApiClient(app, office, "olena"), small) as shown:
        assert shown.status_code == 200, "a page may show dozens of them at once"


@pytest.mark.usefixtures("file_id")
def test_what_was_done_is_told_whatever_is_under_way(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "AT_ONCE", 0)
    monkeypatch.setattr(transfers, "_LARGE", 0)
    olena = ApiClient(app, office, "olena")
    problem(olena.get("/deals"), 429, "too_many_transfers")
    assert olena.upload("/deals/1/comments", fields={"text": "Передзвонити"}).status_code == 201


def test_who_asks_for_the_head_of_a_file_fetches_nothing(app: Flask, office: Office, file_id: int) -> None:
    olena = ApiClient(app, office, "olena")
    address = f"{PREFIX}/deals/1/files/{file_id}/content"
    for _ in range(LIMIT + 1):
        assert olena.client.head(address, headers=olena.headers).status_code == 200
    with begun(olena, file_id) as file:
        assert file.status_code == 200
