"""A real mail server of one test, on the loopback; it can refuse letters."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from support.servers import free_port


class PostOffice:
    """Keeps the letters that it took.

    ``answer`` is what it says to each, ``answer_to_receiver`` to each address, other than those of
    ``answers_by_receiver``, ``farewell`` at the end; a 4xx or 5xx refuses. It looks at each letter for ``looks_s``.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = "250 OK"
        self.answer_to_receiver = "250 OK"
        self.answers_by_receiver: dict[str, str] = {}
        self.farewell = "221 Bye"
        self.looks_s = 0.0
        self._port = free_port()
        self._controller: Controller | None = None

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        answer = self.answers_by_receiver.get(address, self.answer_to_receiver)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        if self.answer.startswith("2"):
            letter = message_from_bytes(envelope.content, policy=default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
        await asyncio.sleep(self.looks_s)
        return self.answer

    async def handle_QUIT(self, *_: Any) -> str:  # noqa: N802  # aiosmtpd's name
        return self.farewell

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._port}?from=sales@example.com"

    @property
    def receivers(self) -> list[str]:
        return [letter["To"] for letter in self.letters]

    def open(self) -> None:
        """Open, for the first time or again, at the same address."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port, ready_timeout=60)
        self._controller.start()

    def close(self) -> None:
        if self._controller is not None:
            self._controller.stop(no_assert=True)
