"""Mail: letters that leave through an SMTP server, or stay in the log where none is configured."""

from __future__ import annotations

import logging
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import ClassVar, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from engine.errors import N_, DomainError

TIMEOUT_S = 10.0
_PORTS = {"smtp": 25, "smtps": 465}
_SUBMISSION = 587

_logger = logging.getLogger(__name__)


class MailAddressNotUnderstood(DomainError):
    """SMTP_URL is no address of a mail server."""

    code: ClassVar[str] = "mail_address_not_understood"
    template: ClassVar[str] = N_(
        "SMTP_URL cannot be read. Write it as smtp://user:password@host:port?from=sales@example.com."
    )


class MailFailed(DomainError):
    """The server did not take the letter; it is tried again later."""

    code: ClassVar[str] = "mail_failed"
    template: ClassVar[str] = N_("The mail server %(host)s did not take the letter: %(answer)s")


@dataclass(frozen=True, slots=True)
class Letter:
    """``key`` is the letter's own and stays the same when it is sent again: receivers drop the copy."""

    key: str
    to: str
    subject: str
    text: str
    written_at: datetime


class Mailer(Protocol):
    def send(self, letter: Letter) -> None:
        """Hand over one letter. Raises MailFailed."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters leave. ``over_tls`` from the first byte, else by STARTTLS where the server offers it."""

    host: str
    port: int
    over_tls: bool
    sender: str
    user: str = ""
    password: str = ""


def mail_server(smtp_url: str) -> MailServer:
    """Read SMTP_URL, ``smtp[s]://user:password@host:port?from=address``. Raises MailAddressNotUnderstood."""
    try:
        parts = urlsplit(smtp_url)
        port = parts.port
    except ValueError:
        raise MailAddressNotUnderstood from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise MailAddressNotUnderstood
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    sender = parse_qs(parts.query).get("from", [user if "@" in user else f"reglament@{parts.hostname}"])[0]
    if "@" not in sender or any(character in sender for character in "\r\n"):
        raise MailAddressNotUnderstood
    usual = _SUBMISSION if user and parts.scheme == "smtp" else _PORTS[parts.scheme]
    return MailServer(parts.hostname, port or usual, parts.scheme == "smtps", sender, user, password)


def mailer_for(smtp_url: str | None) -> Mailer:
    """The mailer that the installation has configured. Raises MailAddressNotUnderstood."""
    return SmtpMailer(mail_server(smtp_url)) if smtp_url else ConsoleMailer()


class SmtpMailer:
    """One connection per letter: letters are few, and a broken connection cannot outlive its letter."""

    def __init__(self, server: MailServer, *, timeout_s: float = TIMEOUT_S) -> None:
        self._server = server
        self._timeout_s = timeout_s

    def send(self, letter: Letter) -> None:
        try:
            with self._connected() as connection:
                connection.send_message(message_of(letter, self._server.sender))
        except (OSError, smtplib.SMTPException) as failure:
            raise MailFailed(host=self._server.host, answer=str(failure)) from failure

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.over_tls:
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._timeout_s, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self._timeout_s)
        try:
            self._introduce(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _introduce(self, connection: smtplib.SMTP) -> None:
        server = self._server
        connection.ehlo_or_helo_if_needed()
        if not server.over_tls and connection.has_extn("starttls"):
            connection.starttls(context=ssl.create_default_context())
            connection.ehlo()
        elif not server.over_tls and server.user:
            msg = "it offers no encryption, and a password is never sent in the clear"
            raise smtplib.SMTPNotSupportedError(msg)
        if server.user:
            connection.login(server.user, server.password)


class ConsoleMailer:
    """Says in the log what would be sent."""

    def send(self, letter: Letter) -> None:
        _logger.info("Letter to %s: %s", letter.to, one_line(letter.subject))
        _logger.debug("%s", letter.text)


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """The letter as it travels: plain text, marked as written by a machine, so that nobody's holiday answers it."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{letter.key}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def one_line(text: str) -> str:
    """A title that holds a line break must not become a second header."""
    return " ".join(text.split())
