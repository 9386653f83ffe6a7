"""Runs the commands of a document as a reader would type them, and compares the answers with those it shows.

Only what the documents use is understood: ``export``, ``curl`` and the product's own command line. Anything else fails.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CAPTURED = re.compile(r"\$([A-Z_]+)")
_NAME = re.compile(r"[A-Za-z_]\w*")


def blocks(document: Path) -> list[tuple[str, str]]:
    """The blocks of code with their languages."""
    return _BLOCK.findall(document.read_text(encoding="utf-8"))


@dataclass
class Shell:
    """``instead`` is what the document's own addresses stand for. ``reglament`` runs the command line."""

    root: Path
    reglament: Callable[[Sequence[str]], str]
    instead: Mapping[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    def run(self, block: str) -> Any:
        """The answer of the last command: of JSON its values."""
        told: Any = None
        for command in _commands(block):
            words = self.words(command)
            if words[0] == "export":
                for one in words[1:]:
                    name, _, value = one.partition("=")
                    self.known[name] = self._meant(value)
            elif words[0] == "curl":
                told = self._curl(words[1:])
            elif words[0] == ".venv/bin/reglament":
                told = self.reglament(words[1:])
            else:
                raise AssertionError(command)
        return told

    def words(self, line: str) -> list[str]:
        """As a shell takes a line apart: quotation marks, variables, ``$(command)``."""
        made: list[str] = []
        word, place, is_open = "", 0, False
        while place < len(line):
            sign = line[place]
            if sign == "'":
                end = line.index("'", place + 1)
                word, place, is_open = word + line[place + 1 : end], end + 1, True
            elif sign == '"':
                end = place + 1
                while line[end] != '"':
                    end += 2 if line[end] == "\\" else 1
                word, place, is_open = word + self._filled(line[place + 1 : end]), end + 1, True
            elif line.startswith("$(", place):
                end = line.index(")", place)
                word, place, is_open = word + self.run(line[place + 2 : end]).strip(), end + 1, True
            elif sign == "$":
                name = _NAME.match(line, place + 1)
                assert name is not None, line
                word, place, is_open = word + self.known[name[0]], name.end(), True
            elif sign.isspace():
                made += [word] if is_open else []
                word, place, is_open = "", place + 1, False
            else:
                word, place, is_open = word + sign, place + 1, True
        return [*made, word] if is_open else made

    def _filled(self, text: str) -> str:
        return re.sub(r"\\([$\"])|\$(\w+)", lambda found: found[1] or self.known[found[2]], text)

    def _meant(self, value: str) -> str:
        for address, real in self.instead.items():
            value = value.replace(address, real)
        return value

    def _curl(self, words: Sequence[str]) -> Any:
        request = _Request()
        waiting = list(words)
        while waiting:
            request.take(waiting, self.root)
        return request.send()

    def expect(self, shown: str, told: Any) -> None:
        """``shown`` is a part of what was told: whatever it names is so. A text ``$NAME`` is kept under its name."""
        assert self._is_part(json.loads(shown), told), (shown, told)

    def _is_part(self, shown: Any, told: Any) -> bool:
        if isinstance(shown, dict):
            return isinstance(told, dict) and all(
                name in told and self._is_part(one, told[name]) for name, one in shown.items()
            )
        if isinstance(shown, list):
            return isinstance(told, list) and len(shown) == len(told) and all(map(self._is_part, shown, told))
        if isinstance(shown, str) and (name := _CAPTURED.fullmatch(shown)):
            return bool(told) and self.known.setdefault(name[1], told) == told
        return bool(shown == told)


def _commands(block: str) -> list[str]:
    """A quoted text may span lines: a command ends where a line begins with the next one."""
    apart = re.split(r"\n(?=curl |export |\.venv/)", block)
    return [one.replace("\\\n", " ").strip() for one in apart if one.strip()]


class _Request:
    def __init__(self) -> None:
        self._method, self._address, self._in_query = "", "", False
        self._headers: dict[str, str] = {}
        self._data: list[str] = []
        self._body = b""

    def take(self, waiting: list[str], root: Path) -> None:
        word = waiting.pop(0)
        if word == "-s":
            return
        if word == "-G":
            self._in_query = True
        elif word == "-X":
            self._method = waiting.pop(0)
        elif word == "-H":
            name, _, value = waiting.pop(0).partition(": ")
            self._headers[name] = value
        elif word == "-u":
            self._headers["Authorization"] = f"Basic {base64.b64encode(waiting.pop(0).encode()).decode()}"
        elif word in ("-d", "--data-urlencode"):
            self._data.append(waiting.pop(0))
        elif word == "-F":
            self._upload(root / waiting.pop(0).removeprefix("file=@"))
        else:
            assert not word.startswith("-"), word
            self._address = word

    def _upload(self, file: Path) -> None:
        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'
        self._body = head.encode() + file.read_bytes() + f"\r\n--{edge}--\r\n".encode()
        self._headers["Content-Type"] = f"multipart/form-data; boundary={edge}"

    def send(self) -> Any:
        """Raises AssertionError for an answer that is no success."""
        address = urlsplit(self._address)
        target = quote(f"{address.path}?{address.query}" if address.query else address.path, safe="/?&=%$()',")
        if self._in_query:
            target += "?" + "&".join(
                f"{name}={quote(value)}" for name, _, value in (one.partition("=") for one in self._data)
            )
        else:
            self._body = self._body or "".join(self._data).encode()
        connection = http.client.HTTPConnection(address.netloc, timeout=20)
        method = self._method or ("POST" if self._body else "GET")
        connection.request(method, target, self._body or None, self._headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status < 300, (self._address, answer.status, text)
        return json.loads(text) if text.strip() else None
