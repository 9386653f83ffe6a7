"""Lists as files for spreadsheets, in which no cell can be a formula that somebody typed as a name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

from flask import Response
from werkzeug.wsgi import FileWrapper

from webui.attachments import attachment
from webui.i18n import zone

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A text of XML can hold all others."""
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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
        as_text = partial(_as_text, here=cache(zone))
        writer.writerows(list(map(as_text, row)) for row in rows)
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
    from webui.books import write_book  # noqa: PLC0415  # its library is large to load, and few download a book

    as_cell = partial(_as_cell, here=cache(zone))
    write_book(file, name, [as_cell(title) for title in header], (list(map(as_cell, row)) for row in rows), widths)
    file.seek(0, io.SEEK_END)


def _as_text(value: Any, *, here: Callable[[], ZoneInfo]) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(here()).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f").replace(".", ",")
        case int():
            return str(value)
        case _:
            return neutralised(str(value))


def _as_cell(value: Any, *, here: Callable[[], ZoneInfo]) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(here()).replace(tzinfo=None)
    if value is None or isinstance(value, date | Decimal | int):
        return value
    # One character that XML cannot hold would keep everybody from their file.
    return neutralised(_NOT_XML.sub("", str(value)))
