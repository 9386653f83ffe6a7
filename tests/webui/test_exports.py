from __future__ import annotations

import io
import weakref
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zipfile import ZipFile, is_zipfile
from zoneinfo import ZoneInfo

import pytest
from flask import Response
from openpyxl import load_workbook
from openpyxl.cell import WriteOnlyCell

from engine.adapters.spreadsheets import sheet_rows
from webui.exports import csv_file, neutralised, xlsx_content, xlsx_file


def _content_of(answer: Response) -> bytes:
    """As a browser keeps it: a large file is gone from the server's disk afterwards."""
    with answer:
        return answer.get_data()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    assert neutralised(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "ТОВ «Промінь»", "1=1", "2026-03-02"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutralised(text) == text


def test_what_a_spreadsheet_cannot_hold_does_not_keep_the_others_from_their_file() -> None:
    answer = xlsx_file("deals", ("Назва",), [("Насоси\x0bдля\ufffe \uffffводоканалу",)])
    (sheet,) = load_workbook(io.BytesIO(_content_of(answer))).worksheets
    assert list(sheet.iter_rows(values_only=True)) == [("Назва",), ("Насосидля водоканалу",)]


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_heading_that_somebody_made_up_is_no_formula(make: Callable[..., Response]) -> None:
    """Columns bear the labels of the company's own fields."""
    content = _content_of(make("clients", ("=1+1", "Галузь\x0b"), []))
    if make is csv_file:
        assert content.decode("utf-8-sig").startswith("'=1+1;")
    else:
        (sheet,) = load_workbook(io.BytesIO(content)).worksheets
        (heading, _), *_ = sheet.iter_rows()
        assert (heading.data_type, heading.value) == ("s", "'=1+1")


def test_rows_beyond_what_a_sheet_of_excel_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webui.books._LONGEST_SHEET", 2)
    sheets = load_workbook(io.BytesIO(_content_of(xlsx_file("deals", ("Число",), [(1,), (2,), (3,)])))).worksheets
    told = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in sheets]
    assert told == [["Число", 1, 2], ["Число", 3]]


def test_rows_that_are_too_long_together_go_on_in_the_next_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webui.books._MOST_WRITTEN", 1_000)
    sheets = load_workbook(io.BytesIO(xlsx_content("notes", ("Що",), [("я" * 700,)] * 3))).worksheets
    assert [sheet.max_row for sheet in sheets] == [3, 2]


