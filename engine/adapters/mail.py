"""Mail: letters that leave through an SMTP server, or stay in the log where none is configured."""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from engine.errors import N_, DomainError

TIMEOUT_S = 10.0
TAKES_S = 60.0
"""How long a server may look at a letter before it answers: mostly it has taken it, and whoever does not wait for the
answer sends it once more. RFC 5321, section 4.5.3.2.6, would have one wait ten minutes; section 6.1 says why.
"""
_LONGEST_LINE = 200
_PORTS = {"smtp": 25, "smtps": 465}
_SUBMISSION = 587
_SLOWEST_LINE = 128 * 1024
"""Bytes of files in a second."""
_NEVER_IN_BASE64 = ("message/", "multipart/")  # RFC 2046 section 5.2.1: programs show such a letter as an empty one
_PERMANENT = 500  # RFC 5321 section 4.2.1: 5yz, the same command again is answered the same
_DOMAIN = re.compile(r"[^A-Za-z0-9.-]")

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


class MailRefused(DomainError):
    """The server will never take a letter to this address; trying again does not help."""

    code: ClassVar[str] = "mail_refused"
    template: ClassVar[str] = N_("The mail server %(host)s refused the address: %(answer)s")


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """``key`` is the letter's own and stays the same when it is sent again: receivers drop the copy.

    ``html`` is the same as ``text``, for programs that show it. Letters with the same ``thread`` stand together.
    ``reply_to`` is where an answer goes, ``settings_url`` where the reader chooses what they are sent.
    ``in_reply_to`` is the Message-ID of what this letter answers. ``also_to`` are the other receivers. ``follows`` are
    the letters before it in a talk, the earliest first, each the key of ours or the Message-ID of another's.

    ``writer`` is the person who wrote it; without one the letter is marked as a machine's.
    """

    key: str
    to: str
    subject: str
    text: str
    written_at: datetime
    html: str = ""
    thread: str = ""
    reply_to: str = ""
    settings_url: str = ""
    in_reply_to: str = ""
    follows: tuple[str, ...] = ()
    also_to: tuple[str, ...] = ()
    writer: str = ""
    attachments: tuple[Attachment, ...] = ()


class Mailer(Protocol):
    def send(self, letter: Letter) -> Mapping[str, str]:
        """Hand over one letter; what the server says by each address of several that it does not take.

        Raises MailFailed, MailRefused.
        """


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

    def send(self, letter: Letter) -> Mapping[str, str]:
        try:
            message = message_of(letter, self._server.sender)
        except ValueError as unusable:
            raise MailRefused(host=self._server.host, answer=str(unusable)) from unusable
        try:
            with _leaving(self._connected(time_to_send(letter))) as connection:
                refused_ones = connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            is_for_good = all(code >= _PERMANENT for code, _ in refused.recipients.values())
            told = MailRefused if is_for_good else MailFailed
            raise told(host=self._server.host, answer=_refusals(refused.recipients)) from refused
        except (OSError, smtplib.SMTPException) as failure:
            raise MailFailed(host=self._server.host, answer=str(failure)) from failure
        return {address: _refusal(*told) for address, told in refused_ones.items()}

    def _connected(self, longer_s: float) -> smtplib.SMTP:
        """``longer_s`` is how much longer than usual the server may take."""
        server, timeout_s = self._server, self._timeout_s + longer_s
        if server.over_tls:
            context = ssl.create_default_context()
            connection: smtplib.SMTP = _PatientOverTls(server.host, server.port, timeout=timeout_s, context=context)
        else:
            connection = _Patient(server.host, server.port, timeout=timeout_s)
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


class _Patient(smtplib.SMTP):
    """Waits longer for the answer to a letter than for any other."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected
        usual = self.sock.gettimeout()
        self.sock.settimeout(max(usual or 0.0, TAKES_S))
        answer = super().data(msg)
        self.sock.settimeout(usual)
        return answer


class _PatientOverTls(_Patient, smtplib.SMTP_SSL):
    pass


@contextmanager
def _leaving(connection: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    """However the farewell is answered: a letter that was taken before it has left, and is not sent a second time."""
    try:
        yield connection
    finally:
        with suppress(OSError, smtplib.SMTPException):
            connection.docmd("QUIT")
        connection.close()


class _Policy(EmailPolicy):
    """The library loses the space at which it folds a subject of other than Latin letters."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() != "subject":
            return str(super().fold(name, value))
        encoded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return super().fold_binary(name, value) if name.lower() != "subject" else self.fold(name, value).encode("ascii")


class ConsoleMailer:
    """Says in the log what would be sent."""

    def send(self, letter: Letter) -> Mapping[str, str]:
        _logger.info("Letter to %s: %s", letter.to, one_line(letter.subject))
        _logger.debug("%s", letter.text)
        return {}


def time_to_send(letter: Letter) -> float:
    """How many seconds longer a letter takes by its files: the whole of it has to leave within one time limit."""
    return sum(len(one.content) for one in letter.attachments) / _SLOWEST_LINE


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """The letter as it travels; unless a person wrote it, marked as a machine's, so that nobody's holiday answers it.

    No header can be smuggled in: what people typed stands in the subject only, on one line, and an address is refused
    by the library when it holds a line break. Raises ValueError for such an address.
    """
    domain = _DOMAIN.sub("", sender.rpartition("@")[2]) or "localhost"
    message = EmailMessage(policy=_Policy())
    message["From"] = Address(one_line(letter.writer), addr_spec=sender) if letter.writer else sender
    message["To"] = [Address(addr_spec=one) for one in (letter.to, *letter.also_to)]
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = message_id(letter.key, sender)
    references = [f"<{letter.thread}@{domain}>"] if letter.thread else []
    references += [one if one.startswith("<") else message_id(one, sender) for one in letter.follows]
    if letter.in_reply_to:
        references.append(one_line(letter.in_reply_to))
    if references:
        message["In-Reply-To"], message["References"] = references[-1], " ".join(references)
    if letter.reply_to:
        message["Reply-To"] = Address(addr_spec=letter.reply_to)
    if letter.settings_url:
        message["List-Unsubscribe"] = f"<{letter.settings_url}>"
    if not letter.writer:
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text, cte="quoted-printable")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    for one in letter.attachments:
        kind = one.media_type if not one.media_type.startswith(_NEVER_IN_BASE64) else "application/octet-stream"
        main, _, sub = kind.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub or "octet-stream", filename=one_line(one.name))
    return message


def message_id(key: str, sender: str) -> str:
    """The Message-ID of the letter with this key."""
    return f"<{key}@{_DOMAIN.sub('', sender.rpartition('@')[2]) or 'localhost'}>"


def one_line(text: str) -> str:
    """A title that holds a line break must not become a second header; nor may it be of any length."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def _refusals(recipients: Mapping[str, tuple[int, bytes]]) -> str:
    """What the server says; of several addresses by each."""
    told = {address: _refusal(*one) for address, one in recipients.items()}
    return "\n".join(f"{address}: {one}" for address, one in told.items()) if len(told) > 1 else "".join(told.values())


def _refusal(code: int, answer: bytes | str) -> str:
    return f"{code} {_shown(answer)}"


def _shown(answer: bytes | str) -> str:
    return one_line(answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer))
