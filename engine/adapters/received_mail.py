"""A message as it came, made readable: whoever wrote it, nothing of it is trusted and all of it is bounded."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses
from itertools import islice

from engine.policy.mail_replies import LONGEST_TEXT, text_of_html

LARGEST_MESSAGE = 256 * 1024
"""In bytes; the rest of a larger one is not fetched: an answer stands at the top."""

_MOST_PARTS = 100
_MOST_BOUNDARIES = 50
_MOST_KEYS = 50
_MOST_FAILED = 10
_MOST_HEADERS = 50
_LONGEST_HEADER = 4_000
_LONGEST_ADDRESS = 254
_BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)
_KEY = re.compile(r"\b([0-9a-f]{32})(?=@)")
_DIAGNOSTIC_TYPE = re.compile(r"^(?:smtp|x-[a-z0-9-]{1,30}) ?; ?", re.IGNORECASE)  # RFC 3464 section 2.3.6
_LISTS = ("bulk", "junk", "list", "auto_reply")
_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-response-suppress", "list-id", "x-loop")
_RECEIVERS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
_CHARSETS = ("utf-8", "windows-1251")
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """``id`` is the SHA-256 of its Message-ID, or of all of it; ``keys`` are those of letters that it may answer.

    ``is_automatic``: a program wrote it (RFC 3834), and nobody means it. ``failure`` is what a mail server says that
    sends a letter back (RFC 3464), with the keys of that letter; ``failed_for`` are the addresses that it names.
    """

    id: str
    message_id: str
    sender: str
    keys: tuple[str, ...]
    is_automatic: bool
    failure: str
    text: str
    failed_for: str = ""


def read_message(raw: bytes) -> ReceivedMessage:
    """Never raises for what somebody has sent: what cannot be read is an automatic message without text."""
    try:
        return _read(raw[:LARGEST_MESSAGE])
    except (ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError):
        return ReceivedMessage(hashlib.sha256(raw).hexdigest(), "", "", (), is_automatic=True, failure="", text="")


def _read(raw: bytes) -> ReceivedMessage:
    message = parsed(shallow(raw))
    message_id = first_header(message, "message-id").strip()
    failure, failed_for = _failure(message)
    return ReceivedMessage(
        id=hashlib.sha256(message_id.encode("utf-8", "replace") or raw).hexdigest(),
        message_id=message_id if re.fullmatch(r"<[!-~]{1,250}>", message_id) else "",
        sender=sender_of(message)[1],
        keys=tuple(islice(dict.fromkeys(_keys(message, raw if failure else b"")), _MOST_KEYS)),
        is_automatic=_is_automatic(message),
        failure=failure,
        text="" if failure else _text(message),
        failed_for=failed_for,
    )


class _Bounded(Compat32):
    """Reads no more of a header than anybody writes: the library looks at all of it again for each parameter."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]


_POLICY = _Bounded()


def parsed(raw: bytes) -> Message:
    """The message with all its parts."""
    return message_from_bytes(raw, policy=_POLICY)


def shallow(raw: bytes) -> bytes:
    """A message as far as nobody's parts lie within parts: each line is compared with every boundary around it."""
    too_deep = next(islice(_BOUNDARY.finditer(raw), _MOST_BOUNDARIES, None), None)
    return raw if too_deep is None else raw[: too_deep.start()]


def sender_of(message: Message) -> tuple[str, str]:
    """The name, and the address in small letters, of the one who says to have written it; empty where it is not one.

    Addresses are read before anything is decoded: a name that holds an address is no sender.
    """
    given = message.get_all("from") or []
    found = getaddresses([" ".join(str(given[0])[:_LONGEST_HEADER].split())]) if len(given) == 1 else []
    if len(found) != 1:
        return "", ""
    name, address = found[0]
    return readable_header(name), storable(address).casefold()


def _keys(message: Message, returned: bytes) -> Iterator[str]:
    """The address first: it was made for one letter. Of a letter that came back, what is quoted of it."""
    for name in (*_RECEIVERS, "in-reply-to", "references"):
        for value in _values(message, name):
            yield from _KEY.findall(value.casefold())
    yield from _KEY.findall(returned.decode("ascii", "replace").casefold())[:_MOST_HEADERS]


def _is_automatic(message: Message) -> bool:
    submitted = first_header(message, "auto-submitted").casefold().strip()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or first_header(message, "precedence").casefold().strip() in _LISTS
        or any(first_header(message, name) for name in _AUTOMATIC)
        or "".join(first_header(message, "return-path").split()) == "<>"
        or message.get_content_type() == "multipart/report"
        or first_header(message, "from").casefold().startswith(("mailer-daemon", "postmaster"))
    )


def _failure(message: Message) -> tuple[str, str]:
    """The diagnosis of a letter that came back for good, and for which addresses; nothing of a delay."""
    failed = list(islice(_failed(message), _MOST_FAILED))
    diagnoses = dict.fromkeys(told for told, _ in failed)
    addresses = dict.fromkeys(address for _, address in failed if address)
    return "; ".join(diagnoses), ", ".join(addresses)


def _failed(message: Message) -> Iterator[tuple[str, str]]:
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return
    for part in parts_of(message):
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if isinstance(block, Message) and first_header(block, "action").casefold().strip() == "failed":
                told = first_header(block, "diagnostic-code") or first_header(block, "status") or "failed"
                address = first_header(block, "final-recipient").rpartition(";")[2].strip()
                yield _DIAGNOSTIC_TYPE.sub("", " ".join(told.split()))[:500], address[:_LONGEST_ADDRESS]


def _text(message: Message) -> str:
    """What was said, without what it quotes."""
    part, text = said_in(parts_of(message))
    is_page = part is not None and part.get_content_type() == "text/html"
    return (text_of_html(text) if is_page else text)[:LONGEST_TEXT]


def said_in(given: Iterable[Message]) -> tuple[Message | None, str]:
    """The first plain text that is no file, else the first page, with what stands in it; none where nothing is said."""
    parts = [one for one in given if not one.is_multipart() and not is_file(one)]
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == wanted and (text := storable(decoded_text(part)).strip()):
                return part, text
    return None, ""


def is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def parts_of(message: Message) -> Iterator[Message]:
    """The message and what it is made of, outer before inner; no more than anybody's letter has."""
    for number, part in enumerate(message.walk()):
        if number >= _MOST_PARTS:
            return
        yield part


def decoded_text(part: Message) -> str:
    """In the character set that it names, or the one that it has."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    for charset in (part.get_content_charset() or "", *_CHARSETS):
        try:
            return content.decode(_known(charset))
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def _known(charset: str) -> str:
    """Raises LookupError for what is none of a letter: decoding a long text in punycode takes minutes."""
    if codecs.lookup(charset).name.replace("_", "-") in _NO_CHARSETS:
        raise LookupError(charset)
    return charset


def storable(text: str) -> str:
    """Without what no database keeps: NUL, and halves of letters."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def first_header(message: Message, name: str) -> str:
    """The first of a name, decoded, in one line; empty where there is none."""
    return next(_values(message, name), "")


def _values(message: Message, name: str) -> Iterator[str]:
    for value in (message.get_all(name) or [])[:_MOST_HEADERS]:
        yield readable_header(str(value)[:_LONGEST_HEADER])


def readable_header(value: str) -> str:
    """What a header says, with its encoded words decoded, in one line."""
    try:
        words = decode_header(value)
        decoded = "".join(
            word.decode(_known(charset or "ascii"), "replace") if isinstance(word, bytes) else word
            for word, charset in words
        )
    except (LookupError, ValueError):
        decoded = value
    return " ".join(storable(decoded).split())
