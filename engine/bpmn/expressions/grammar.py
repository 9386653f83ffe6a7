"""The words and symbols of the language, and how tightly each binds."""

from __future__ import annotations

from typing import Final

CONSTANTS: Final = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
COMPARISONS: Final = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
JUEL_WORDS: Final = {
    "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "div": "/", "mod": "%",
}  # fmt: skip
RESERVED: Final = frozenset(
    {"and", "or", "not", "in", "is", "if", "then", "else", "for", "some", "every", "satisfies", "return", "between"}
)
# What stands between or behind expressions and begins none.
BETWEEN: Final = frozenset({"and", "or", "in", "is", "then", "else", "satisfies", "return", "between"})
BEHIND: Final = frozenset({",", ")", "]"})
# How tightly an operator binds what stands to its left.
LOOSEST: Final = 0
CHOICE: Final = 5
OR: Final = 10
AND: Final = 20
NOT: Final = 30
COMPARING: Final = 40
SUM: Final = 50
PRODUCT: Final = 60
SIGN: Final = 70
POWER: Final = 80
ACCESS: Final = 90
BINDING: Final = {
    "?": CHOICE, "if": CHOICE, "or": OR, "||": OR, "and": AND, "&&": AND,
    **dict.fromkeys((*COMPARISONS, "in", "not in", "is", "between"), COMPARING),
    "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT, "**": POWER, ".": ACCESS, "[": ACCESS,
}  # fmt: skip
