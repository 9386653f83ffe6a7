"""Expressions made at random, each from its number alone, so that one that is read badly can be made again."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from engine.bpmn.expressions.functions import FUNCTIONS, METHODS
from engine.bpmn.expressions.grammar import BINDING, CONSTANTS, JUEL_WORDS, RESERVED

NAMES = (
    "amount", "price", "rate", "approved", "name", "long", "rows", "texts", "deal", "today", "now", "thing", "nan",
    "huge",
)  # fmt: skip
"""Variables that there are; ``missing`` is none."""

_TOKENS = (
    *NAMES, *CONSTANTS, *RESERVED, *JUEL_WORDS, *FUNCTIONS, *(f"{name}(" for name in FUNCTIONS),
    *(f".{name}(" for name in METHODS), *BINDING, "(", ")", "[", "]", ",", "..", ":", "!", "-", "@", "{", "}", "$",
    "1", "0", "0.5", "1e9", "-1", "999", '"a"', "'P1D'", '"2026-07-31"', ".amount", ".items", ".price", "missing",
    "for x in", "some x in", "every x in", "satisfies", "return x", "x", "if", "then", "else", "in (",
    "var:equals(", "execution.getVariable(", "empty", "div", "_a", "__class__",
)  # fmt: skip
_WRAPPINGS = ("{}", "= {}", "${{{}}}", "#{{{}}}")
_SIGNS = "ab.1[](){}<>=!&|+-*/%?:,'\" \\$#@_\n"
_PLANES = (
    (0x00, 0x7F), (0x80, 0x24F), (0x300, 0x36F), (0x400, 0x45F), (0x2000, 0x206F), (0xA0, 0xD7FF), (0xE000, 0x10FFFF),
)  # fmt: skip
_OPERATORS = ("+", "-", "*", "/", "%", "**", "<", ">=", "=", "and", "in")
_OPERANDS = (*NAMES, "missing", "1", "0", "-2.5", '"a"', "null", "true", "[1, 2]", "deal.items", "x")
_FUNCTIONS = sorted(FUNCTIONS)
_TAKING = {
    number: [name for name in _FUNCTIONS if FUNCTIONS[name].minimum <= number <= FUNCTIONS[name].maximum]
    for number in (1, 2, 3)
}
_MOST_OPERANDS = 25
_FITTING = 0.95  # of the functions take as many values as they are given


def expression(kind: str, series: int, number: int) -> str:
    """The text of that number; ``kind`` is one of ``KINDS``."""
    return _MAKERS[kind](Random(f"{kind} {series} {number}"))  # noqa: S311  # to be made again


def _text(chance: Random) -> str:
    if chance.random() < 0.5:
        return "".join(chance.choices(_SIGNS, k=int(200 * chance.random() ** 2)))
    planes = chance.choices(_PLANES, k=int(300 * chance.random() ** 2))
    return "".join(chr(chance.randint(*plane)) for plane in planes)


def _tokens(chance: Random) -> str:
    return chance.choice(_WRAPPINGS).format(" ".join(chance.choices(_TOKENS, k=chance.randint(1, 40))))


def _sentence(chance: Random) -> str:
    return _of(chance, chance.randint(1, _MOST_OPERANDS))


def _of(chance: Random, operands: int) -> str:
    """A sentence of about as many operands."""
    if operands <= 1:
        return chance.choice(_OPERANDS)
    shape, parts = chance.choice(_SHAPES)
    inner = [_of(chance, size) for size in _shared(chance, operands, parts)]
    function = chance.choice(_TAKING[parts] if chance.random() < _FITTING else _FUNCTIONS)
    return shape.format(*inner, operator=chance.choice(_OPERATORS), function=function)


_SHAPES = (
    ("({} {operator} {})", 2),
    ("{function}({})", 1),
    ("{function}({}, {})", 2),
    ("(some x in {} satisfies {})", 2),
    ("(every x in {} satisfies {})", 2),
    ("(for x in {} return {})", 2),
    ("(if {} then {} else {})", 3),
    ("{}[{}]", 2),
)


def _shared(chance: Random, operands: int, parts: int) -> list[int]:
    """One less than ``operands``, cut at random into so many parts, some of which may be nothing."""
    cuts = sorted(chance.randint(0, operands - 1) for _ in range(parts - 1))
    return [end - start for start, end in zip([0, *cuts], [*cuts, operands - 1], strict=True)]


_MAKERS: dict[str, Callable[[Random], str]] = {
    "random text": _text,
    "random tokens": _tokens,
    "random sentences": _sentence,
}
KINDS = tuple(_MAKERS)
