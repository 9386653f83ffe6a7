"""Spreadsheets that people bring: CSV, XLSX, and the HTML that old systems save under the name of Excel.

Whatever is brought may be hostile: what an archive unpacks to is bounded before it is unpacked, XML with declarations
of its own is refused, and nothing in a cell is ever calculated.
"""

from __future__ import annotations

import codecs
import csv
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import chain
from typing import IO, Any, ClassVar

from engine.errors import N_, DomainError

MOST_COLUMNS = 100
_MOST_UNPACKED_BYTES = 30 * 1024 * 1024
_MOST_PARTS = 2_000
_MOST_STRINGS = 1_000_000  # of a whole book: each is an object in memory before the first row is read
_MOST_CELLS = 16_384  # of one row, as Excel itself allows: a row is read as a whole
_AT_ONCE = 256 * 1024  # bytes
_LONGEST_TAG = 64  # bytes of a name with its prefix: those of books are shorter
_PROLOG_BYTES = 4096
_DECLARATIONS = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ";,\t|"
_LOOKED_AT = 64 * 1024  # characters of a CSV file that show what separates its cells
_TAG_OR_TEXT = re.compile(r"<(/?)(tr|td|th|br|p)\b[^<>]*>|<[!?/a-z][^<>]*>|([^<]+|<)", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^>]*\bencoding\s*=\s*[\"'](?!utf-8[\"']|us-ascii[\"'])", re.IGNORECASE)
_ROWS, _CELLS, _STRINGS = (re.compile(rb"<(?:[^\s<>/:]{1,40}:)?" + name + rb"[\s/>]") for name in (b"row", b"c", b"si"))
_TOO_LONG = re.compile(rb"<[^\s<>/?!]{56}")
_IS_HTML = re.compile(rb"\s*<(?:!doctype html|html|head|meta|table)\b", re.IGNORECASE)
_CHARACTER = re.compile(r"_x(00(?:09|0[Aa]|0[Dd])|005[Ff])_")
"""How a book writes the characters of a text that its XML may not keep: tabulators, ends of lines, the mark itself."""
_SEVERAL_LINES = 2
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    LookupError,
    ArithmeticError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    EOFError,
    OSError,
    SyntaxError,
    RuntimeError,  # encrypted, or packed by a method that is not known here
)
"""What the readers of archives, XML and sheets raise for a file that is no sheet."""

_END = "\x00"
"""A last line that no text holds: a cell that has swallowed it was never closed."""


class SheetNotUnderstood(DomainError):
    code: ClassVar[str] = "sheet_not_understood"
    template: ClassVar[str] = N_("The file cannot be read. Save it as CSV or XLSX, with the headings in its first row.")


class QuoteNotClosed(SheetNotUnderstood):
    """All that follows would stand in one cell, and be missed by nobody."""

    code: ClassVar[str] = "quote_not_closed"
    template: ClassVar[str] = N_(
        "A quotation mark that begins a cell in line %(line)s is never closed: all rows below would be lost in it. "
        "Close it, or save the file as XLSX."
    )


def sheet_rows(
    content: bytes, *, most_unpacked: int = _MOST_UNPACKED_BYTES, with_time: bool = False
) -> Iterator[Sequence[str]]:
    """The rows of the first sheet as texts, empty ones too. ``with_time``: of a moment, its time is told as well.

    Text is UTF-8, UTF-16 with a mark, else Windows-1251; cells are separated by whatever separates them most evenly.
    Raises SheetNotUnderstood, also while it is read.
    """
    if content.startswith(b"PK"):
        return _xlsx_rows(content, most_unpacked, with_time=with_time)
    encoding = _encoding(content)
    if _IS_HTML.match(content.removeprefix(b"\xef\xbb\xbf")[:_PROLOG_BYTES]):
        return _html_rows(content.decode(encoding, errors="replace"))
    return _csv_rows(content, encoding)


def _encoding(content: bytes) -> str:
    """What a text is written in. Raises SheetNotUnderstood for what is none."""
    encoding = "utf-16" if content.startswith(_UTF16) else "utf-8-sig"
    try:
        has_zeros = _has_zeros(content, encoding)
    except UnicodeDecodeError:
        encoding, has_zeros = "cp1251", b"\x00" in content
    if has_zeros:
        raise SheetNotUnderstood
    return encoding


def _has_zeros(content: bytes, encoding: str) -> bool:
    """Decoded portion by portion: as one text, a large file would take several times its size in memory.

    Raises UnicodeDecodeError.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    portions = (content[at : at + _AT_ONCE] for at in range(0, len(content), _AT_ONCE))
    return any("\x00" in decoder.decode(one) for one in portions) or "\x00" in decoder.decode(b"", final=True)


def _csv_rows(content: bytes, encoding: str) -> Iterator[Sequence[str]]:
    """Raises SheetNotUnderstood. Excel in Ukraine separates by semicolons."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding, errors="replace", newline="")
    delimiter = _delimiter(text.read(_LOOKED_AT))
    text.seek(0)
    lines, begun = chain(text, (_END,)), 1
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for row in reader:
            if row == [_END]:
                return
            if row and row[-1].endswith(_END):
                raise QuoteNotClosed(line=begun)
            yield row[:MOST_COLUMNS]
            begun = reader.line_num + 1
    except csv.Error as error:
        raise SheetNotUnderstood from error


