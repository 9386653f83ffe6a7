from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook
from support.api import ApiClient, faults, problem, read
from support.deal_files import DealFiles
from support.office import Office

from engine.model.deal import Deal

ApiOf = Callable[[str | None], ApiClient]

HEADINGS = "Що продаємо;Клієнт;ЄДРПОУ;Сума;Валюта;Відповідальний;Дата закриття;Примітка\r\n"


def item(title: str = "Насоси", **values: Any) -> dict[str, Any]:
    return {"title": title, "definition_key": "sale", "client": {"name": "ТОВ «Промінь»"}} | values


def upload(api: ApiClient, content: bytes, *, key: str | None = None, **form: str) -> Any:
    return api.post("/deals/import/file", key=key, data={"file": (io.BytesIO(content), "deals.csv"), **form})


def deals(office: Office) -> list[Deal]:
    with office.database.read() as session:
        return list(session.query(Deal).order_by(Deal.id))


def test_a_list_is_opened_and_each_row_answered(api: ApiOf, office: Office) -> None:
    told = read(api("olena").post("/deals/import", {"items": [item(amount="12.50"), item(" "), item("Помпи")]}))
    assert (told["opened"], told["failed"]) == (2, 1)
    assert [one["row"] for one in told["items"]] == [1, 2, 3]
    assert told["items"][0]["deal"] == {"id": 1, "number": "2026-00001", "title": "Насоси"}
    assert told["items"][1]["deal"] is None
    assert set(told["items"][1]["error"]["errors"]) == {"title"}
    assert [deal.title for deal in deals(office)] == ["Насоси", "Помпи"]


def test_a_row_that_is_no_deal_says_so_at_its_fields(api: ApiOf) -> None:
    told = read(api("olena").post("/deals/import", {"items": [item(amount="багато", colour="red"), {}]}))
    codes = [{name: one["code"] for name, one in row["error"]["errors"].items()} for row in told["items"]]
    assert codes == [
        {"amount": "field_not_understood", "colour": "field_unknown"},
        {"title": "field_required", "definition_key": "field_required"},
    ]


def test_the_same_key_opens_nothing_twice(api: ApiOf, office: Office) -> None:
    olena = api("olena")
    first, again = (read(olena.post("/deals/import", {"items": [item(), item()]}, key="once")) for _ in range(2))
    assert first == again
    assert len(deals(office)) == 2


