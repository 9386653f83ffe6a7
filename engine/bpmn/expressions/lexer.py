"""Text into tokens. Linear in the text: no pattern here can backtrack over more than one token."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

from engine.bpmn.expressions.limits import MAX_TOKENS
from engine.bpmn.expressions.refusals import TooManyParts, UnclosedText, UnexpectedCharacter, UnknownEscape


class Kind(Enum):
    NUMBER = "number"
    TEXT = "text"  # the token's text is what stands between the quotation marks, escapes resolved
    NAME = "name"
    SYMBOL = "symbol"
    END = "end"


class Token(NamedTuple):
    kind: Kind
    text: str
    position: int


# FEEL has functions of several words. They are names only in front of a bracket: "date and time" may be two variables.
WORDY_FUNCTIONS: Final = (
    "date and time",
    "string length",
    "upper case",
    "lower case",
    "substring before",
    "substring after",
    "starts with",
    "ends with",
    "list contains",
    "index of",
    "distinct values",
    "string join",
    "is defined",
    "get or else",
    "day of week",
    "round half up",
    "round half even",
    "round up",
    "round down",
)

_WORDY = "|".join(name.replace(" ", r"[ \t]+") for name in WORDY_FUNCTIONS)
_TOKEN: Final = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{{1,3}})?(?![0-9_]) | \.[0-9]+(?![0-9_]))
  | (?P<text>"(?:[^"\\\n]|\\.)*+" | '(?:[^'\\\n]|\\.)*+')
  | (?P<symbol>\*\*|==|!=|<>|<=|>=|&&|\|\||\.\.|[=<>+\-*/%!?:()\[\],.@])
  | (?P<name>(?:{_WORDY})(?=[ \t]*\() | [^\W\d]\w*)
    """,
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_SURROGATES: Final = range(0xD800, 0xE000)
_UNICODE_ESCAPE_LENGTH: Final = 5


def tokenize(body: str, offset: int = 0) -> list[Token]:
    """The tokens of ``body``, the last one being END. Positions are counted from ``-offset``."""
    tokens: list[Token] = []
    at = 0
    while at < len(body):
        match = _TOKEN.match(body, at)
        if match is None:
            raise (
                UnclosedText(at + offset) if body[at] in "\"'" else UnexpectedCharacter(at + offset, character=body[at])
            )
        if match.lastgroup != "space":
            tokens.append(_token(match, at + offset))
            if len(tokens) > MAX_TOKENS:
                raise TooManyParts(at + offset, limit=MAX_TOKENS)
        at = match.end()
    tokens.append(Token(Kind.END, "", at + offset))
    return tokens


def _token(match: re.Match[str], position: int) -> Token:
    kind = Kind(match.lastgroup)
    text = match.group()
    if kind is Kind.TEXT:
        text = _unquote(text, position)
    elif kind is Kind.NAME:
        text = " ".join(text.split())
    return Token(kind, text, position)


def _unquote(quoted: str, position: int) -> str:
    def resolve(match: re.Match[str]) -> str:
        escape = match.group(1)
        if len(escape) == _UNICODE_ESCAPE_LENGTH:
            number = int(escape[1:], 16)
            if number and number not in _SURROGATES:
                return chr(number)
        elif escape in _ESCAPES:
            return _ESCAPES[escape]
        raise UnknownEscape(position, escape=match.group())

    return _ESCAPE.sub(resolve, quoted[1:-1])
