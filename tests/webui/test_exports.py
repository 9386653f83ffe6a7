from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from zipfile import ZipFile, is_zipfile

import pytest
from flask import Response
from openpyxl import load_workbook
from openpyxl.styles import Alignment

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
    rows = load_workbook(io.BytesIO(_content_of(answer))).active.iter_rows(values_only=True)
    assert list(rows) == [("Назва",), ("Насосидля водоканалу",)]


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_heading_that_somebody_made_up_is_no_formula(make: Callable[..., Response]) -> None:
    """Columns bear the labels of the company's own fields."""
    content = _content_of(make("clients", ("=1+1", "Галузь\x0b"), []))
    if make is csv_file:
        assert content.decode("utf-8-sig").startswith("'=1+1;")
    else:
        (heading, _), *_ = load_workbook(io.BytesIO(content)).active.iter_rows()
        assert (heading.data_type, heading.value) == ("s", "'=1+1")


def test_rows_beyond_what_a_sheet_of_excel_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webui.exports._LONGEST_SHEET", 2)
    sheets = load_workbook(io.BytesIO(_content_of(xlsx_file("deals", ("Число",), [(1,), (2,), (3,)])))).worksheets
    told = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in sheets]
    assert told == [["Число", 1, 2], ["Число", 3]]


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


def test_cells_that_wrap_share_their_style_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A style was made and compared for each cell, which took twice as long as writing it."""
    made: list[Alignment] = []

    def counting(*, wrap_text: bool, vertical: str) -> Alignment:
        made.append(Alignment(wrap_text=wrap_text, vertical=vertical))
        return made[-1]

    monkeypatch.setattr("webui.exports.Alignment", counting)
    rows: list[tuple[object, object]] = [
        ("Довгий\nтекст", date(2026, 3, 2)),
        (Decimal("7.5"), "словами"),
        ("=1+1", None),
        (date(2026, 3, 4), 12),
    ]
    content = xlsx_content("journal", ("Що", "Коли"), [*rows, *[("ще", date(2026, 3, 3))] * 50], (18, 28))
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    told = list(sheet.iter_rows(min_row=2))
    assert [(one.value, other.value) for one, other in told[:4]] == [
        ("Довгий\nтекст", datetime(2026, 3, 2)),  # noqa: DTZ001 (a spreadsheet knows no zone)
        (7.5, "словами"),
        ("'=1+1", None),
        (datetime(2026, 3, 4), 12),  # noqa: DTZ001
    ]
    assert [cell.number_format for cell in told[1]] == ["General", "General"]
    assert told[3][0].number_format == "yyyy-mm-dd"
    assert all(cell.alignment.wrap_text for row in told for cell in row if cell.value is not None)
    assert len(made) == 7  # of two columns with three and four types of value