def _delimiter(text: str) -> str:
    """What the first lines are divided by: as often in the second as in the first, and as often as possible."""
    lines = [line for line in text.splitlines() if line.strip()][:_SEVERAL_LINES]
    if not lines:
        return ";"
    first, last = lines[0], lines[-1]
    return max(_DELIMITERS, key=lambda mark: (first.count(mark) > 0 and last.count(mark) > 0, first.count(mark)))


def _html_rows(text: str) -> Iterator[Sequence[str]]:
    """Tables as Bitrix24 and others save them as .xls: one row after the other, without regard to merged cells."""
    table = _Table()
    for found in _TAG_OR_TEXT.finditer(text):
        closes, tag, words = bool(found[1]), (found[2] or "").lower(), found[3]
        if words is not None:
            table.text(html.unescape(words))
        elif tag in {"br", "p"}:
            table.text("\n")
        elif tag and (row := table.tag(tag, closes=closes)):
            yield row[:MOST_COLUMNS]
    if row := table.tag("tr", closes=True):
        yield row[:MOST_COLUMNS]


class _Table:
    """The row and the cell that are open. What stands outside of cells says nothing."""

    def __init__(self) -> None:
        self._row: list[str] = []
        self._cell: list[str] | None = None

    def text(self, words: str) -> None:
        if self._cell is not None:
            self._cell.append(words)

    def tag(self, tag: str, *, closes: bool) -> list[str]:
        """The row that ends here, if one does. A cell ends with its own tag or with the next one."""
        if self._cell is not None:
            self._row.append("".join(self._cell).strip())
        self._cell = None if closes or tag == "tr" else []
        if tag != "tr":
            return []
        row, self._row = self._row, []
        return row


def _xlsx_rows(content: bytes, most_unpacked: int, *, with_time: bool) -> Iterator[Sequence[str]]:
    """The first sheet, row by row. Raises SheetNotUnderstood."""
    from openpyxl import load_workbook  # noqa: PLC0415  # large to load, and few bring a book
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        _ensure_harmless(content, most_unpacked)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet: Any = next((one for one in book.worksheets if one.sheet_state == "visible"), book.worksheets[0])
        sheet.reset_dimensions()  # what a file says about its own size is often wrong, and rows would be missing
        for cells in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS):
            yield [] if not any(cells) else [_cell(cell, with_time=with_time) for cell in cells]
    except (InvalidFileException, *_UNREADABLE) as error:
        raise SheetNotUnderstood from error


def _ensure_harmless(content: bytes, most_unpacked: int) -> None:
    """An archive unpacks no more than it declares; what it declares is bounded. Raises SheetNotUnderstood."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > _MOST_PARTS or sum(one.file_size for one in parts) > most_unpacked:
            raise SheetNotUnderstood
        for one in parts:
            with archive.open(one) as part:
                _ensure_plain(part)


def _ensure_plain(part: IO[bytes]) -> None:
    """XML in UTF-8, without declarations, of which no string table and no row is larger than in books that people have.

    Raises SheetNotUnderstood.
    """
    chunk = part.read(_AT_ONCE)
    prolog = chunk.removeprefix(b"\xef\xbb\xbf").lstrip()[:_PROLOG_BYTES]
    if any(mark in prolog for mark in _DECLARATIONS) or prolog.startswith(_UTF16):
        raise SheetNotUnderstood
    if not prolog.startswith(b"<"):
        return  # a picture: whoever reads it as XML meets an error
    if b"\x00" in prolog or _ENCODING.match(prolog):
        raise SheetNotUnderstood
    strings = cells = 0
    rest = b""  # the beginning of a tag that goes on in the next chunk
    while chunk:
        text = rest + chunk
        cut = text.rfind(b"<")
        rest = text[cut:] if cut >= 0 and len(text) - cut < _LONGEST_TAG else b""
        text = text[: len(text) - len(rest)]
        strings += len(_STRINGS.findall(text))
        for at, of_row in enumerate(_ROWS.split(text)):
            cells = len(_CELLS.findall(of_row)) + (0 if at else cells)
            if cells > _MOST_CELLS:
                raise SheetNotUnderstood
        if strings > _MOST_STRINGS or _TOO_LONG.search(text):
            raise SheetNotUnderstood
        chunk = part.read(_AT_ONCE)


def _cell(value: Any, *, with_time: bool) -> str:
    match value:
        case None:
            return ""
        case datetime() if with_time and value.time() != time():
            return value.replace(microsecond=0).isoformat()
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return _CHARACTER.sub(lambda found: chr(int(found[1], 16)), str(value))
