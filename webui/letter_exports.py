"""Letters with a client as files: a list for spreadsheets, and an archive with all that they say and bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from flask import Response

from engine.queries.client_data import ClientData
from engine.queries.client_letters import ClientLetterRow, LetterFile, Receiver
from engine.queries.stored_files import content_of
from webui.archives import Packed, zip_file
from webui.exports import csv_file, xlsx_content, xlsx_file
from webui.formats import local
from webui.i18n import _
from webui.letter_words import left_out_words, letter_state_word
from webui.request_context import now, services

_WIDTHS = (18, 16, 22, 34, 34, 34, 70, 40, 40, 40)
_LONGEST_CELL = 32_000
"""In characters: a spreadsheet holds 32,767 in a cell."""
_PARTS_OF_PATHS = str.maketrans("/\\:", "___")


def letters_csv(number: str, letters: Sequence[ClientLetterRow]) -> Response:
    return csv_file(f"letters-{number}", _header(), map(_cells, letters))


def letters_xlsx(number: str, letters: Sequence[ClientLetterRow]) -> Response:
    return xlsx_file(f"letters-{number}", _header(), map(_cells, letters), _WIDTHS)


def letters_zip(number: str, letters: Sequence[ClientLetterRow]) -> Response:
    """The list, the same for programs with nothing left out, and the files."""
    told = {"deal": number, "letters": [letter_facts(one) for one in letters]}
    return _archive(f"letters-{number}.zip", letters, "letters.json", told)


def client_data_zip(data: ClientData) -> Response:
    """What is held about a client, with all letters and the files that went with them."""
    letters = [letter for deal in data.deals for letter in deal.letters]
    deals = [
        {name: value for name, value in asdict(deal).items() if name != "letters"}
        | {"letters": [letter_facts(one) for one in deal.letters]}
        for deal in data.deals
    ]
    told = {
        "client": _card(asdict(data.card)),
        "merged": [_card(asdict(one)) for one in data.merged],
        "contacts": [asdict(one) for one in data.contacts],
        "notes": [asdict(one) for one in data.notes],
        "deals": deals,
    }
    return _archive(f"client-{data.card.id}.zip", letters, "client.json", told)


def letter_facts(letter: ClientLetterRow) -> Mapping[str, Any]:
    """What programs are told of a letter; ``path`` is where a file lies in the archive, None where it was erased."""
    received = letter.is_received
    return {
        "id": letter.id,
        "state": letter.state.value,
        "from": {"address": letter.sender, "name": letter.sender_name} if received else {"name": letter.writer},
        "to": [asdict(one) for one in letter.receivers],
        "is_known": letter.is_known,
        "is_automatic": letter.is_automatic,
        "subject": letter.subject,
        "text": letter.text,
        "quoted": letter.quoted,
        "files": [
            {"name": one.name, "size": one.size, "sha256": one.sha256, "path": None if one.is_erased else _path(one)}
            for one in letter.files
        ],
        "left_out": [asdict(one) for one in letter.left_out],
        "answers_id": letter.answers_id,
        "at": letter.written_at,
        "sent_at": letter.sent_at,
        "error": letter.error,
    }


def _card(row: dict[str, Any]) -> dict[str, Any]:
    """Without what only our lists count."""
    return {name: value for name, value in row.items() if name not in {"open_deals", "has_next_step", "next_due_at"}}


def _archive(name: str, letters: Sequence[ClientLetterRow], told_in: str, told: Mapping[str, Any]) -> Response:
    listed = xlsx_content(_("Letters"), _header(), map(_cells, letters), _WIDTHS)
    facts = orjson.dumps(_plain(told), option=orjson.OPT_INDENT_2)
    files = {one.id: one for letter in letters for one in letter.files if not one.is_erased}
    return zip_file(name, _contents(told_in, facts, listed, list(files.values())), at=local(now()))


def _contents(told_in: str, facts: bytes, listed: bytes, files: Sequence[LetterFile]) -> Iterable[Packed]:
    database = services().database
    return (
        Packed(told_in, [facts]),
        Packed("letters.xlsx", [listed]),
        *(Packed(_path(one), content_of(database, one.sha256)) for one in files),
    )


def _path(file: LetterFile) -> str:
    """No two files of a name are one, and no name leads out of the archive."""
    return f"files/{file.id} {file.name.translate(_PARTS_OF_PATHS)}"


def _header() -> tuple[str, ...]:
    return (
        _("When"),
        _("Direction"),
        _("State"),
        _("From"),
        _("To whom"),
        _("Subject"),
        _("Text of the letter"),
        _("What it quotes"),
        _("Files"),
        _("Problem"),
    )


def _cells(letter: ClientLetterRow) -> tuple[Any, ...]:
    words = left_out_words()
    problems = [f"{one.name}: {words.get(one.problem, one.problem)}".removeprefix(": ") for one in letter.left_out]
    return (
        letter.sent_at or letter.written_at,
        _("From the client") if letter.is_received else _("To the client"),
        letter_state_word(letter),
        _named(Receiver(letter.sender, letter.sender_name)) if letter.is_received else letter.writer,
        ", ".join(map(_named, letter.receivers)),
        letter.subject,
        letter.text[:_LONGEST_CELL],
        letter.quoted[:_LONGEST_CELL],
        "\n".join(_("Erased file") if one.is_erased else one.name for one in letter.files),
        "\n".join([*problems, *filter(None, [letter.error])])[:_LONGEST_CELL],
    )


def _named(one: Receiver) -> str:
    return f"{one.name} <{one.address}>" if one.name and one.address else one.name or one.address


def _plain(value: Any) -> Any:
    """As JSON has it: moments in the company's zone with their offset, money as it was written."""
    match value:
        case datetime():
            return local(value).isoformat(timespec="seconds")
        case Decimal():
            return str(value)
        case Mapping():
            return {str(name): _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value