def test_a_small_sheet_is_not_described_as_a_huge_one() -> None:
    """Some programs take that for a damaged file."""
    with ZipFile(io.BytesIO(xlsx_content("notes", ("Що",), [("так",)]))) as parts:
        assert {one.extract_version for one in parts.infolist()} == {20}, "no ZIP64"


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_large_file_is_the_same_as_a_small_one_and_is_never_left_half_written(
    make: Callable[..., Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> Iterator[tuple[int]]:
        yield (1,)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make("deals", ("Число",), failing())
    small = make("deals", ("Число",), [(1,)])
    monkeypatch.setattr("webui.exports._HELD_IN_MEMORY", 1)
    large = make("deals", ("Число",), [(1,)])
    sizes, contents = [one.content_length for one in (small, large)], [_content_of(one) for one in (small, large)]
    assert sizes == [len(one) for one in contents]
    assert _told_by(contents[0]) == _told_by(contents[1])


def _told_by(content: bytes) -> object:
    """Of a spreadsheet all but when it was made, which changes its bytes, and their number, with each second."""
    if not is_zipfile(io.BytesIO(content)):
        return content
    with ZipFile(io.BytesIO(content)) as parts:
        return {name: parts.read(name) for name in parts.namelist() if name != "docProps/core.xml"}


ROWS: list[tuple[object, object]] = [
    ("Довгий\nтекст <a> & \rб ", date(2026, 3, 2)),
    (Decimal("7.5"), "словами"),
    ("=1+1", None),
    (date(2026, 3, 4), 12),
    (datetime(2026, 3, 4, 8, 30, tzinfo=UTC), True),
]


@pytest.mark.parametrize("widths", [(), (18, 28)])
def test_values_stay_what_they_are_and_wrap_where_columns_have_widths(
    widths: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.exports.zone", lambda: ZoneInfo("Europe/Kyiv"))
    content = xlsx_content("journal", ("Що", "Коли"), ROWS, widths)
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    (heading, _), *told = list(sheet.iter_rows())
    assert (heading.font.bold, sheet.freeze_panes) == (True, "A2")
    assert [(one.value, other.value) for one, other in told] == [
        ("Довгий\nтекст <a> & \rб ", datetime(2026, 3, 2)),  # noqa: DTZ001 (a spreadsheet knows no zone)
        (7.5, "словами"),
        ("'=1+1", None),
        (datetime(2026, 3, 4), 12),  # noqa: DTZ001
        (datetime(2026, 3, 4, 10, 30), True),  # noqa: DTZ001
    ]
    assert [cell.number_format for cell in told[1]] == ["General", "General"]
    assert [told[row][0].number_format for row in (3, 4)] == ["yyyy-mm-dd", "yyyy-mm-dd h:mm:ss"]
    assert {bool(cell.alignment.wrap_text) for row in told for cell in row if cell.value is not None} == {bool(widths)}
    assert {one.width for one in sheet.column_dimensions.values()} == set(widths)


@pytest.mark.parametrize(("character", "kept"), [("я", 32_767), ("🙂", 16_383)])
def test_a_text_is_no_longer_than_a_cell_of_excel_holds(character: str, kept: int) -> None:
    sheet = load_workbook(io.BytesIO(xlsx_content("notes", ("Що",), [(character * 40_000,)]))).active
    assert sheet is not None
    assert sheet["A2"].value == character * kept


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (999_999_999_999_999, 999_999_999_999_999),
        (-1_234_567_890_123_456, "-1234567890123456"),
        (Decimal("1234567890123456.50"), "1234567890123456.50"),
        (Decimal(1) / 3, 0.3333333333333333),
        (date(1900, 1, 1), datetime(1900, 1, 1)),  # noqa: DTZ001 (a spreadsheet knows no zone)
        (date(1899, 12, 31), "1899-12-31"),
        (date(24, 5, 1), "0024-05-01"),
    ],
)
def test_what_a_spreadsheet_would_show_as_something_else_is_a_text(value: object, told: object) -> None:
    sheet = load_workbook(io.BytesIO(xlsx_content("deals", ("Що",), [(value,)]))).active
    assert sheet is not None
    assert sheet["A2"].value == told


def test_words_that_a_spreadsheet_reads_as_a_character_stay_words() -> None:
    content = xlsx_content("notes", ("Що",), [("_x000D_ і _x_, name_x0041_",)])
    with ZipFile(io.BytesIO(content)) as parts:
        assert "_x005F_x000D_ і _x_, name_x005F_x0041_" in parts.read("xl/worksheets/sheet1.xml").decode()
    assert [row[0] for row in sheet_rows(content)] == ["Що", "_x000D_ і _x_, name_x0041_"]


def test_no_object_is_made_for_a_cell_of_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's cells and styles took most of the time of a file of 10,000 deals."""
    made: list[object] = []

    def counting(sheet: Any, value: Any = None) -> object:
        made.append(WriteOnlyCell(sheet, value=value))
        return made[-1]

    monkeypatch.setattr("webui.books.WriteOnlyCell", counting)
    counts = []
    for rows in (1, 1_000):
        made.clear()
        xlsx_content("journal", ("Що", "Коли"), ROWS[:1] * rows, (18, 28))
        counts.append(len(made))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_row_is_written_before_the_next_but_one_is_read(make: Callable[..., Response]) -> None:
    """However long a list is, no more of it is held than a page of what is read."""
    alive: list[weakref.ref[Row]] = []
    most = 0

    def reading() -> Iterator[Row]:
        nonlocal most
        for _ in range(500):
            row = Row(["Довгий текст", 12])
            alive.append(weakref.ref(row))
            yield row
            del row
            most = max(most, sum(one() is not None for one in alive))

    assert _content_of(make("deals", ("Що", "Скільки"), reading()))
    assert 0 < most <= 2


class Row(list[object]):
    """One that can be watched."""
