"""Letters leave as files: with a deal, and with all that is held about a client."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from support.client_mail import CLIENT, deal_with_a_contact, file_of, take_answer, write
from support.files import pdf
from support.office import Office
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.commands.file_erasure import erase_file
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def database_url(sqlite_database_url: str) -> str:
    """What is read here is read elsewhere in the same way."""
    return sqlite_database_url


def talk(office: Office) -> tuple[Deal, dict[str, int]]:
    """A deal with a letter of ours with two files, one of which was erased, and an answer with a formula in it."""
    deal = deal_with_a_contact(office)
    ids = {name: file_of(office, deal, name, pdf(name)) for name in ("offer.pdf", "terms.pdf")}
    first = write(office, deal, file_ids=tuple(ids.values()))
    office.do("admin", erase_file, ids["terms.pdf"], "лист № 7")
    take_answer(
        office,
        first,
        subject="=1+1",
        text="Згодні",
        quoted="> Надсилаю",
        left_out=(("a.exe", "file_kind_not_allowed"),),
    )
    return deal, ids


def unpacked(answer: TestResponse) -> dict[str, bytes]:
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    with ZipFile(io.BytesIO(answer.get_data())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def sheet_of(content: bytes) -> list[dict[str, Any]]:
    (sheet,) = load_workbook(io.BytesIO(content)).worksheets
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_the_letters_of_a_deal_are_exported_with_their_files(office: Office, browse: SignIn) -> None:
    deal, ids = talk(office)
    olena, address = browse("olena"), f"/deals/{deal.id}/letters"
    assert f"{address}/export.zip" in olena.get(address).text
    files = unpacked(olena.get(f"{address}/export.zip"))
    path = f"files/{ids['offer.pdf']} offer.pdf"
    assert set(files) == {"letters.json", "letters.xlsx", path}
    assert files[path] == pdf("offer.pdf")
    told = json.loads(files["letters.json"])
    assert told["deal"] == deal.number
    ours, theirs = told["letters"]
    assert (ours["from"], ours["state"]) == ({"name": office.company.olena.full_name}, "waiting")
    assert ours["to"] == [{"address": CLIENT, "name": "Марія Іваненко"}]
    assert ours["text"] == "Добрий день!\nНадсилаю пропозицію."
    assert [(one["name"], one["path"]) for one in ours["files"]] == [("offer.pdf", path), ("[стерто · erased]", None)]
    assert ours["at"] == "2026-03-02T10:00:00+02:00"  # in Kyiv
    assert (theirs["from"]["address"], theirs["quoted"]) == (CLIENT, "> Надсилаю")
    assert theirs["left_out"] == [{"name": "a.exe", "problem": "file_kind_not_allowed"}]
    first, second = sheet_of(files["letters.xlsx"])
    assert (first["Стан"], first["Файли"], first["Від"]) == (
        "у черзі",
        "offer.pdf\nСтертий файл",
        office.company.olena.full_name,
    )
    assert first["Коли"].isoformat() == "2026-03-02T10:00:00"
    assert (second["Тема"], second["Текст листа"]) == ("'=1+1", "Згодні")
    assert second["Проблема"] == "a.exe: такі файли не приймаються"
    assert sheet_of(olena.get(f"{address}/export.xlsx").get_data()) == [first, second]
    assert "Згодні" in olena.get(f"{address}/export.csv").get_data().decode("utf-8-sig")


def test_a_deal_s_letters_are_exported_by_who_reads_them(office: Office, browse: SignIn) -> None:
    deal, _ = talk(office)
    for kind in ("csv", "xlsx", "zip"):
        address = f"/deals/{deal.id}/letters/export.{kind}"
        assert {login: browse(login).get(address).status_code for login in ("bohdan", "admin", "danylo")} == {
            "bohdan": 200,
            "admin": 200,
            "danylo": 404,
        }
        assert browse(None).get(address).status_code == 302


def test_all_that_is_held_about_a_client_is_handed_out_by_the_administrator(office: Office, browse: SignIn) -> None:
    deal, ids = talk(office)
    other = office.open_deal("olena", client_id=deal.client_id)
    with office.database.write() as session:
        session.get_one(Deal, deal.id).fields = {"delivery": "Київ"}
    admin, address = browse("admin"), f"/clients/{deal.client_id}/data.zip"
    assert address in admin.get(f"/clients/{deal.client_id}").text
    assert address not in browse("olena").get(f"/clients/{deal.client_id}").text
    files = unpacked(admin.post(address))
    told = json.loads(files["client.json"])
    with office.database.read() as session:
        assert told["client"]["name"] == session.get_one(Client, deal.client_id).name
    assert [one["email"] for one in told["contacts"]] == [CLIENT]
    assert [one["number"] for one in told["deals"]] == [deal.number, other.number]
    assert told["deals"][0]["fields"] == {"delivery": "Київ"}
    assert [one["subject"] for one in told["deals"][0]["letters"]] == ["Пропозиція", "=1+1"]
    assert files[f"files/{ids['offer.pdf']} offer.pdf"] == pdf("offer.pdf")
    assert len(sheet_of(files["letters.xlsx"])) == 2
    others = {login: browse(login) for login in ("olena", "bohdan", "owner", "danylo")}
    for browser in others.values():
        browser.get("/")
    refused = {"olena": 403, "bohdan": 403, "owner": 403, "danylo": 404}
    assert {login: browser.post(address).status_code for login, browser in others.items()} == refused
    assert admin.post("/clients/999/data.zip").status_code == 404
    assert admin.get(address).status_code == 405


def test_who_took_out_what_is_held_about_a_client_stands_in_the_journal(office: Office, browse: SignIn) -> None:
    deal, admin = deal_with_a_contact(office), browse("admin")
    admin.get("/")
    unpacked(admin.post(f"/clients/{deal.client_id}/data.zip"))
    with office.database.read() as session:
        event = session.query(HistoryEvent).filter_by(kind="client_data_taken").one()
    assert (event.actor_id, event.deal_id, event.data) == (office.company.admin.id, None, {"client_id": deal.client_id})
    page = text_of(admin.get("/settings/journal?part=handed_out"))
    assert f"Усе, що зберігається про клієнта № {deal.client_id}, видано файлом" in page
    assert office.company.admin.full_name in page
