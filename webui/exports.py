"""Lists as files for spreadsheets, in which no cell can be a formula that somebody typed as a name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from flask import Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from werkzeug.wsgi import FileWrapper

from webui.attachments import attachment
from webui.formats import local

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""The library looks for control characters only, and fails at the others."""
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST_SHEET = 1_048_575
"""Rows of a sheet in Excel, but for the one of the headings."""
_HELD_IN_MEMORY = 2**20
_SENT_AT_ONCE = 2**16
"""Bytes."""


def neutralised(text: str) -> str:
    """``text`` with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS_FORMULA) else text


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """UTF-8 with a mark that Excel needs, semicolons as Excel in Ukraine reads them."""

    def write(file: BinaryIO) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow([neutralised(title) for title in header])
        writer.writerows([_as_text(value) for value in row] for row in rows)
        text.detach()

    return _written(write, "text/csv", f"{name}.csv")


def xlsx_file(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int] = ()) -> Response:
    """Numbers and dates stay numbers and dates. ``widths`` are the columns' in letters; long texts wrap then."""
    return _written(lambda file: _write_book(file, name, header, rows, widths), _XLSX, f"{name}.xlsx")


def xlsx_content(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int] = ()) -> bytes:
    """The same, to be put into something else."""
    content = io.BytesIO()
    _write_book(content, name, header, rows, widths)
    return content.getvalue()


def _written(write: Callable[[BinaryIO], None], media_type: str, name: str) -> Response:
    """A download that is whole before its first byte leaves, so that no failure looks like a shorter list.

    Rows are written as they are read: however many there are, a large file stands on the disk.
    """
    with ExitStack() as until_written:
        file = cast("BinaryIO", until_written.enter_context(SpooledTemporaryFile(_HELD_IN_MEMORY)))
        write(file)
        size = file.tell()
        file.seek(0)
        until_written.pop_all()
    answer = attachment(FileWrapper(file, _SENT_AT_ONCE), media_type, name)
    answer.content_length = size
    return answer


def _write_book(
    file: BinaryIO, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int]
) -> None:
    """Rows that are too many for one sheet go on in the next one."""
    book = Workbook(write_only=True)
    sheet = _sheet(book, name, header, widths)
    wrapped = _WrappedCells(sheet)
    try:
        for number, row in enumerate(rows):
            if number and number % _LONGEST_SHEET == 0:
                sheet = _sheet(book, name, header, widths)
                wrapped = _WrappedCells(sheet)
            cells = [_as_cell(value) for value in row]
            sheet.append([wrapped.holding(at, cell) for at, cell in enumerate(cells)] if widths else cells)
    finally:
        book.save(file)  # only then the library lets go of its temporary files, also where reading a row failed
    file.seek(0, io.SEEK_END)


def _sheet(book: Workbook, name: str, header: Sequence[str], widths: Sequence[int]) -> Any:
    sheet = book.create_sheet(name[:31])
    sheet.freeze_panes = "A2"
    headings = [WriteOnlyCell(sheet, value=_as_cell(title)) for title in header]
    for heading in headings:
        heading.font = Font(bold=True)
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append(headings)
    return sheet


class _WrappedCells:
    """The cells of one row after another, in which long texts wrap.

    A row is written before the next one is made, so that a column needs one cell for each type of value: the library
    compares the style of each new cell with those of the book, which takes twice as long as writing it.
    """

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._cells: dict[tuple[int, type], Any] = {}

    def holding(self, column: int, value: Any) -> Any:
        kind = (column, type(value))
        cell = self._cells.get(kind)
        if cell is None:
            cell = self._cells[kind] = WriteOnlyCell(self._sheet)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.value = value
        return cell


def _as_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return local(value).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f").replace(".", ",")
        case int():
            return str(value)
        case _:
            return neutralised(str(value))


def _as_cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return local(value).replace(tzinfo=None)
    if value is None or isinstance(value, date | Decimal | int):
        return value
    # One character that XML cannot hold would keep everybody from their file.
    return neutralised(_NOT_XML.sub("", str(value)))
