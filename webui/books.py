"""Spreadsheets written as their rows come: the library makes the book around them, the rows are its XML as text.

The library makes an object of every cell and compares its style with those of the book, which takes six times as long.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain, count, islice
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

_LONGEST_SHEET = 1_048_575
"""Rows of a sheet in Excel, but for the one of the headings."""
_MOST_WRITTEN = 500_000_000
"""Characters of a sheet's rows: up to 2 GB, beyond which its place in the archive is described in a way of its own
(ZIP64). Not every program that opens spreadsheets knows that one."""
_LONGEST_TEXT = 32_767
"""Of a cell in Excel, in units of UTF-16."""
_INEXACT_FROM = 10**15
"""Of a number Excel keeps fifteen digits, and shows zeros for the others."""
_FIRST_YEAR = 1900
"""Of spreadsheets: what was before is no date there."""
_LONGEST_NAME = 31
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_TO_ESCAPE = re.compile("[&<>\r]")
_LIKE_A_CHARACTER = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""A spreadsheet reads ``_x0041_`` as an A."""
_END_OF_ROWS = "</sheetData>"

Cell = str | int | Decimal | date | None
"""A moment is one without a zone: a spreadsheet knows none."""


def write_book(
    file: BinaryIO, name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Sequence[int]
) -> None:
    """A book whose sheets are called ``name``; rows that are too many, or too long, for one go on in the next.

    What a spreadsheet would show as something else stands there as a text: a number of more than fifteen digits before
    its point, a day before 1900. ``widths`` are the columns' in letters; long texts wrap then. No text holds what XML
    cannot.
    """
    frame, left, sheets = _Frame(_Made(name, header, widths, 1), len(header)), iter(rows), 0
    with ZipFile(file, "w", ZIP_DEFLATED) as book:
        ahead = list(islice(left, 1))
        while ahead or not sheets:
            sheets += 1
            with book.open(_place_of(sheets), "w") as sheet:
                text = io.TextIOWrapper(sheet, encoding="utf-8", newline="")
                text.write(frame.before)
                text.writelines(frame.lines(islice(chain(ahead, left), _LONGEST_SHEET)))
                text.write(frame.after)
                text.detach()
            ahead = list(islice(left, 1))
        of_rows = {_place_of(number) for number in range(1, sheets + 1)}
        for part, content in _Made(name, header, widths, sheets).parts.items():
            if part not in of_rows:
                book.writestr(part, content)


def _place_of(sheet: int) -> str:
    return f"xl/worksheets/sheet{sheet}.xml"


class _Made:
    """The library's book of so many sheets that hold their headings alone, and the numbers of its styles by type."""

    def __init__(self, name: str, header: Sequence[str], widths: Sequence[int], sheets: int) -> None:
        book, content, self.styles = Workbook(write_only=True), io.BytesIO(), dict[type, int]()
        for _ in range(sheets):
            sheet = _with_headings(book, name, header, widths)
            self.styles = _styles_in(sheet, wraps=bool(widths))
        book.save(content)
        with ZipFile(content) as parts:
            self.parts = {part: parts.read(part) for part in parts.namelist()}


def _with_headings(book: Workbook, name: str, header: Sequence[str], widths: Sequence[int]) -> Any:
    sheet = book.create_sheet(name[:_LONGEST_NAME])
    sheet.freeze_panes = "A2"
    headings = [WriteOnlyCell(sheet, value=title) for title in header]
    for heading in headings:
        heading.font = Font(bold=True)
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append(headings)
    return sheet


def _styles_in(sheet: Any, *, wraps: bool) -> dict[type, int]:
    samples: tuple[Any, ...] = ("", 0, date.min, datetime.min.replace(tzinfo=UTC))
    cells = {type(sample): WriteOnlyCell(sheet, value=sample) for sample in samples}
    if wraps:
        for cell in cells.values():
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    return {kind: cell.style_id for kind, cell in cells.items()}


class _Frame:
    """What stands in a sheet before its rows and behind them, and how a row looks in it."""

    def __init__(self, made: _Made, columns: int) -> None:
        self.before, _, after = made.parts[_place_of(1)].decode().partition(_END_OF_ROWS)
        self.after = _END_OF_ROWS + after
        self._text, self._number, self._day, self._moment = (
            f' s="{made.styles[kind]}"' for kind in (str, int, date, datetime)
        )
        self._columns = [get_column_letter(number) for number in range(1, columns + 1)]

    def lines(self, rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
        """As many of them as there is room for in a sheet; the others are not read."""
        written = 0
        for number, row in zip(count(2), rows, strict=False):
            cells = "".join(
                f'<c r="{column}{number}"{self._said(value)}</c>'
                for column, value in zip(self._columns, row, strict=True)
                if value not in {None, ""}
            )
            yield f'<row r="{number}">{cells}</row>'
            written += len(cells)
            if written > _MOST_WRITTEN:
                return

    def _said(self, value: str | int | Decimal | date) -> str:
        """The rest of a cell behind its place."""
        if isinstance(value, str):
            text = _fitting(value)
            if _TO_ESCAPE.search(text):
                text = _TO_ESCAPE.sub(lambda found: _ESCAPED[found[0]], text)
            if "_x" in text:
                text = _LIKE_A_CHARACTER.sub("_x005F_", text)
            return f'{self._text} t="inlineStr"><is><t xml:space="preserve">{text}</t></is>'
        if isinstance(value, bool):
            return f'{self._number} t="b"><v>{value:d}</v>'
        if isinstance(value, date):
            if value.year < _FIRST_YEAR:
                return self._said(str(value))
            style = self._moment if isinstance(value, datetime) else self._day
            return f"{style}><v>{to_excel(value)}</v>"  # type: ignore[no-untyped-call]
        told = f"{value:f}" if isinstance(value, Decimal) else str(value)
        is_exact = -_INEXACT_FROM < value < _INEXACT_FROM
        return f"{self._number}><v>{told}</v>" if is_exact else self._said(told)


def _fitting(text: str) -> str:
    """As much of ``text`` as a cell holds, without half a character at its end."""
    if len(text) <= _LONGEST_TEXT // 2:  # no character is more than two units
        return text
    return text.encode("utf-16-le")[: 2 * _LONGEST_TEXT].decode("utf-16-le", errors="ignore")
