"""gunicorn's answers, whose head leaves together with what follows it.

gunicorn sends the head by itself: a call of the system more for each answer, and a client that is woken for half of
it. On a machine that serves and asks, that client takes the processor from the thread that has the other half to send.
"""

from __future__ import annotations

from typing import Any

from gunicorn.http.wsgi import Response
from gunicorn.util import to_bytestring

from webui.answer_headers import Headers, never_changing

_JOINED = 64 * 1024
"""Bytes: to copy a larger piece behind its head would cost more than the call that it spares."""
_NEVER_CHANGING = never_changing()


class WholeAnswer(Response):  # type: ignore[misc]  # gunicorn has no types
    """Written as gunicorn's own, but the head waits for the first piece, or for the end where there is none."""

    headers_sent: bool
    _head = b""
    _head_waits = True

    @property
    def has_begun(self) -> bool:
        """Whether something of it has left, so that no other answer can be given."""
        return self.headers_sent and not self._head

    def process_headers(self, headers: Headers) -> None:
        """Keep them for the head. Raises what gunicorn raises for one that cannot be sent."""
        super().process_headers([one for one in headers if one not in _NEVER_CHANGING])
        self.headers += [one for one in headers if one in _NEVER_CHANGING]

    def send_headers(self) -> None:
        """Make the head, once."""
        if self.headers_sent:
            return
        lines = [f"{name}: {value}\r\n" for name, value in self.headers]
        self._head = to_bytestring("".join([*self.default_headers(), *lines, "\r\n"]), "latin-1")
        self.headers_sent = True
        if not self._head_waits:
            self._send(b"")

    def write_file(self, file: Any) -> None:
        """What follows this head is sent by the system itself."""
        self._head_waits = False
        super().write_file(file)

    def close(self) -> None:
        """Send what is left."""
        self.send_headers()
        self._send(b"0\r\n\r\n" if self.chunked else b"")

    def _emit_body(self, data: bytes) -> None:
        self._send(b"%X\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def _send(self, piece: bytes) -> None:
        head, self._head = self._head, b""
        if head and len(piece) > _JOINED:
            self.sock.sendall(head)
            head = b""
        if head or piece:
            self.sock.sendall(head + piece)
