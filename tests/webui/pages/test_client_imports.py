from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from support.client_lists import COMPANIES, Lists
from support.office import Office
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.adapters import spreadsheets
from engine.commands import client_imports
from engine.model.client import Client
from engine.model.client_import import ImportKind
from webui import exports

SignIn = Callable[[str | None], Browser]


def bring(browser: Browser, content: str | bytes = COMPANIES, kind: str = "clients") -> TestResponse:
    browser.get("/clients/import")
    data = content.encode() if isinstance(content, str) else content
    return browser.post("/clients/import", {"file": (io.BytesIO(data), "clients.csv"), "kind": kind})


def chosen(*columns: str, **more: str) -> dict[str, str]:
    return {f"column-{place}": one for place, one in enumerate(columns)} | more


GUESSED = ("name", "edrpou", "phone", "email", "owner", "contact_name", "contact_position", "heading_note")


def book_with_row(number: int) -> bytes:
    """A book of a few kilobytes whose second row says that it is that far below."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Клієнт"])
    sheet.append(["ТОВ Лан"])
    content, made = io.BytesIO(), io.BytesIO()
    book.save(content)
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(made, "w") as new:
        for one in old.namelist():
            new.writestr(one, old.read(one).replace(b'<row r="2"', f'<row r="{number}"'.encode()))
    return made.getvalue()


def names(office: Office) -> list[str]:
    with office.database.read() as session:
        return [one.name for one in session.query(Client).order_by(Client.id)]


def test_the_page_stands_where_clients_are_added(browse: SignIn) -> None:
    assert 'href="/clients/import"' in browse("olena").get("/clients").text
    assert 'href="/clients/import"' not in browse("iryna").get("/clients").text
    assert browse("iryna").get("/clients/import").status_code == 403


def test_who_waits_for_a_list_that_cannot_be_read_is_led_back_to_its_columns(
    office: Office, browse: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.commands.client_import_rows.MOST_ROWS", 3)
    Lists(office).bring(COMPANIES)
    waiting = browse("olena").get("/clients/import/1/progress", part=True)
    assert waiting.headers.get("HX-Refresh") == "true"
    assert "У файлі може бути до 3 рядків" in text_of(browse("olena").get("/clients/import/1"))


def test_a_list_is_brought_looked_at_taken_over_and_taken_back(office: Office, browse: SignIn) -> None:
    olena, worker = browse("olena"), Lists(office)
    brought = bring(olena)
    assert (brought.status_code, brought.headers["Location"]) == (303, "/clients/import/1")
    columns = olena.get("/clients/import/1")
    assert 'value="edrpou" selected' in columns.text
    assert "ТОВ «Лан» · ПП Мрія" in text_of(columns)
    assert olena.post("/clients/import/1/check", chosen(*GUESSED)).status_code == 303
    assert 'hx-trigger="every 2s"' in olena.get("/clients/import/1").text
    assert olena.post("/clients/import/1/columns").status_code == 303  # while it is being read
    worker.work(1)
    assert 'name="column-0"' in olena.get("/clients/import/1").text
    assert olena.post("/clients/import/1/check", chosen(*GUESSED)).status_code == 303
    worker.work(1)
    part = olena.get("/clients/import/1/progress", part=True)
    assert "every 2s" not in part.text
    shown = text_of(part)
    assert "Додати 2 клієнтів" in shown
    assert "ЄДРПОУ: «12345» не вдалося прочитати" in shown
    assert "Назва компанії: Заповніть поле «Клієнт»" in shown
    assert "Буде додано контакт" in shown
    assert names(office) == []
    assert "ПП Мрія" not in text_of(olena.get("/clients/import/1?state=refused"))
    for _ in range(2):
        assert olena.post("/clients/import/1/take-over").status_code == 303
    worker.work(1)
    assert names(office) == ["ТОВ «Лан»", "ПП Мрія"]
    assert "/clients/1" in olena.get("/clients/import/1").text
    assert "Клієнта додано імпортом" in text_of(olena.get("/clients/1/history"))
    assert olena.post("/clients/import/1/take-back").status_code == 303
    assert "2 з 4 рядків чекають черги" in text_of(olena.get("/clients/import/1"))
    worker.work(1)
    assert names(office) == []
    assert "clients.csv" in text_of(olena.get("/clients/import"))


def test_refused_rows_are_fetched_with_what_is_wrong_and_no_cell_is_a_formula(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    lists = Lists(office)
    lists.bring("Компанія;ЄДРПОУ\n=HYPERLINK(1);5\nТОВ Лан;32855961\n")
    answer = olena.get("/clients/import/1/refused.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Компанія", "ЄДРПОУ", "Що не так"]
    assert rows[1][:2] == ["'=HYPERLINK(1)", "5"]
    assert len(rows) == 2
    sheet = load_workbook(io.BytesIO(olena.get("/clients/import/1/refused.xlsx").data)).active
    assert sheet is not None
    assert sheet["A2"].value == "'=HYPERLINK(1)"
    mended = answer.data.replace(b";5;", b";30000001;")
    import_id = lists.take_over(mended)  # the mended file, with its last column, as it came
    assert lists.row(import_id).columns == ["name", "edrpou", ""]
    assert names(office) == ["=HYPERLINK(1)"]
    assert olena.get("/clients/export.csv").data.decode().count(exports.neutralised("=HYPERLINK(1)")) == 1


def test_what_is_wrong_with_a_file_or_its_columns_is_told(browse: SignIn) -> None:
    olena = browse("olena")
    olena.get("/clients/import")
    assert olena.post("/clients/import", {"kind": "clients"}).status_code == 422
    for content in (b"PK\x03\x04 nothing", b"\x00\x01", b"", "Компанія\n".encode()):
        assert bring(olena, content).status_code == 422
    assert "понад 200000 рядків" in text_of(bring(olena, book_with_row(10**12)))
    bring(olena, "Телефон;Пошта\n067;a@b.ua\n")
    refused = olena.post("/clients/import/1/check", chosen("phone", "email"))
    assert refused.status_code == 422
    assert "Вкажіть, у якому стовпці: Клієнт" in text_of(refused)


def test_nobody_who_writes_waits_while_a_file_is_opened(
    office: Office, browse: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large book takes seconds to open, and an SQLite database has one writer at a time."""
    held, real = list[bool](), spreadsheets.sheet_rows

    def sheet_rows(content: bytes, **more: Any) -> Iterator[Sequence[str]]:
        held.append(office.database._thread_lock.locked())
        return real(content, **more)

    monkeypatch.setattr(client_imports, "sheet_rows", sheet_rows)
    assert bring(browse("olena")).status_code == 303
    assert held == [False]


