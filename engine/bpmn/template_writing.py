"""Templates filled in: each value is written the way that its place needs, so that no value can become markup.

A value in an address is percent-encoded, in JSON a JSON value, in a form form-encoded, in XML escaped, in a header one
line. Nothing that is filled in is ever read as a template again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from engine.bpmn.compiled import TemplatePart

Parts = Sequence[TemplatePart]
_KEPT_IN_ADDRESSES = "/?&=%+,;:@!$'()*~-._[]"


class NotWritable(ValueError):
    """A value that its place cannot hold."""


class Filling:
    """The values of a call's parameters and its secrets, by name. A missing secret raises KeyError."""

    def __init__(self, values: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        self._values, self._secrets = values, secrets

    def value(self, part: TemplatePart) -> Any:
        return self._secrets[part.secret] if part.secret else self._values.get(part.value)

    def text(self, parts: Parts) -> str:
        """As plain text."""
        return self._written(parts, as_text)

    def line(self, parts: Parts) -> str:
        """As one line of a header. Raises NotWritable for control characters and letters that no header holds."""
        text = self._written(parts, as_text).strip()
        if any(ord(character) < ord(" ") or ord(character) == _DELETE for character in text):
            raise NotWritable
        try:
            text.encode("latin-1")
        except UnicodeEncodeError:
            raise NotWritable from None
        return text

    def address(self, parts: Parts) -> str:
        """As a path with a query. Raises NotWritable for a value that would lead out of its folder."""
        written = []
        for part in parts:
            if part.text:
                written.append(quote(part.text, safe=_KEPT_IN_ADDRESSES))
                continue
            text = as_text(self.value(part))
            if text in (".", ".."):
                raise NotWritable
            written.append(quote(text, safe=":" if part.secret else ""))
        return "".join(written)

    def form(self, parts: Parts) -> str:
        return self._written(parts, lambda value: quote_plus(as_text(value)))

    def xml(self, parts: Parts) -> str:
        return self._written(parts, lambda value: escape(as_text(value), {'"': "&quot;", "'": "&apos;"}))

    def json(self, parts: Parts) -> str:
        """A value between quotation marks of the template is part of that text; elsewhere it is a value of its own."""
        written, in_text = [], False
        for part in parts:
            if part.text:
                in_text = _ends_in_text(part.text, in_text=in_text)
                written.append(part.text)
                continue
            value = self.value(part)
            written.append(json.dumps(as_text(value), ensure_ascii=False)[1:-1] if in_text else as_json(value))
        return "".join(written)

    def _written(self, parts: Parts, written: Callable[[Any], str]) -> str:
        return "".join(part.text or written(self.value(part)) for part in parts)


_DELETE = 127


def as_text(value: Any) -> str:
    """A value as people and other systems write it; nothing for null."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case date():
            return value.isoformat()
        case str() | int() | float():
            return str(value)
        case _:
            return as_json(value)


def as_json(value: Any) -> str:
    """A value as JSON; decimals stay exact numbers, dates and times are texts."""
    match value:
        case Decimal():
            return format(value, "f")
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)}: {as_json(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(as_json(item) for item in value) + "]"
        case None | bool() | int() | float() | str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return json.dumps(as_text(value) if isinstance(value, date) else str(value), ensure_ascii=False)


def is_json_template(parts: Parts) -> bool:
    """Whether the template gives JSON, whatever its values are."""
    sample = Filling({}, _AnySecret())
    try:
        json.loads(sample.json(parts))
    except ValueError:
        return False
    return True


class _AnySecret(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return key


def _ends_in_text(text: str, *, in_text: bool) -> bool:
    """Whether a JSON text stands open behind ``text``."""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = in_text
        elif character == '"':
            in_text = not in_text
    return in_text
