"""The mailbox into which answers to letters come, read over IMAP."""

from __future__ import annotations

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from engine.adapters.received_mail import LARGEST_MESSAGE
from engine.errors import N_, DomainError

TIMEOUT_S = 10.0
MOST_AT_ONCE = 50
"""Messages of one look: the next look goes on from there."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PORTS = {"imap": 143, "imaps": 993}
_KEY = "*"


class MailboxNotUnderstood(DomainError):
    """IMAP_URL is no address of a mailbox."""

    code: ClassVar[str] = "mailbox_not_understood"
    template: ClassVar[str] = N_(
        "IMAP_URL cannot be read. Write it as imaps://user:password@host:port/INBOX?address=reply@example.com."
    )


class MailboxFailed(DomainError):
    """The mailbox cannot be read now; it is looked into again."""

    code: ClassVar[str] = "mailbox_failed"
    template: ClassVar[str] = N_("The mailbox at %(host)s cannot be read: %(answer)s")


@dataclass(frozen=True, slots=True)
class MailboxServer:
    """Where answers are read. ``address`` is where they are sent; a ``*`` in it stands for the letter's key."""

    host: str
    port: int
    over_tls: bool
    user: str
    password: str
    folder: str
    address: str

    @property
    def name(self) -> str:
        """The mailbox without its password."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"


def mailbox_server(imap_url: str) -> MailboxServer:
    """Read IMAP_URL, ``imap[s]://user:password@host:port/folder?address=reply@…``. Raises MailboxNotUnderstood."""
    try:
        parts = urlsplit(imap_url)
        port = parts.port
    except ValueError:
        raise MailboxNotUnderstood from None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    address = parse_qs(parts.query).get("address", [user])[0].replace(" ", "+")
    local, _, domain = address.rpartition("@")
    if parts.scheme not in _PORTS or not parts.hostname or not user or not local or not domain:
        raise MailboxNotUnderstood
    if not address.isprintable() or not address.isascii() or address.count(_KEY) > local.count(_KEY):
        raise MailboxNotUnderstood
    folder = unquote(parts.path.strip("/")) or "INBOX"
    return MailboxServer(
        parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "imaps", user, password, folder, address
    )


def reply_address(imap_url: str | None, key: str) -> str:
    """Where an answer to the letter with this key is sent; nowhere without a mailbox."""
    return mailbox_server(imap_url).address.replace(_KEY, key) if imap_url is not None else ""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a mailbox has been read: messages with greater numbers are new, while the validity is the same."""

    validity: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class RawMessage:
    """``raw`` is its beginning, up to LARGEST_MESSAGE bytes; ``place`` is where the mailbox stands after it.

    ``read`` gives as many bytes of it as are asked for, while the mailbox stands at it. Raises MailboxFailed.
    """

    place: Place
    raw: bytes
    read: Callable[[int], bytes]


class Mailbox(Protocol):
    @property
    def name(self) -> str: ...

    def look(self) -> None:
        """Sign in and open the folder, and nothing more. Raises MailboxFailed."""

    def new_messages(self, after: Place, *, since: date) -> Iterator[RawMessage]:
        """What came after a place, oldest first; from an unknown place on, what came since a day.

        Raises MailboxFailed.
        """


class ImapMailbox:
    """One connection per look. A message that was given out is marked as seen, and stays where it is."""

    def __init__(
        self, server: MailboxServer, *, timeout_s: float = TIMEOUT_S, tls: ssl.SSLContext | None = None
    ) -> None:
        self._server, self._timeout_s = server, timeout_s
        self._tls = tls or ssl.create_default_context()

    @property
    def name(self) -> str:
        return self._server.name

    def look(self) -> None:
        with self._failing(), self._signed_in() as connection:
            self._open(connection)

    def new_messages(self, after: Place, *, since: date) -> Iterator[RawMessage]:
        with self._failing(), self._signed_in() as connection:
            yield from self._read(connection, after, since)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, imaplib.IMAP4.error, ValueError) as failure:
            raise MailboxFailed(host=self._server.host, answer=" ".join(str(failure).split())[:500]) from failure

    @contextmanager
    def _signed_in(self) -> Iterator[imaplib.IMAP4]:
        server = self._server
        if server.over_tls:
            connection: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                server.host, server.port, ssl_context=self._tls, timeout=self._timeout_s
            )
        else:
            connection = imaplib.IMAP4(server.host, server.port, timeout=self._timeout_s)
        try:
            if not server.over_tls:
                connection.starttls(self._tls)  # raises where it is not offered: a password never goes in the clear
            connection.login(server.user, server.password)
            yield connection
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                connection.logout()
            with suppress(OSError):
                connection.shutdown()  # what a broken connection has not let logout do

    def _open(self, connection: imaplib.IMAP4) -> None:
        told, answer = connection.select(_quoted(self._server.folder))
        if told != "OK":
            raise imaplib.IMAP4.error(_shown(answer))

    def _read(self, connection: imaplib.IMAP4, after: Place, since: date) -> Iterator[RawMessage]:
        self._open(connection)
        validity = _number(connection.response("UIDVALIDITY")[1])
        last = after.last if after.validity == validity else 0
        wanted = ("UID", f"{last + 1}:*") if last else ("SINCE", f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}")
        found = _ok(connection.uid("SEARCH", *wanted))
        numbers = sorted({int(one) for one in b" ".join(_bytes(found)).split()})
        for number in [one for one in numbers if one > last][:MOST_AT_ONCE]:
            raw = _fetched(connection, number, LARGEST_MESSAGE)
            if raw is not None:  # else it was deleted meanwhile
                yield RawMessage(Place(validity, number), raw, partial(self._read_more, connection, number))
                connection.uid("STORE", str(number), "+FLAGS.SILENT", r"(\Seen)")

    def _read_more(self, connection: imaplib.IMAP4, number: int, size: int) -> bytes:
        with self._failing():
            return _fetched(connection, number, size) or b""


def _fetched(connection: imaplib.IMAP4, number: int, size: int) -> bytes | None:
    """The first ``size`` bytes of a message; None for one that is not there."""
    parts = _ok(connection.uid("FETCH", str(number), f"(BODY.PEEK[]<0.{size}>)"))
    return next((part[1] for part in parts if isinstance(part, tuple) and isinstance(part[1], bytes)), None)


def mailbox_for(imap_url: str | None) -> Mailbox | None:
    """The mailbox that the installation has configured. Raises MailboxNotUnderstood."""
    return ImapMailbox(mailbox_server(imap_url)) if imap_url else None


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    told, data = answer
    if told != "OK":
        raise imaplib.IMAP4.error(_shown(data))
    return data


def _bytes(data: list[Any]) -> list[bytes]:
    return [one for one in data if isinstance(one, bytes)]


def _number(data: list[Any]) -> int:
    found = _bytes(data)
    return int(found[0]) if found else 0


def _shown(data: list[Any]) -> str:
    return b" ".join(_bytes(data)).decode("utf-8", "replace")


def _quoted(folder: str) -> str:
    """RFC 3501 section 9, and section 5.1.3 for letters other than Latin ones."""
    encoded = "".join(
        word
        if word.isascii()
        else "&" + b64encode(word.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
        for word in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", folder.replace("&", "&-"))
    )
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'
