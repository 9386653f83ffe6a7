"""A client's letter as it came: what it says, and its files. Nothing of it is trusted, and all of it is bounded."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import BinaryIO

from engine.adapters.received_mail import (
    LARGEST_MESSAGE,
    first_header,
    is_file,
    parsed,
    parts_of,
    readable_header,
    said_in,
    sender_of,
    shallow,
)
from engine.adapters.set_aside import SetAside, set_aside
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
    """``content`` can be read again from its beginning; a large one is decoded while it is read."""

    name: str
    content: BinaryIO


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
    aside = set_aside(raw[:LARGEST_LETTER], LARGEST_MESSAGE)
    beginning, rest = raw[:LARGEST_MESSAGE], aside.raw
    if _lines_of(rest) > _MOST_LINES:
        rest, is_whole = beginning, False
    if len(without_depths := shallow(rest)) < len(rest):
        rest, is_whole = without_depths, False
    try:
        return _read(shallow(beginning), rest, aside, is_whole=is_whole)
    except (ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError):
        return ReceivedLetter("", "", "", "", (), (("", "not_whole"),))


def _lines_of(raw: bytes) -> int:
    return raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")


def _read(beginning: bytes, rest: bytes, aside: SetAside, *, is_whole: bool) -> ReceivedLetter:
    """``rest`` is the letter without what is set aside."""
    message = parsed(rest)
    parts = list(parts_of(message))
    body, text = said_in(parts_of(parsed(beginning)))
    if body is None:
        body, text = said_in(_of_some_length(part, aside) for part in parts)
    folded, is_cut = "", False
    if body is not None and body.get_content_type() == "text/html":
        is_cut = len(text) > LONGEST_PAGE
        said, cited = texts_of_html(text)
        text, folded = (said, cited) if said else (cited, "")  # a letter that is all quotation says that
    own, quoted = split_quoted(text[:LONGEST_TEXT])
    quoted = "\n\n".join(part for part in (quoted, folded[:LONGEST_TEXT]) if part)
    left_out = [("", "text_too_long")] if is_cut or len(text) > LONGEST_TEXT else []
    files = list(_files(parts, aside, left_out))
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


def _of_some_length(part: Message, aside: SetAside) -> Message:
    """A part behind large files may still be what was said, but nobody says that much."""
    if part.is_multipart():
        return part
    return part if len(str(part.get_payload())) <= LARGEST_MESSAGE and not aside.is_in(part) else Message()


def _files(parts: list[Message], aside: SetAside, left_out: list[tuple[str, str]]) -> Iterator[ReceivedFile]:
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            left_out.append((_name_of(part) or "message.eml", "letter_inside"))
        if part.is_multipart() or part.get_content_maintype() == "multipart":
            continue
        if part.get_content_maintype() == "text" and not is_file(part):
            continue  # the same in another form, or the foot of a mailing list
        content = aside.content_of(part)
        if content is None or _is_decoration(part, content):
            continue
        yield ReceivedFile(_name_of(part) or _named_by_kind(part), content)


def _is_decoration(part: Message, content: BinaryIO) -> bool:
    is_shown = part.get_content_disposition() != "attachment" and bool(part.get("content-id"))
    if not is_shown or part.get_content_maintype() != "image":
        return False
    is_small = len(content.read(_DECORATION)) < _DECORATION
    content.seek(0)
    return is_small


def _name_of(part: Message) -> str:
    name = readable_header(str(part.get_filename() or ""))
    return "".join(one for one in name if one.isprintable())[-_LONGEST_FILE_NAME:]


def _named_by_kind(part: Message) -> str:
    return f"file{mimetypes.guess_extension(part.get_content_type()) or '.bin'}"
