"""Codes that people may have to type into a chat from another screen."""

from __future__ import annotations

import re

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No letter that looks like a figure or sounds like another one."""
LENGTH = 12
"""58 bits: nobody guesses one of those that are valid for a quarter of an hour, however fast they write to the bot."""
_GROUP = 4
_TYPED = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")


def as_typed(text: str) -> str:
    """What somebody typed, without blanks and hyphens, in capitals."""
    return re.sub(r"[\s‐-―-]", "", text).upper()


def is_code(text: str) -> bool:
    """Whether what was typed looks like a code."""
    return _TYPED.fullmatch(as_typed(text)) is not None


def as_shown(code: str) -> str:
    """In groups, as it is easily read and typed."""
    return "-".join(code[at : at + _GROUP] for at in range(0, LENGTH, _GROUP))
