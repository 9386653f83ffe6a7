"""A client's letter as it came: what it says, and its files. Nothing of it is trusted, and all of it is bounded."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message

from engine.adapters.received_mail import (
    LARGEST_MESSAGE,
    decoded_text,
    first_header,
    parsed,
    parts_of,
    readable_header,
    sender_of,
    shallow,
    storable,
)
from engine.policy.file_limits import MEGABYTE
from engine.policy.mail_replies import LONGEST_PAGE, LONGEST_TEXT, split_quoted, texts_of_html

LARGEST_LETTER = 35 * MEGABYTE
"""In bytes, as it travels; of a larger one the rest is not fetched."""
MOST_FILES = 20
LONGEST_SUBJECT = 300
LONGEST_NAME = 200
_LONGEST_FILE_NAME = 200
_MOST_LINES = 1_000_000
"""Twice as many as the largest letter with files has. What is all line breaks takes minutes to take apart."""
_DECORATION = 20 * 1024
"""Pictures below this size that the text itself shows are logos of signatures."""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ReceivedLetter:
    """``quoted`` is what it repeats of letters before it. ``left_out`` are names of what is not among ``files``, each
    with a code of why: ``too_many_files``, ``not_whole``, ``letter_inside``, ``text_too_long``.
    """

    sender_name: str
    subject: str
    text: str
    quoted: str
    files: tuple[ReceivedFile, ...]
    left_out: tuple[tuple[str, str], ...]


NOTHING_SAID = ReceivedLetter("", "", "", "", (), ())


def read_letter(raw: bytes, *, is_whole: bool = True) -> ReceivedLetter:
    """Never raises for what somebody has sent: what cannot be read is a letter without words.

    ``is_whole``: nothing is known to follow ``raw``.
    """
    is_whole = is_whole and len(raw) < LARGEST_LETTER
    if _lines_of(raw) > _MOST_LINES:
        raw, is_whole = raw[:LARGEST_MESSAGE], False
    if len(without_depths := shallow(raw)) < len(raw):
        raw, is_whole = without_depths, False
    try:
        return _read(raw[:LARGEST_LETTER], is_whole=is_whole)
    except (ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError):
        return ReceivedLetter("", "", "", "", (), (("", "not_whole"),))


def _lines_of(raw: bytes) -> int:
    return raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")


def _read(raw: bytes, *, is_whole: bool) -> ReceivedLetter:
    message = parsed(raw)
    parts = list(parts_of(message))
    body = _body(parts_of(parsed(raw[:LARGEST_MESSAGE]))) or _body(map(_of_some_length, parts))
    text = storable(decoded_text(body)).strip() if body is not None else ""
    folded, is_cut = "", False
    if body is not None and body.get_content_type() == "text/html":
        is_cut = len(text) > LONGEST_PAGE
        said, cited = texts_of_html(text)
        text, folded = (said, cited) if said else (cited, "")  # a letter that is all quotation says that
    own, quoted = split_quoted(text[:LONGEST_TEXT])
    quoted = "\n\n".join(part for part in (quoted, folded[:LONGEST_TEXT]) if part)
    left_out = [("", "text_too_long")] if is_cut or len(text) > LONGEST_TEXT else []
    files = list(_files(parts, left_out))
    if not is_whole:
        left_out.append((files.pop().name if files else "", "not_whole"))
    left_out += [(one.name, "too_many_files") for one in files[MOST_FILES:]]
    return ReceivedLetter(
        sender_name=sender_of(message)[0][:LONGEST_NAME],
        subject=first_header(message, "subject")[:LONGEST_SUBJECT],
        text=own,
        quoted=quoted,
        files=tuple(files[:MOST_FILES]),
        left_out=tuple(left_out[: MOST_FILES * 2]),
    )


def _body(given: Iterable[Message]) -> Message | None:
    """The first plain text that is no file, else the first page."""
    parts = list(given)
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == wanted and not _is_file(part) and decoded_text(part).strip():
                return part
    return None


def _of_some_length(part: Message) -> Message:
    """A part behind large files may still be what was said, but nobody says that much."""
    return part if part.is_multipart() or len(str(part.get_payload())) <= LARGEST_MESSAGE else Message()


def _files(parts: list[Message], left_out: list[tuple[str, str]]) -> Iterator[ReceivedFile]:
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            left_out.append((_name_of(part) or "message.eml", "letter_inside"))
        if part.is_multipart() or part.get_content_maintype() == "multipart":
            continue
        if part.get_content_maintype() == "text" and not _is_file(part):
            continue  # the same in another form, or the foot of a mailing list
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or _is_decoration(part, content):
            continue
        yield ReceivedFile(_name_of(part) or _named_by_kind(part), content)


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _is_decoration(part: Message, content: bytes) -> bool:
    is_shown = part.get_content_disposition() != "attachment" and bool(part.get("content-id"))
    return is_shown and part.get_content_maintype() == "image" and len(content) < _DECORATION


def _name_of(part: Message) -> str:
    name = readable_header(str(part.get_filename() or ""))
    return "".join(one for one in name if one.isprintable())[-_LONGEST_FILE_NAME:]


def _named_by_kind(part: Message) -> str:
    return f"file{mimetypes.guess_extension(part.get_content_type()) or '.bin'}"
