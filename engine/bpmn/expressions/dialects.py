"""Which notation a text is in: FEEL behind "=", JUEL in ``${ }`` or ``#{ }``, or plain (Python or bare FEEL)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum

from engine.bpmn.expressions.limits import MAX_CHARACTERS
from engine.bpmn.expressions.refusals import EmptyExpression, ExpressionTooLong, MixedTemplate


class Dialect(Enum):
    FEEL = "feel"
    JUEL = "juel"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Source:
    """The expression inside its marks. ``offset`` is where ``body`` begins in the text as it was written."""

    dialect: Dialect
    body: str
    offset: int


def read_source(text: str) -> Source:
    """Take the marks off. Raises ExpressionRefused for a text that is too long, empty, or a template of several parts.

    Letters are composed (NFC), so that "й" is one letter whichever system typed it.
    """
    text = _composed(text)
    stripped = text.strip()
    start = len(text) - len(text.lstrip())
    if is_feel(stripped):
        source = Source(Dialect.FEEL, stripped[1:], start + 1)
    elif stripped.startswith(("${", "#{")):
        if not stripped.endswith("}") or "${" in stripped[2:] or "#{" in stripped[2:]:
            raise MixedTemplate(start)
        source = Source(Dialect.JUEL, stripped[2:-1], start + 2)
    else:
        source = Source(Dialect.PLAIN, stripped, start)
    if not source.body or source.body.isspace():
        raise EmptyExpression(start)
    return source


def read_feel(text: str) -> Source:
    """A text that is FEEL by its place and bears no mark. Raises ExpressionRefused when it is too long or empty."""
    text = _composed(text)
    if not text or text.isspace():
        raise EmptyExpression
    return Source(Dialect.FEEL, text, 0)


def _composed(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise ExpressionTooLong(MAX_CHARACTERS, limit=MAX_CHARACTERS)
    return unicodedata.normalize("NFC", text)


def is_feel(stripped: str) -> bool:
    return stripped.startswith("=") and not stripped.startswith("==")


def is_marked(text: str) -> bool:
    """Whether the text says of itself that it is an expression."""
    stripped = text.strip()
    return is_feel(stripped) or "${" in stripped or "#{" in stripped
