"""What a row of somebody's list says of a client: read from its cells, whatever was typed into them.

What is unreadable but harmless, such as "call the secretary" in place of a phone, is kept in a note and told as a
remark; what would make a wrong record is a fault, and the row is refused.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired
from engine.policy.client_columns import KEPT_AS_NOTE, NOTE, OWN_OF_CLIENT, OWN_OF_CONTACT
from engine.policy.phone_numbers import normalise_phone
from engine.policy.visible_names import is_invisible

LONGEST_NOTE = 50_000
_LONGEST: Mapping[str, int] = {"name": 300, "contact_name": 200, "contact_position": 200, "segment": 100, "source": 100}
_LONGEST_AUTHOR = 200
_LONGEST_EMAIL = 254
_MOST_REMARKS = 20
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
_CODE = re.compile(r"\d{8}|\d{10}|\d{12}")
_CODE_NOISE = re.compile(r"(?:єдрпоу|эдрпоу|окпо|іпн|инн|рнокпп|код|ua)|\.0$|[\s\u00a0.\-№:]", re.IGNORECASE)
_LOST_ZEROS = {6: 8, 7: 8, 9: 10}
"""How many digits a code had before Excel took it for a number: by how many are left."""
_NOTHING = frozenset(
    {"-", "—", "–", "--", "немає", "нет", "нема", "none", "null", "n/a", "0", "відсутній", "отсутствует", "б/н"}
)
_APART = re.compile(r"[;,\n/|]+")
_LABEL = re.compile(r"^[^\d+(@]*:\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_NEUTRALISED = re.compile(r"^'(?=\s*[=+\-@\t\r\n])")
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr)\b[^<>]{0,200}>|\[/(?:p|list|tr)\]", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]{0,2000}>", re.IGNORECASE)
_BBCODE = re.compile(
    r"\[/?(?:b|i|u|s|p|url|color|size|font|list|\*|quote|code|user|img|table|tr|td|left|right|center|justify)"
    r"(?:=[^\[\]]{0,2000})?\]",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?:,?\s+(?:о\s+)?(\d{1,2}):(\d{2})(?::\d{2})?)?")
_THIS_CENTURY = 2000
_YEARS = range(1990, 2100)


class CellTooLong(DomainError):
    code: ClassVar[str] = "cell_too_long"
    template: ClassVar[str] = N_("At most %(maximum)s characters fit here.")


class ZerosRestored(DomainError):
    """A remark."""

    code: ClassVar[str] = "zeros_restored"
    template: ClassVar[str] = N_("Code %(code)s: the zeros that Excel had taken away were put back.")


class KeptInNote(DomainError):
    """A remark."""

    code: ClassVar[str] = "kept_in_note"
    template: ClassVar[str] = N_("“%(value)s” has no place of its own here and goes into a note.")


class DateNotRead(DomainError):
    """A remark."""

    code: ClassVar[str] = "date_not_read"
    template: ClassVar[str] = N_("“%(value)s” was not understood as a date and stays in the text of the note.")


@dataclass(frozen=True, slots=True)
class ReadNote:
    """``at`` is aware UTC, None where nobody wrote down when."""

    text: str
    at: datetime | None = None
    author: str = ""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """``phones`` in E.164, ``emails`` in lower case: those of the client, the first being kept in the card.

    ``contact`` is empty where the row names nobody beside the client. ``own`` and ``contact_own`` are texts by the
    names of the company's own fields. ``faults`` are by the meaning of the column; a row with faults is refused.
    """

    name: str = ""
    edrpou: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    segment: str = ""
    source: str = ""
    owner: str = ""
    contact: str = ""
    position: str = ""
    contact_phones: tuple[str, ...] = ()
    contact_emails: tuple[str, ...] = ()
    own: Mapping[str, str] = field(default_factory=dict)
    contact_own: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[ReadNote, ...] = ()
    faults: Mapping[str, DomainError] = field(default_factory=dict)
    remarks: tuple[DomainError, ...] = ()


def read_client_row(cells: Sequence[str], columns: Sequence[str], headings: Sequence[str]) -> ReadRow:
    """What a row of a list of clients says. Who has a name and no company is a client who is a person."""
    reading = _Reading(cells, columns, headings)
    name, contact = reading.line("name"), reading.contact_name()
    phones, emails = reading.phones("phone"), reading.emails("email")
    contact_phones, contact_emails = reading.phones("contact_phone"), reading.emails("contact_email")
    if contact and not name:
        name, contact = contact, ""
        phones, emails = (*phones, *contact_phones), (*emails, *contact_emails)
        contact_phones = contact_emails = ()
    if is_invisible(name):
        reading.faults["name"] = FieldRequired(label=N_("Client"))
    code = reading.code()
    reading.spare(phones, emails)
    if contact:
        reading.spare(contact_phones, contact_emails)
    else:
        reading.spare(("", *contact_phones), ("", *contact_emails))
    return ReadRow(
        name=name,
        edrpou=code,
        phones=phones,
        emails=emails,
        segment=reading.line("segment"),
        source=reading.line("source"),
        owner=reading.line("owner"),
        contact=contact,
        position=reading.line("contact_position") if contact else "",
        contact_phones=contact_phones if contact else (),
        contact_emails=contact_emails if contact else (),
        own=reading.own(OWN_OF_CLIENT),
        contact_own=reading.own(OWN_OF_CONTACT) if contact else {},
        notes=tuple(ReadNote(text) for text in (reading.note(),) if text),
        faults=reading.faults,
        remarks=tuple(reading.remarks),
    )


def read_note_row(cells: Sequence[str], columns: Sequence[str], headings: Sequence[str], zone: str) -> ReadRow:
    """What a row of a list of old notes says: a note, and whose it is. Times without a zone are those of ``zone``."""
    reading = _Reading(cells, columns, headings)
    written = " ".join(reading.texts("at"))
    at = read_moment(written, zone)
    if written and at is None:
        reading.remarks.append(DateNotRead(value=written[:50]))
        reading.kept.append(written)
    text = reading.note()
    if not text:
        reading.faults[NOTE] = FieldRequired(label=N_("Text of the note"))
    name, contact = reading.line("name"), reading.line("contact_name")
    code, phones, emails = reading.code(), reading.phones("phone"), reading.emails("email")
    if not (name or contact or code or phones or emails):
        reading.faults["name"] = FieldRequired(label=N_("Client"))
    return ReadRow(
        name=name or contact,
        edrpou=code,
        phones=phones,
        emails=emails,
        contact=contact,
        notes=(ReadNote(text, at, reading.line("author")[:_LONGEST_AUTHOR]),),
        faults=reading.faults,
        remarks=tuple(reading.remarks),
    )


def read_moment(text: str, zone: str) -> datetime | None:
    """Aware UTC; a day without a time is its noon, so that it stays that day in every zone near. None: not a date."""
    found = _LOCAL.fullmatch(text.strip())
    try:
        if found:
            day, month, year = int(found[1]), int(found[2]), int(found[3])
            year += _THIS_CENTURY if len(found[3]) == 2 else 0  # noqa: PLR2004  # 24 for 2024
            hour, minute = (int(found[4]), int(found[5])) if found[4] else (12, 0)
            moment = datetime(year, month, day, hour, minute)  # noqa: DTZ001  # its zone is put below
        else:
            moment = datetime.fromisoformat(text.strip())
            if len(text.strip()) <= len("2026-12-31"):
                moment = moment.replace(hour=12)
        if moment.year not in _YEARS:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def plain_text(text: str) -> str:
    """Text as it is read: without the tags of HTML and BBCode in which other systems keep comments."""
    plain = html.unescape(_TAG.sub("", _BREAK.sub("\n", text))) if "<" in text or "&" in text else text
    plain = _BBCODE.sub("", _BREAK.sub("\n", plain)) if "[" in plain else plain
    lines = (" ".join(line.split()) for line in plain.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def clean(text: str) -> str:
    """A cell without what no database keeps, and without the apostrophe that keeps a spreadsheet from calculating."""
    return _NEUTRALISED.sub("", storable(unicodedata.normalize("NFC", text)).strip())


def storable(text: str) -> str:
    """Text without what no database keeps."""
    return _CONTROL.sub("", text)


class _Reading:
    """One row being read: ``kept`` are the parts of its note, ``faults`` and ``remarks`` what there is to say."""

    def __init__(self, cells: Sequence[str], columns: Sequence[str], headings: Sequence[str]) -> None:
        self._cells = [
            (meaning, heading, clean(cell))
            for meaning, heading, cell in zip(columns, headings, cells, strict=False)
            if meaning and cell.strip()
        ]
        self.kept: list[str] = []
        self.faults: dict[str, DomainError] = {}
        self.remarks: list[DomainError] = []

    def texts(self, meaning: str) -> Iterator[str]:
        return (text for meant, _, text in self._cells if meant == meaning and text)

    def line(self, meaning: str) -> str:
        """The first cell of this meaning that is filled in, in one line."""
        text = " ".join(next(self.texts(meaning), "").split())
        longest = _LONGEST.get(meaning, _LONGEST["name"])
        if len(text) > longest:
            self.faults[meaning] = CellTooLong(maximum=longest)
            return text[:longest]
        return text

    def contact_name(self) -> str:
        parts = (self.line(one) for one in ("contact_last", "contact_first", "contact_middle"))
        text = self.line("contact_name") or " ".join(filter(None, parts))
        if len(text) > _LONGEST["contact_name"]:
            self.faults["contact_name"] = CellTooLong(maximum=_LONGEST["contact_name"])
        return "" if is_invisible(text) else text

    def code(self) -> str:
        """The tax number, with the zeros that a spreadsheet took away."""
        written = self.line("edrpou")
        if written.casefold() in _NOTHING:
            return ""
        digits = _CODE_NOISE.sub("", written)
        if digits.isascii() and digits.isdigit() and len(digits) in _LOST_ZEROS:
            digits = digits.zfill(_LOST_ZEROS[len(digits)])
            self.remarks.append(ZerosRestored(code=digits))
        if digits and not (digits.isascii() and _CODE.fullmatch(digits)):
            self.faults["edrpou"] = FieldNotUnderstood(
                value=written[:50], expected=N_("an EDRPOU code of 8, 10 or 12 digits")
            )
        return digits

    def phones(self, meaning: str) -> tuple[str, ...]:
        """Every number in the cells of this meaning, in E.164. What is none is kept in the note."""
        return self._each(meaning, normalise_phone)

    def emails(self, meaning: str) -> tuple[str, ...]:
        return self._each(meaning, _email)

    def _each(self, meaning: str, read: Callable[[str], str | None]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for cell in self.texts(meaning):
            whole = read(cell)
            for part in [cell] if whole else filter(None, map(str.strip, _APART.split(cell))):
                if (value := read(part) or read(_LABEL.sub("", part))) is not None:
                    found[value] = None
                elif part.casefold() not in _NOTHING:
                    self._set_aside(part)
        return tuple(found)

    def _set_aside(self, value: str) -> None:
        self.kept.append(value)
        if len(self.remarks) < _MOST_REMARKS:  # a cell can hold thousands of what is no phone
            self.remarks.append(KeptInNote(value=value[:80]))

    def spare(self, phones: Sequence[str], emails: Sequence[str]) -> None:
        """A card has room for one phone and one address: the others go into the note."""
        for value in (*phones[1:], *emails[1:]):
            self._set_aside(value)

    def own(self, prefix: str) -> dict[str, str]:
        return {meant.removeprefix(prefix): text for meant, _, text in self._cells if meant.startswith(prefix) and text}

    def note(self) -> str:
        """What was written as a note, then what has no place of its own."""
        written = [plain_text(text) for text in self.texts(NOTE)]
        headed = [
            f"{heading}: {plain_text(text)}"
            for meant, heading, text in self._cells
            if meant == KEPT_AS_NOTE and text and text.casefold() not in _NOTHING
        ]
        return "\n".join(filter(None, [*written, *headed, *self.kept]))[:LONGEST_NOTE]


def _email(text: str) -> str | None:
    address = text.strip().lower()
    if len(address) > _LONGEST_EMAIL:  # looked at first: of a very long text, the pattern would try every division
        return None
    return address if _EMAIL.fullmatch(address) else None
