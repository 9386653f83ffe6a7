from __future__ import annotations

import io
import random
import tracemalloc
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from engine.adapters import spreadsheets
from engine.adapters.spreadsheets import QuoteNotClosed, SheetNotUnderstood, sheet_rows

ROWS = [["Клієнт", "Телефон"], ["ТОВ «Лан»; філія", "067"]]


def book(*rows: list[object]) -> bytes:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def repacked(content: bytes, name: str, part: bytes) -> bytes:
    """The archive with another content in one of its parts, or with one more part."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        new.writestr(name, part)
    return made.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
def test_text_in_any_usual_encoding_and_with_any_usual_separator(encoding: str, mark: str) -> None:
    lines = (mark.join(f'"{cell}"' for cell in row) for row in ROWS)
    assert list(sheet_rows("\r\n".join(lines).encode(encoding))) == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "utf-16"])
def test_a_large_text_is_read_without_standing_in_memory_once_more(encoding: str) -> None:
    content = ("ТОВ «Лан»;067;Київ\r\n" * 200_000).encode(encoding)
    tracemalloc.start()
    try:
        assert next(iter(sheet_rows(content))) == ["ТОВ «Лан»", "067", "Київ"]
        assert tracemalloc.get_traced_memory()[1] < len(content) / 2
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("end", ["", "\n", "\r\n", '";"'])
def test_a_quotation_mark_that_is_never_closed_is_told_with_its_line(end: str) -> None:
    text = 'Клієнт;Телефон\r\n"ТОВ ""Лан""";067\r\n"ТОВ\r\nПромінь";068\r\nДон "Зоря";\r\n"Нива;069\r\nТОВ Обрій;070'
    with pytest.raises(QuoteNotClosed) as refused:
        list(sheet_rows((text + end).encode()))
    assert refused.value.params["line"] == 6
    whole = [row[0] for row in sheet_rows((text.replace('"Нива', "Нива") + "\n").encode())]
    assert whole == ["Клієнт", 'ТОВ "Лан"', "ТОВ\r\nПромінь", 'Дон "Зоря"', "Нива", "ТОВ Обрій"]


def test_tables_that_are_html_under_the_name_of_excel() -> None:
    html = (
        '<meta http-equiv="Content-type" content="text/html;charset=UTF-8" /><style>td {color: red}</style>'
        "<table border=1><thead><tr><th>Назва<th>Комент&#225;р</tr></thead>"
        "<tr><td><b>ТОВ</b> &laquo;Лан&raquo;</td><td>рядок<br>другий</td></tr><tr><td>x<TD></td></TR></table>"
    )
    assert list(sheet_rows(html.encode())) == [["Назва", "Коментáр"], ["ТОВ «Лан»", "рядок\nдругий"], ["x", ""]]


def test_a_hostile_page_is_read_in_the_time_of_its_length() -> None:
    assert list(sheet_rows(b"<table>" + b"<!--<td" * 200_000)) == []


def test_numbers_dates_and_formulas_of_a_book_are_what_they_show() -> None:
    content = book(["a", 32129.0, date(2024, 5, 1), datetime(2024, 5, 1, 14, 5), "=1+1"])  # noqa: DTZ001  # as Excel
    (row,) = sheet_rows(content, with_time=True)
    assert list(row)[:5] == ["a", "32129", "2024-05-01", "2024-05-01T14:05:00", ""]
    (row,) = sheet_rows(content)
    assert row[3] == "2024-05-01"


def test_ends_of_lines_that_a_book_writes_by_their_number_are_read_as_such() -> None:
    told = book(["один_x000D_\nдва_x0009_три", "_x005F_x000D_ _x0041_ _x0000_ _xD83D_"])
    assert next(iter(sheet_rows(told)))[:2] == ["один\r\nдва\tтри", "_x000D_ _x0041_ _x0000_ _xD83D_"]


def test_bombs_entities_and_broken_archives_are_no_sheets() -> None:
    sound, sheet = book(["a"]), "xl/worksheets/sheet1.xml"
    laughs = (
        b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        b'<c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
    )
    outside = laughs.replace(b'"ha"', b'SYSTEM "file:///etc/passwd"')
    late = laughs.replace(b"<!DOCTYPE", b"<!--" + b"x" * 5000 + b"--><!DOCTYPE").replace(
        b'"ha"', b'SYSTEM "file:///etc/passwd"'
    )
    bomb = repacked(sound, sheet, b" " * (31 * 1024 * 1024))
    assert len(bomb) < 100_000
    for content in (repacked(sound, sheet, laughs), repacked(sound, sheet, outside), bomb, sound[:-40], b"PK\x03\x04"):
        with pytest.raises(SheetNotUnderstood):
            list(sheet_rows(content))
    try:
        told = list(sheet_rows(repacked(sound, sheet, late)))
    except SheetNotUnderstood:
        told = []
    assert "root:" not in str(told)


MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.mark.parametrize("prefix", [b"", b"x:", "ї:".encode(), b"p" * 70 + b":"])
def test_a_book_of_more_strings_or_wider_rows_than_people_have_is_refused_before_it_fills_the_memory(
    prefix: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "_MOST_STRINGS", 10_000)
    sound, sheet, declared = book(["a"]), "xl/worksheets/sheet1.xml", b"xmlns:" + prefix[:-1] if prefix else b"xmlns"
    declared += MAIN[5:]
    row = b"<%brow>" % prefix + b"<%bc/>" % prefix * 9_000 + b"</%brow>" % prefix
    sheet_of = b"<%bworksheet %b><%bsheetData>%%b</%bsheetData></%bworksheet>" % (prefix, declared, *[prefix] * 3)
    wide = sheet_of % (row.replace(b"</%brow>" % prefix, b"") + row.replace(b"<%brow>" % prefix, b""))
    strings = b"<%bsst %b>" % (prefix, declared) + b"<%bsi/>" % prefix * 10_001 + b"</%bsst>" % prefix
    if len(prefix) < 60:
        assert list(sheet_rows(repacked(sound, sheet, sheet_of % (row * 4))))
    monkeypatch.setattr("openpyxl.load_workbook", lambda *_, **__: pytest.fail("it was read"))
    for content in (repacked(sound, sheet, wide), repacked(sound, "xl/sharedStrings.xml", strings)):
        with pytest.raises(SheetNotUnderstood):
            list(sheet_rows(content))


def test_a_book_in_another_encoding_hides_nothing_from_who_counts() -> None:
    sound, sheet = book(["a"]), "xl/worksheets/sheet1.xml"
    cell = '<row><c t="inlineStr"><is><t>b</t></is></c></row>'
    text = f"<worksheet {MAIN.decode()}><sheetData>{cell}</sheetData></worksheet>"
    for content in (
        text.encode("utf-16"),
        text.encode("utf-16-le"),
        b'<?xml version="1.0" encoding="cp037"?>' + text.encode("cp037"),
    ):
        with pytest.raises(SheetNotUnderstood):
            list(sheet_rows(repacked(sound, sheet, content)))
    for told in (b"", b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n', b"\xef\xbb\xbf"):
        (row,) = sheet_rows(repacked(sound, sheet, told + text.encode()))
        assert "".join(row) == "b"


def test_a_damaged_book_is_read_or_refused_and_nothing_else() -> None:
    sound, chance = book(["Клієнт", "Телефон"], ["ТОВ Лан", 67]), random.Random(5)  # noqa: S311  # damage, not secrets
    refused = 0
    for _ in range(120):
        damaged = bytearray(sound)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            list(sheet_rows(bytes(damaged)))
        except SheetNotUnderstood:
            refused += 1
    assert refused
