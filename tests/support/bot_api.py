"""A server of one test, on the loopback, that behaves as Telegram's Bot API."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from support.https_receiver import make_certificate
from support.local_server import LocalServer

from engine.adapters.https_calls import PublicHttpsCaller
from engine.adapters.telegram import BotApi

TOKEN = "123456789:AAE-a_token_of_a_bot_of_this_test"  # of the server below alone
LOST = 0
"""A fault: the message is taken, and the connection ends without an answer."""


@dataclass
class BotApiServer(LocalServer):
    """``faults`` are what it answers next to a message: a status, its description and parameters, or LOST."""

    directory: Path
    token: str = TOKEN
    updates: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    faults: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    offsets: list[int | None] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    is_read_elsewhere: bool = False
    username: str = "reglament_bot"

    def __post_init__(self) -> None:
        self.certificate = make_certificate(self.directory)
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # http.server's name
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, told = api.answer(self.path, asked)
                if status == LOST:
                    return
                body = json.dumps(told).encode() if isinstance(told, dict) else told
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing is written among the tests' output."""

        self.serve(Handler, tls=(self.certificate, self.directory / "key.pem"))

    def bot(self, token: str = TOKEN) -> BotApi:
        """As an installation has it, but of this server."""
        tls = ssl.create_default_context(cafile=str(self.certificate))
        https = PublicHttpsCaller(timeout_s=5, allows_private=True, tls=tls)
        return BotApi(token, https, host="localhost", port=self.port)

    def answer(self, path: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any] | bytes]:
        token, _, method = path.removeprefix("/bot").partition("/")
        if token != self.token:
            return _failed(401, "Unauthorized")
        if method == "getMe":
            return 200, {"ok": True, "result": {"id": 123456789, "is_bot": True, "username": self.username}}
        return self._updates(asked) if method == "getUpdates" else self._message(asked)

    def _updates(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.is_read_elsewhere:
            return _failed(409, "Conflict: terminated by other getUpdates request")
        offset = asked.get("offset")
        self.offsets.append(offset)
        self.updates = [one for one in self.updates if offset is None or one["update_id"] >= offset]
        return 200, {"ok": True, "result": self.updates[: asked["limit"]]}

    def _message(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any] | bytes]:
        if asked["chat_id"] in self.blocked:
            return _failed(403, "Forbidden: bot was blocked by the user")
        status, description, parameters = self.faults.pop(0) if self.faults else (200, "", {})
        if status in {200, LOST}:
            self.messages.append(asked)
        if status == 200:
            return 200, {"ok": True, "result": {"message_id": len(self.messages)}}
        if status == 502:
            return 502, b"<html>Bad Gateway</html>"
        return _failed(status, description, parameters)

    def texts(self, chat_id: int) -> list[str]:
        """What came to a chat, without the marks that keep links from being made."""
        return [one["text"].replace("\u2060", "") for one in self.messages if one["chat_id"] == chat_id]


def _failed(status: int, description: str, parameters: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    told: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return status, told | ({"parameters": parameters} if parameters else {})


def written(number: int, chat_id: int, text: str, *, language: str = "uk", kind: str = "private") -> dict[str, Any]:
    """An update: somebody wrote to the bot."""
    sender = {"id": chat_id, "is_bot": False, "first_name": "Олена", "username": f"user{chat_id}"}
    message = {"message_id": number, "from": sender | {"language_code": language}, "text": text}
    return {"update_id": number, "message": message | {"chat": {"id": chat_id, "type": kind}}}


def blocked(number: int, chat_id: int) -> dict[str, Any]:
    """An update: somebody blocked the bot."""
    change = {"chat": {"id": chat_id, "type": "private"}, "from": {"id": chat_id}}
    return {"update_id": number, "my_chat_member": change | {"new_chat_member": {"status": "kicked"}}}
