"""Which patterns of fields may be tried on a text: those that come to an end in a moment whatever the text is."""

from __future__ import annotations

import re
from functools import lru_cache
from math import factorial, log2

LONGEST_PATTERNED = 200
"""Characters of a text that a pattern is tried on; a longer one does not fit."""
_MOST_WORK = 24  # bits: some sixteen million comparisons at worst, a fraction of a second
_LONGEST_PATTERN = 500
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{)")
_VARYING_REPEAT = re.compile(r"[*+]|\{\d*,\d*\}")
_FORK = re.compile(r"[|?]")
_REFERENCE = re.compile(r"\\[1-9]|\(\?P=|\(\?[<!=(#]")
_VERBOSE = re.compile(r"\(\?[a-z]*x")  # blanks would part a group from its repetition
_ESCAPED = re.compile(r"\\.", re.DOTALL)


@lru_cache(1_000)
def is_usable_pattern(pattern: str) -> bool:
    """Whether a field's pattern can be tried on any text in a moment.

    Repeated groups, look-arounds, conditions and references can take a hostile text hours, and so can many repetitions,
    options and alternatives together: each multiplies the ways to try. Such a pattern, or one that is no regular
    expression, is not applied, and the reader of the map says so.
    """
    if len(pattern) > _LONGEST_PATTERN or _REFERENCE.search(pattern):
        return False
    plain = _ESCAPED.sub("_", pattern)
    if _REPEATED_GROUP.search(plain) or _VERBOSE.search(plain):
        return False
    repeats = len(_VARYING_REPEAT.findall(plain))
    forks = len(_FORK.findall(plain.replace("(?:", "(")))
    if repeats * log2(LONGEST_PATTERNED) - log2(factorial(min(repeats, 20))) + forks > _MOST_WORK:
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def anchored(pattern: str) -> str:
    """A pattern that was written to be found anywhere in a text, as one that the whole text has to fit."""
    begins, ends = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith("\\$")
    inner = pattern[1 if begins else 0 : -1 if ends else None]
    if "|" in inner:
        inner = f"(?:{inner})"
    return f"{'' if begins else '.*'}{inner}{'' if ends else '.*'}"
