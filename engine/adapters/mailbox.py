"""The mailbox into which answers to letters come, read over IMAP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from engine.errors import N_, DomainError

_PORTS = {"imap": 143, "imaps": 993}
_KEY = "*"


class MailboxNotUnderstood(DomainError):
    """IMAP_URL is no address of a mailbox."""

    code: ClassVar[str] = "mailbox_not_understood"
    template: ClassVar[str] = N_(
        "IMAP_URL cannot be read. Write it as imaps://user:password@host:port/INBOX?address=reply@example.com."
    )


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