def rewritten(change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with two deals whose sheet was changed by ``change``."""
    book, packed, again = Workbook(), io.BytesIO(), io.BytesIO()
    for line in (("Що продаємо", "Клієнт"), ("Насоси", "ТОВ «Промінь»"), ("Помпи", "ТОВ «Лан»")):
        book.worksheets[0].append(line)
    book.save(packed)
    with zipfile.ZipFile(packed) as before, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, change(part) if name.endswith("sheet1.xml") else part)
    return again.getvalue()


def test_what_a_sheet_says_of_its_own_size_hides_no_deals(api: ApiOf, office: Office) -> None:
    told = read(upload(api("olena"), rewritten(lambda xml: xml.replace(b'ref="A1:B3"', b'ref="A1"'))))
    assert (told["opened"], len(deals(office))) == (2, 2)


def test_a_sheet_of_millions_of_empty_rows_is_refused_at_once(api: ApiOf) -> None:
    def far(xml: bytes) -> bytes:
        return xml.replace(b'r="3"', b'r="900000000"').replace(b'B3"', b'B900000000"').replace(b'A3"', b'A900000000"')

    problem(upload(api("olena"), rewritten(far)), 422, "sheet_too_tall")


def test_an_archive_that_cannot_be_unpacked_is_no_sheet(api: ApiOf) -> None:
    whole = rewritten(lambda xml: xml)
    encrypted, corrupt = bytearray(whole), bytearray(whole)
    at = -1
    while (at := encrypted.find(b"PK\x01\x02", at + 1)) >= 0:
        encrypted[at + 8] |= 1
    at = corrupt.find(b"[Content_Types].xml") + len("[Content_Types].xml")
    corrupt[at : at + 8] = b"\xff" * 8
    for content in (encrypted, corrupt):
        problem(upload(api("olena"), bytes(content)), 422, "sheet_not_understood")


def test_checking_opens_nothing(api: ApiOf, office: Office) -> None:
    told = read(api("olena").post("/deals/import", {"items": [item(), item(" ")], "check": True}))
    assert (told["opened"], told["failed"], deals(office)) == (0, 1, [])


@pytest.mark.parametrize("items", [[], [{}] * 1_001])
def test_nothing_and_too_much_is_refused(api: ApiOf, items: list[Any]) -> None:
    assert faults(api("olena").post("/deals/import", {"items": items})) == {"items": "field_length"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_spreadsheet_is_read_as_excel_writes_it(api: ApiOf, office: Office, encoding: str) -> None:
    rows = "Насоси;ТОВ Промінь;32855961;12 500,50;uah;taras;31.12.2026;так\r\n;;;;;;;\r\nПомпи;ТОВ Лан;;;;;;\r\n"
    told = read(upload(api("olena"), (HEADINGS + rows).encode(encoding)))
    assert [(one["row"], one["error"]) for one in told["items"]] == [(2, None), (4, None)]
    first, second = deals(office)
    assert (first.title, str(first.amount), str(first.close_date)) == ("Насоси", "12500.50", "2026-12-31")
    assert (first.owner_id, second.owner_id) == (office.company.taras.id, office.company.olena.id)


def test_a_workbook_is_read_with_its_numbers_and_dates(api: ApiOf, office: Office) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Client", "Title", "Amount", "EDRPOU"])
    sheet.append(["Promin LLC", "Pumps", 1250.5, 32855961])
    content = io.BytesIO()
    book.save(content)
    assert read(upload(api("olena"), content.getvalue(), definition_key="sale"))["opened"] == 1
    (deal,) = deals(office)
    assert str(deal.amount) == "1250.50"


def test_a_cell_that_cannot_be_read_stands_at_its_column(api: ApiOf, office: Office) -> None:
    content = HEADINGS + "Насоси;ТОВ;12;багато;;;колись;\r\n"
    told = read(upload(api("olena"), content.encode()))
    assert set(told["items"][0]["error"]["errors"]) == {"amount", "close_date"}
    assert deals(office) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "sheet_without_columns"),
        ("Назва;Сума\r\n".encode(), "sheet_without_columns"),
        (b"PK\x03\x04 no zip", "sheet_not_understood"),
        (b"\x00\x01\x02;title;client", "sheet_not_understood"),
    ],
)
def test_what_is_no_sheet_is_refused(api: ApiOf, content: bytes, code: str) -> None:
    problem(upload(api("olena"), content), 422, code)


def long_file(count: int = 1_001) -> bytes:
    return ("title,client\n" + "".join(f"Угода {one},ТОВ Лан\n" for one in range(count)) + "Помпи,\n").encode()


def test_a_long_file_is_opened_in_the_background(api: ApiOf, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.commands.deal_sheets.MOST_ROWS", 3)
    olena, worker = api("olena"), DealFiles(office)
    for _ in range(2):
        answer = upload(olena, long_file(4), key="once", definition_key="sale")
        begun = read(answer, 202)
        assert answer.headers["Location"] == "/api/v1/deal-imports/1"
        assert (begun["id"], begun["state"], begun["definition_key"]) == (1, "checking", "sale")
    assert deals(office) == []
    worker.work(1)
    told = read(olena.get("/deal-imports/1"))
    assert (told["state"], told["total"], told["counts"]) == ("done", 5, {"added": 4, "refused": 1})
    first, *_, last = read(olena.get("/deal-imports/1/rows"))["items"]
    assert (first["row"], first["deal"]["title"], first["errors"]) == (2, "Угода 0", {})
    assert (last["deal"], set(last["errors"])) == (None, {"client.name"})
    assert [one["row"] for one in read(olena.get("/deal-imports/1/rows?state=refused"))["items"]] == [6]
    assert read(olena.get("/deal-imports"))["items"][0]["id"] == 1
    assert len(deals(office)) == 4
    problem(api("taras").get("/deal-imports/1"), 404, "not_found")


def test_a_file_of_a_thousand_rows_is_answered_and_one_more_is_not(api: ApiOf, office: Office) -> None:
    small = read(upload(api("olena"), b"title,client\n" + b"a,\n" * 1_000))
    assert (small["failed"], len(small["items"])) == (1_000, 1_000)
    read(upload(api("olena"), long_file(1_000)), 202)
    assert deals(office) == []


def test_a_long_file_that_is_only_checked_waits_for_the_word_and_can_be_stopped(
    api: ApiOf, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.commands.deal_sheets.MOST_ROWS", 3)
    olena, worker = api("olena"), DealFiles(office)
    read(upload(olena, long_file(4), check="true"), 202)
    problem(olena.post("/deal-imports/1/open"), 409, "import_moved_on")
    worker.work(1)
    assert read(olena.get("/deal-imports/1"))["counts"] == {"new": 4, "refused": 1}
    assert deals(office) == []
    for _ in range(2):
        assert read(olena.post("/deal-imports/1/open", key="go"))["state"] == "running"
    assert read(olena.post("/deal-imports/1/stop"))["state"] == "stopped"
    worker.work(1)
    assert deals(office) == []
    problem(olena.post("/deal-imports/1/stop"), 409, "import_moved_on")


def test_a_large_file_of_few_rows_is_opened_in_the_background(
    api: ApiOf, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.api.deal_imports.MOST_BYTES", 100)
    read(upload(api("olena"), HEADINGS.encode() + "Насоси;ТОВ\r\n".encode() * 20), 202)
    DealFiles(office).work(1)
    assert len(deals(office)) == 20


def test_who_opens_no_deals_imports_none(api: ApiOf, office: Office) -> None:
    problem(api("iryna").post("/deals/import", {"items": [item()]}), 403, "ability_missing")
    problem(upload(api("iryna"), HEADINGS.encode()), 403, "ability_missing")
    assert deals(office) == []


def test_a_long_file_for_a_map_that_is_not_published_is_refused_at_once(api: ApiOf, office: Office) -> None:
    answer = upload(api("olena"), long_file(), definition_key="no-such-map")
    assert faults(answer) == {"definition_key": "map_not_published"}
    assert read(api("olena").get("/deal-imports"))["items"] == []
