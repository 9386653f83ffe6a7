"""A real IMAP server of one test, on the loopback: one mailbox, as much of RFC 3501 as a reader of mail needs."""

from __future__ import annotations

import re
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from support.https_receiver import make_certificate

USER, PASSWORD = "reply@example.com", "a secret"


@dataclass
class ImapServer:
    """``messages`` are by UID; ``seen`` are those that were marked. ``fails_at`` drops the connection at a command.

    The first byte is encrypted already, unless it ``speaks_plainly``; then it offers no STARTTLS.
    """

    directory: Path
    speaks_plainly: bool = False
    validity: int = 1
    messages: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    fails_at: str = ""
    commands: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._certificate = make_certificate(self.directory)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self._certificate, self.directory / "key.pem")

    @property
    def tls(self) -> ssl.SSLContext:
        """Trusts this server alone."""
        return ssl.create_default_context(cafile=str(self._certificate))

    @property
    def url(self) -> str:
        scheme = "imap" if self.speaks_plainly else "imaps"
        user, password = quote(USER, safe=""), quote(PASSWORD)
        return f"{scheme}://{user}:{password}@127.0.0.1:{self.port}/INBOX?address=reply%2B*@example.com"

    def open(self) -> None:
        mailbox = self

        class Handler(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True  # else a line behind another waits 40 ms for the reader's acknowledgement

            def handle(self) -> None:
                _Talk(self, mailbox).hold()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def get_request(self) -> tuple[socket.socket, object]:
                connection, address = super().get_request()
                if not mailbox.speaks_plainly:
                    connection = mailbox._tls.wrap_socket(connection, server_side=True)
                return connection, address

            def handle_error(self, *_: object) -> None:
                """Whoever hangs up in the middle is part of a test."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def deliver(self, message: bytes) -> int:
        """The UID that the message got."""
        uid = max(self.messages, default=0) + 1
        self.messages[uid] = message
        return uid


class _Talk:
    """One connection."""

    def __init__(self, handler: socketserver.StreamRequestHandler, mailbox: ImapServer) -> None:
        self._in, self._out, self._mailbox = handler.rfile, handler.wfile, mailbox
        self._signed_in = self._selected = False

    def hold(self) -> None:
        self._say(b"* OK ready")
        while line := self._in.readline(8192):
            tag, _, command = line.decode().strip().partition(" ")
            self._mailbox.commands.append(command)
            if self._mailbox.fails_at and command.startswith(self._mailbox.fails_at):
                return
            self._say(f"{tag} {self._answer(command)}".encode())
            if command == "LOGOUT":
                return

    def _answer(self, command: str) -> str:  # noqa: PLR0911  # an answer per kind of command
        if command == "CAPABILITY":
            self._say(b"* CAPABILITY IMAP4rev1")
        elif command == "LOGOUT":
            self._say(b"* BYE")
        elif command.startswith("LOGIN "):
            self._signed_in = command == f'LOGIN {USER} "{PASSWORD}"'
            return "OK welcome" if self._signed_in else "NO [AUTHENTICATIONFAILED] wrong"
        elif not self._signed_in:
            return "BAD not signed in"
        elif command.startswith("SELECT "):
            self._selected = command in {'SELECT "INBOX"', "SELECT INBOX"}
            if not self._selected:
                return "NO no such mailbox"
            self._say(f"* {len(self._mailbox.messages)} EXISTS".encode())
            self._say(f"* OK [UIDVALIDITY {self._mailbox.validity}] valid".encode())
        elif not self._selected:
            return "BAD no mailbox is selected"
        elif command.startswith("UID "):
            return self._by_uid(command.removeprefix("UID "))
        else:
            return "BAD unknown command"
        return "OK done"

    def _by_uid(self, command: str) -> str:
        messages = self._mailbox.messages
        if found := re.fullmatch(r"SEARCH UID (\d+):\*", command):
            first, last = int(found[1]), max(messages, default=0)
            # RFC 3501, 6.4.8: "n:*" names the last message even where its number is below n
            uids = [uid for uid in sorted(messages) if uid >= min(first, last)]
            self._say(f"* SEARCH {' '.join(map(str, uids))}".rstrip().encode())
        elif re.fullmatch(r"SEARCH SINCE \d{1,2}-[A-Z][a-z]{2}-\d{4}", command):
            self._say(f"* SEARCH {' '.join(map(str, sorted(messages)))}".rstrip().encode())
        elif found := re.fullmatch(r"FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command):
            content = messages.get(int(found[1]))
            if content is not None:
                part = content[: int(found[2])]
                self._say(f"* 1 FETCH (UID {found[1]} BODY[]<0> {{{len(part)}}}".encode() + b"\r\n" + part + b")")
        elif found := re.fullmatch(r"STORE (\d+) \+FLAGS\.SILENT \(\\Seen\)", command):
            self._mailbox.seen.add(int(found[1]))
        else:
            return "BAD not understood"
        return "OK done"

    def _say(self, line: bytes) -> None:
        self._out.write(line + b"\r\n")
        self._out.flush()