def test_an_excel_book_with_lost_zeros_dates_and_a_title_above_the_headings(office: Office, browse: SignIn) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["База клієнтів"], [], ["Контрагент", "Код ЄДРПОУ", "Тел."], ["ТОВ Лан", 32129, "067 1234567"], []):
        sheet.append(row)
    sheet.append(["Марія Гай", 212300567, 380501112233])
    content = io.BytesIO()
    book.save(content)
    bring(browse("olena"), content.getvalue())
    lists = Lists(office)
    import_id = lists.take_over(content.getvalue())
    assert [row.state.value for row in lists.rows(import_id).values()] == ["refused", "added"]
    with office.database.read() as session:
        (client,) = session.query(Client)
        assert (client.name, client.edrpou, client.phone) == ("Марія Гай", "0212300567", "+380501112233")


def test_others_lists_are_not_open_and_thrown_away_ones_are_gone(office: Office, browse: SignIn) -> None:
    Lists(office).bring(COMPANIES)
    assert browse("taras").get("/clients/import/1").status_code == 404
    assert browse("taras").get("/clients/import/1/refused.csv").status_code == 404
    olena = browse("olena")
    olena.get("/clients/import/1")
    assert olena.post("/clients/import/1/throw-away").status_code == 303
    assert olena.get("/clients/import/1").status_code == 404


@pytest.mark.parametrize("kind", ["clients", "notes"])
def test_the_headings_of_the_template_are_all_understood(office: Office, browse: SignIn, kind: str) -> None:
    answer = browse("olena").get(f"/clients/import/template-{kind}.csv")
    bring(browse("olena"), answer.data, kind)
    assert all(Lists(office).row(1).columns)


def test_old_notes_are_read_on_the_clients_and_the_deals_page_marked_as_brought(office: Office, browse: SignIn) -> None:
    lists = Lists(office)
    deal = office.open_deal()
    rows = [f"{day:02d}.03.2021 14:05;ТОВ «Промінь»;Петренко П.;Дзвінок {day}" for day in range(1, 29)]
    noted = "\n".join(["Дата;Компанія;Автор;Коментар", *rows, ";ТОВ «Промінь»;;<b>Без</b> дати <script>x</script>"])
    lists.take_over(noted, ImportKind.NOTES)
    olena = browse("olena")
    shown = text_of(olena.get(f"/clients/{deal.client_id}"))
    assert "28 бер. 2021, 14:05 · Петренко П. Дзвінок 28 Принесено з іншої системи: clients.csv" in shown
    assert "Давні нотатки: 29" in text_of(olena.get(f"/deals/{deal.id}"))
    part = olena.get(f"/clients/{deal.client_id}/notes", part=True)
    more = re.search(r'hx-get="([^"]+cursor[^"]+)"', part.text)
    assert more is not None
    rest = olena.get(more[1].replace("&amp;", "&"), part=True)
    assert "Дзвінок 1" in rest.text
    assert "Без дати x" in rest.text
    assert "cursor" not in rest.text
    assert "Дзвінок" not in text_of(olena.get(f"/deals/{deal.id}/timeline"))
    assert browse("iryna").get(f"/clients/{deal.client_id}/notes").status_code == 404
